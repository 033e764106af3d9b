import Audit
import Crypto
import EventLog
import HTTP
import IO
import JSON
import Server

/// Verifies a running hub over HTTP, without trusting it: the checkpoint by its signature, the leaves by its root, the entries by the
/// leaves, and the events by the entries. Memory does not grow with the log.
struct RemoteVerifier {
    let client: HubClient
    let keys: [NoteKey]?
    let outside: [(name: String, note: SignedNote)]

    func run() async throws -> VerifyReport {
        guard let bytes = try await client.content("/log/checkpoint") else { throw CommandFailure("the hub has no checkpoint yet") }
        let trusted = try await trustedKeys()
        let note = try SignedNote(parsing: bytes)
        let checkpoint = try signed(note, trusted)
        var report = VerifyReport()
        report.last = checkpoint.size
        var due = try outside.map { ($0.name, try signed($0.note, trusted)) }.sorted { $0.1.size < $1.1.size }
        for (name, checkpoint) in due where checkpoint.size > report.last {
            report.findings.append(.init("\(name) covers \(checkpoint.size) records, and the hub's log has \(report.last)"))
        }
        due.removeAll { $0.1.size > checkpoint.size }
        due.append(("the hub's checkpoint", checkpoint))
        var hasher = TreeHasher()
        var frontier = TreeFrontier()
        var progress = Progress(total: checkpoint.size)
        for tile in 0..<(checkpoint.size + 255) / 256 {
            let width = Int(min(256, checkpoint.size - tile * 256))
            guard let hashes = try await client.content("/log/" + TilePath.path(.hashes(level: 0), index: tile, width: width)),
                hashes.count == width * TreeHash.size
            else { throw CommandFailure("the hub does not serve tile \(tile)") }
            let leaves = stride(from: 0, to: hashes.count, by: TreeHash.size).compactMap { TreeHash(Array(hashes[$0..<$0 + TreeHash.size])) }
            try await checkRecords(tile, leaves, &report, &hasher)
            for leaf in leaves {
                frontier.append(leaf, &hasher)
                while let (name, item) = due.first, item.size == frontier.size {
                    due.removeFirst()
                    if frontier.root(&hasher) == item.root {
                        (report.checkpoints, report.provenSize, report.root) = (report.checkpoints + 1, item.size, item.root)
                    } else {
                        report.findings.append(.init("the tree does not have the root of \(name), of \(item.size) records"))
                    }
                }
            }
            progress.say(frontier.size)
        }
        return report
    }

    private func trustedKeys() async throws -> [NoteKey] {
        if let keys { return keys }
        Terminal.error("without --key the hub's own word is taken for its key\n")
        let answer = try await client.call(.get, "/api/v1/audit/keys")
        return try answer?["keys"]?.array?.compactMap(\.string).map { try NoteKey($0) } ?? []
    }

    private func signed(_ note: SignedNote, _ keys: [NoteKey]) throws -> Checkpoint {
        let checkpoint = try Checkpoint(text: note.text)
        // A log that was restored has keys of the one that it was before: each signs under its own name.
        try note.verify(keys.filter { $0.name == checkpoint.origin })
        return checkpoint
    }

    /// The entries must be what the leaves are hashes of, and the events what the entries are.
    private func checkRecords(_ tile: UInt64, _ leaves: [TreeHash], _ report: inout VerifyReport, _ hasher: inout TreeHasher) async throws {
        let path = "/log/" + TilePath.path(.entries, index: tile, width: leaves.count)
        guard let bundle = try await client.content(path) else {
            report.first = (tile + 1) * 256 + 1
            return  // archived
        }
        var entries: [UInt64: LogEntry] = [:]
        var rest = bundle[...]
        for (slot, leaf) in leaves.enumerated() {
            let sequence = tile * 256 + UInt64(slot) + 1
            guard rest.count >= 2 else { break }
            let length = rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
            let bytes = Array(rest.dropFirst(2).prefix(length))
            rest = rest.dropFirst(2 + length)
            guard let entry = LogEntry(bytes), entry.sequence == sequence, hasher.leaf(bytes) == leaf else {
                report.findings.append(.init("its entry is not what its leaf in the tree is the hash of", sequence: sequence))
                continue
            }
            entries[sequence] = entry
        }
        try await checkEvents(after: tile * 256, entries, &report, &hasher)
    }

    private func checkEvents(
        after first: UInt64, _ entries: [UInt64: LogEntry], _ report: inout VerifyReport, _ hasher: inout TreeHasher
    ) async throws {
        let last = first + 256
        let path = "/api/v1/events?order=asc&limit=256&after=\(first)&before=\(last + 1)"
        guard let page = try await client.content(path) else { return }
        for body in EventPage.bodies(page) {
            guard let json = try? JSONValue.parse(body), let sequence = json["sequence"]?.string.flatMap({ UInt64($0) }), let entry = entries[sequence]
            else { continue }
            report.bytes += body.count
            if hasher.digest(body) != entry.bodyHash {
                if json["data"]?["redacted"] != nil { report.redacted += 1 } else {
                    report.findings.append(.init("the event that the hub shows is not the one that was committed", sequence: sequence))
                }
            }
        }
    }
}

/// The events of a page, each byte for byte.
enum EventPage {
    static func bodies(_ page: [UInt8]) -> [[UInt8]] {
        guard let start = page.firstIndex(of: UInt8(ascii: "[")) else { return [] }
        var bodies: [[UInt8]] = []
        var (depth, begin, inText, escaped) = (0, 0, false, false)
        for place in (start + 1)..<page.count {
            let byte = page[place]
            if inText {
                if escaped { escaped = false } else if byte == UInt8(ascii: "\\") { escaped = true } else if byte == UInt8(ascii: "\"") { inText = false }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "{"):
                if depth == 0 { begin = place }
                depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth < 0 { return bodies }
                if depth == 0 { bodies.append(Array(page[begin...place])) }
            case UInt8(ascii: "]") where depth == 0: return bodies
            default: break
            }
        }
        return bodies
    }
}

/// Says on stderr, every other second, how far something long has come.
struct Progress {
    let total: UInt64
    private var next = Monotonic.milliseconds + 2000

    init(total: UInt64) { self.total = total }

    mutating func say(_ done: UInt64) {
        guard Monotonic.milliseconds >= next else { return }
        next = Monotonic.milliseconds + 2000
        Terminal.error("\(done) of \(total) records\n")
    }
}
