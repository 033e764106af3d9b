import IO
import JSON
import OCI

/// How far the triggers have got with the log.
struct Progress: Sendable, Equatable {
    /// All up to this record was decided, but for what open debounces wait with.
    var decided: UInt64
    /// Those debounces, and the first record of each.
    var open: [Debouncer.Key: UInt64] = [:]

    /// The last record that nothing needs any more.
    var passed: UInt64 { min(decided, (open.values.min() ?? .max) - 1) }

    /// As far as a log goes that ends with a record.
    func clipped(to sequence: UInt64) -> Progress {
        Progress(decided: min(decided, sequence), open: open.filter { $0.value <= sequence })
    }
}

/// Where the progress is kept from one start to the next, in two files.
///
/// `position` has what is passed, in 21 bytes that are written in place and not synced: after a power cut some records are looked
/// at again, and what became a deployment then is known by its id. That is not enough where something was refused, of
/// which there is no record, or where a debounce holds the position back for all triggers: what has been refused must not be
/// deployed because it is looked at again when the reason is gone. So then `debounces` has all of it, replaced durably.
struct ProgressFiles: Sendable {
    let directory: String
    private let position: PositionFile

    static let name = "debounces"
    private static let limit = 16 << 20

    /// Blocks.
    init(directory: String) throws(IOError) {
        self.directory = directory
        position = try PositionFile(directory: directory)
    }

    /// Nil where nothing was saved yet. Blocks.
    func load() throws(IOError) -> Progress? {
        guard let passed = try position.load() else { return nil }
        // A position beyond it is newer: then no debounce was open.
        guard let whole = try loadWhole(), whole.decided >= passed else { return Progress(decided: passed) }
        return whole
    }

    /// - Parameter isWhole: it must not get lost, be it by a power cut. Blocks.
    func save(_ progress: Progress, isWhole: Bool) throws(IOError) {
        if isWhole { try Files.replace(path, with: Self.encoded(progress), mode: 0o600) }
        try position.save(progress.passed)
    }

    /// The first progress must not get lost: with it would go what is pushed before the next start. Blocks.
    func saveDurably(_ progress: Progress) throws(IOError) {
        if try Files.exists(path) { try Files.replace(path, with: Self.encoded(progress), mode: 0o600) }
        try position.saveDurably(progress.passed)
    }

    private var path: String { directory + "/" + Self.name }

    private func loadWhole() throws(IOError) -> Progress? {
        guard let bytes = try Files.read(path, limit: Self.limit) else { return nil }
        let json = (try? JSONValue.parse(bytes))?.object
        guard let decided = json?["decided"]?.string.flatMap({ UInt64($0) }), let open = json?["open"]?.array else { return damaged() }
        var progress = Progress(decided: decided)
        for entry in open {
            guard let trigger = entry["trigger"]?.string, let repository = entry["repository"]?.string.flatMap({ RepositoryName($0) }),
                let first = entry["first"]?.string.flatMap({ UInt64($0) }), first > 0
            else { return damaged() }
            progress.open[Debouncer.Key(trigger: trigger, repository: repository)] = first
        }
        return progress
    }

    private func damaged() -> Progress? {
        Diagnostics.warning("\(path) is damaged: what triggers refused while a debounce was open is decided again")
        return nil
    }

    private static func encoded(_ progress: Progress) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("decided", String(progress.decided))
        json.key("open")
        json.beginArray()
        for (key, first) in progress.open.sorted(by: { ($0.value, $0.key.trigger) < ($1.value, $1.key.trigger) }) {
            json.beginObject()
            json.member("trigger", key.trigger)
            json.member("repository", key.repository.text)
            json.member("first", String(first))
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
