import Crypto
import EventLog
import IO
import JSON

/// What one backup consists of: the files of a data folder at one moment, by their content. Blobs and archived manifests are named by
/// their content anyway and are not listed.
///
///     backup/
///     ├── lock
///     ├── sets/<sequence>.json        what belongs to the backup up to that record; the last two are kept
///     ├── files/<SHA-256>             content of the data folder's files, each once
///     ├── blobs/<algorithm>/<hex>     as in the data folder
///     └── manifests/<algorithm>/<hex> as in the data folder
struct BackupSet: Sendable {
    struct Entry: Sendable {
        /// In the data folder.
        let path: String
        let sha256: String
        let size: Int
        let mode: UInt32
        /// The source's stamp, by which a later backup knows that it has not changed; nil where it may change without it.
        let stamp: String?
    }

    /// The last record.
    let sequence: UInt64
    /// The first record that the log still has.
    let first: UInt64
    /// Milliseconds since 1970.
    let time: Int64
    /// The last record's leaf in the log's tree, in hexadecimal: a log that has another there, or none, is another history. Nil in an empty log.
    let leaf: String?
    let entries: [Entry]
    private let places: [String: Int]

    func entry(_ path: String) -> Entry? { places[path].map { entries[$0] } }

    static func path(_ folder: String, _ sequence: UInt64) -> String {
        let digits = String(sequence)
        return "\(folder)/sets/\(String(repeating: "0", count: 20 - digits.count))\(digits).json"
    }

    /// The sets of a backup's folder, oldest first.
    static func list(_ folder: String) throws -> [UInt64] {
        guard try Files.exists(folder + "/sets") else { return [] }
        return try Files.list(folder + "/sets").compactMap { $0.hasSuffix(".json") ? UInt64($0.dropLast(5)) : nil }
    }

    var encoded: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("format", 1)
        json.member("sequence", sequence)
        json.member("first", first)
        json.member("time", time)
        json.member("leaf", ifPresent: leaf)
        json.key("files")
        json.beginArray()
        for entry in entries {
            json.beginObject()
            json.member("path", entry.path)
            json.member("sha256", entry.sha256)
            json.member("size", entry.size)
            json.member("mode", entry.mode)
            json.member("stamp", ifPresent: entry.stamp)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes + [0x0A]
    }

    init(sequence: UInt64, first: UInt64, time: Int64, leaf: String?, entries: [Entry]) {
        self.sequence = sequence
        self.first = first
        self.time = time
        self.leaf = leaf
        self.entries = entries
        places = Dictionary(zip(entries.map(\.path), entries.indices), uniquingKeysWith: { first, _ in first })
    }

    init(_ folder: String, _ sequence: UInt64) throws {
        let path = Self.path(folder, sequence)
        guard let bytes = try Files.read(path, limit: 256 << 20) else { throw ConfigurationError("there is no \(path)") }
        let wrong = ConfigurationError("\(path) is not a list of the files of a backup: take another set, or another backup")
        guard let json = try? JSONValue.parse(bytes), json["format"]?.int == 1, let files = json["files"]?.array,
            let last = json["sequence"]?.int, let first = json["first"]?.int, let time = json["time"]?.int, last >= 0, first > 0
        else { throw wrong }
        var entries: [Entry] = []
        for file in files {
            guard let path = file["path"]?.string, let sha256 = file["sha256"]?.string, let size = file["size"]?.int.flatMap({ Int(exactly: $0) }),
                let mode = file["mode"]?.int.flatMap({ UInt32(exactly: $0) }), Self.isPlain(path), Hex.decode(sha256)?.count == 32
            else { throw wrong }
            entries.append(Entry(path: path, sha256: sha256, size: size, mode: mode & 0o777, stamp: file["stamp"]?.string))
        }
        // Its log begins where it says.
        let oldest = entries.filter { $0.path.hasPrefix("log/") }.compactMap { EventLog.firstSequence(of: $0.path) }.min()
        guard oldest == UInt64(first) else { throw wrong }
        self.init(sequence: UInt64(last), first: UInt64(first), time: time, leaf: json["leaf"]?.string, entries: entries)
    }

    /// A path that stays in its folder.
    private static func isPlain(_ path: String) -> Bool {
        !path.isEmpty && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}

/// The files of a backup by their SHA-256.
struct ContentStore: Sendable {
    let directory: String

    func path(_ sha256: String) -> String { "\(directory)/\(sha256)" }

    /// Copies the beginning of a file in. It is on disk, its name after the folder's sync, when this returns.
    func put(_ file: File, bytes: Int) throws -> String {
        let temporary = "\(directory)/copy.tmp"
        try Files.unlinkIfPresent(temporary)
        let copy = try File(temporary, [.write, .create, .exclusive], mode: 0o600)
        let sha256 = Hex.encode(try Self.copy(file, bytes: bytes, to: copy, .sha256))
        // Also where that is there already: it may be damaged, and this is right.
        try copy.sync()
        try Files.rename(temporary, to: path(sha256))
        return sha256
    }

    /// How much of each end `looksAlike` compares.
    private static let edge = 16 << 10

    /// Whether a copy still looks like the beginning of its source: it has the length, and both ends. Damage in between only its hash tells,
    /// which takes reading all of it (`BackupInspection`).
    static func looksAlike(_ source: File, bytes: Int, _ path: String) throws(IOError) -> Bool {
        guard try Files.info(path)?.size == bytes else { return false }
        let copy = try File(path, .read)
        for start in Set([0, max(0, bytes - edge)]) {
            let count = min(edge, bytes - start)
            if try source.read(count: count, at: start) != copy.read(count: count, at: start) { return false }
        }
        return true
    }

    /// The hash of a whole file, read.
    static func digest(of path: String, _ function: HashFunction) throws(IOError) -> [UInt8] {
        let file = try File(path, .read)
        var state = StreamingHash(function)
        var offset = 0
        while true {
            let part = try file.read(count: 1 << 20, at: offset)
            if part.isEmpty { return state.finalize() }
            state.update(part)
            offset += part.count
        }
    }

    /// Copies and hashes in one go.
    static func copy(_ source: File, bytes: Int, to copy: File, _ function: HashFunction) throws -> [UInt8] {
        var state = StreamingHash(function)
        var offset = 0
        while offset < bytes {
            let part = try source.read(count: min(1 << 20, bytes - offset), at: offset)
            guard !part.isEmpty else { throw ConfigurationError("\(source.path) became shorter while it was copied") }
            state.update(part)
            try copy.write(part, at: offset)
            offset += part.count
        }
        return state.finalize()
    }
}
