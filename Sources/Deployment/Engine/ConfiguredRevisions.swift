import IO
import JSON

/// Since which record each trigger of the config file is what it is, from one start to the next: the log does not know.
///
/// Approvals rest on it. When the file is lost or damaged, all triggers count as changed, and people are asked again.
struct ConfiguredRevisions: Sendable {
    let directory: String

    static let name = "configured-triggers"
    /// A hundred thousand triggers, the most of a config file, with names of 64 bytes are 20 MiB.
    private static let limit = 64 << 20

    private struct Entry: Equatable {
        let definition: String
        let since: UInt64
    }

    /// Blocks.
    /// - Parameter sequence: the last record of the log.
    func update(_ triggers: [String: Trigger], at sequence: UInt64) throws(IOError) -> [String: UInt64] {
        let old = try load()
        var new: [String: Entry] = [:]
        for (name, trigger) in triggers {
            let isSame = old[name]?.definition == trigger.fingerprint
            new[name] = Entry(definition: trigger.fingerprint, since: isSame ? old[name]?.since ?? sequence : sequence)
        }
        if new != old { try Files.replace(path, with: Self.encoded(new), mode: 0o600) }
        return new.mapValues(\.since)
    }

    private var path: String { directory + "/" + Self.name }

    private func load() throws(IOError) -> [String: Entry] {
        guard let bytes = try Files.read(path, limit: Self.limit) else { return [:] }
        guard let members = (try? JSONValue.parse(bytes))?.object?.members else {
            Diagnostics.warning("\(path) is damaged: approvals of deployments by the config file's triggers are asked for again")
            return [:]
        }
        var entries: [String: Entry] = [:]
        for member in members {
            guard let definition = member.value["definition"]?.string, let since = member.value["since"]?.string.flatMap({ UInt64($0) })
            else { continue }
            entries[member.key] = Entry(definition: definition, since: since)
        }
        return entries
    }

    private static func encoded(_ entries: [String: Entry]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            json.key(named: name)
            json.beginObject()
            json.member("definition", entry.definition)
            json.member("since", String(entry.since))
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }
}
