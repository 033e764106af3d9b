import Audit
import EventLog
import Events
import IO
import JSON

/// Records at a start what the config file and the command line say otherwise than before: of that the log would know nothing.
///
/// What was recorded is folded from the log; a snapshot keeps it where retention takes the records away.
struct SettingsRecord {
    let configuration: Configuration
    let host: String
    let audit: AuditLog
    let snapshots: SnapshotStore

    static let name = "settings"
    private static let batch = 256
    /// Behind a snapshot that is older, a start would look through too much.
    private static let recordsBetweenSnapshots: UInt64 = 50_000

    /// Blocks. Where the disk takes nothing the hub takes no changes either, and the next start records what this one could not.
    func bringUpToDate() {
        do {
            let snapshot = snapshots.newest(name: Self.name, upTo: audit.log.durableSequence)
            let isFirst = audit.log.durableSequence == 0 && snapshot == nil
            let settings = configuration.settings
            var changes = Self.changes(from: try known(snapshot), to: settings)
            // A hub begins with some settings. What they allow is recorded when it is used; who guards and deploys what, from the beginning.
            if isFirst { changes.removeAll { $0.definition == nil } }
            try record(changes)
            let last = audit.log.durableSequence
            guard isFirst || !changes.isEmpty || last - (snapshot?.sequence ?? 0) >= Self.recordsBetweenSnapshots else { return }
            if isFirst, settings.isEmpty { return }
            try snapshots.save(name: Self.name, sequence: last, bytes: Self.encoded(settings))
        } catch {
            Diagnostics.error("the settings that changed since the last start are not recorded: \(error)")
        }
    }

    /// What the log says by now: the setting's name and the hash of its value.
    private func known(_ snapshot: (sequence: UInt64, bytes: [UInt8])?) throws -> [String: String] {
        var known: [String: String] = [:]
        var search = EventSearch()
        if let snapshot {
            for member in try JSONValue.parse(snapshot.bytes).object?.members ?? [] { known[member.key] = member.value.string }
            search.after = snapshot.sequence
        }
        search.filter = try EventFilter([(.type, EventType.settingChanged.rawValue)])
        search.isAscending = true
        search.limit = EventSearch.maximumLimit
        repeat {
            let page = try audit.page(search)
            for event in page.events {
                guard case .settingChanged(let change) = try Event(decoding: event.body).payload else { continue }
                known[change.setting] = change.sha256
            }
            search.after = page.next
        } while search.after != nil
        return known
    }

    private static func changes(from known: [String: String], to settings: [String: Configuration.Setting]) -> [SettingChange] {
        let names = Set(known.keys).union(settings.keys).sorted()
        return names.compactMap { name in
            let (old, new) = (known[name], settings[name])
            let sha256 = new.map { hexadecimal($0.fingerprint) }
            if old == sha256 { return nil }
            let kind: SettingChange.Kind = old == nil ? .added : new == nil ? .removed : .changed
            return SettingChange(kind, name, previous: old, current: sha256, definition: new?.definition)
        }
    }

    private static func hexadecimal(_ fingerprint: String) -> String { String(fingerprint.split(separator: ":").last ?? "") }

    private func record(_ changes: [SettingChange]) throws {
        for start in stride(from: 0, to: changes.count, by: Self.batch) {
            let batch = changes[start..<min(start + Self.batch, changes.count)]
            try audit.log.recordAndWait(batch.map { .settingChanged($0) }, by: "config", host: host)
        }
    }

    private static func encoded(_ settings: [String: Configuration.Setting]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for (name, setting) in settings.sorted(by: { $0.key < $1.key }) {
            json.key(named: name)
            json.string(hexadecimal(setting.fingerprint))
        }
        json.endObject()
        return json.bytes
    }
}
