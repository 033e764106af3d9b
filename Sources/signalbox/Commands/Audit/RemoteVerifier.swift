import Audit
import EventLog
import Server

/// Verifies a running hub over HTTP, without trusting it: the checkpoint by its signature, the leaves by its root, the entries by the
/// leaves, and the events by the entries. Memory does not grow with the log.
struct RemoteVerifier: ~Copyable {
    /// So many findings are enough: a hub can be wrong in every record.
    private static let limit = 100

    private let hub: SignedHub
    private let outside: [(name: String, note: SignedNote)]
    private var report = VerifyReport()
    private var events: RemoteEvents
    private var hasher = TreeHasher()

    static func run(_ client: HubClient, keys: [NoteKey]?, outside: [(name: String, note: SignedNote)]) async throws -> VerifyReport {
        var verifier = try await RemoteVerifier(hub: SignedHub(client, keys: keys ?? []), outside: outside)
        try await verifier.run()
        return verifier.report
    }

    private init(hub: SignedHub, outside: [(name: String, note: SignedNote)]) {
        self.hub = hub
        self.outside = outside
        events = RemoteEvents(client: hub.client)
    }

    private mutating func run() async throws {
        let checkpoint = try await hub.newest()
        report.last = checkpoint.size
        // Of an empty log there is nothing to compare.
        var due = try outside.map { ($0.name, try hub.signed($0.note, $0.name)) }.filter { $0.1.size > 0 }.sorted { $0.1.size < $1.1.size }
        for (name, item) in due where item.size > report.last {
            report.findings.append(.init("\(name) covers \(item.size) records, and the hub's log has \(report.last)"))
        }
        due.removeAll { $0.1.size > checkpoint.size }
        due.append(("the hub's checkpoint", checkpoint))
        var frontier = TreeFrontier()
        var progress = Progress(total: checkpoint.size)
        for tile in 0..<(checkpoint.size + 255) / 256 {
            let leaves = try await leaves(tile, width: Int(min(256, checkpoint.size - tile * 256)))
            try await checkRecords(tile, leaves, isLast: (tile + 1) * 256 >= checkpoint.size)
            for leaf in leaves {
                frontier.append(leaf, &hasher)
                while let (name, item) = due.first, item.size == frontier.size {
                    due.removeFirst()
                    settle(name, item, frontier)
                }
            }
            if report.findings.count >= Self.limit {
                report.notes.append("with \(report.findings.count) findings the rest was not looked at, from record \(frontier.size + 1) on")
                break
            }
            progress.say(frontier.size)
        }
        report.findings += events.redactions.findings(from: report.first, isWhole: frontier.size == checkpoint.size)
        if frontier.size == checkpoint.size { events.archive.end(first: report.first, &report) }
        try await end(checkpoint)
    }

    private func leaves(_ tile: UInt64, width: Int) async throws -> [TreeHash] {
        guard let hashes = try await hub.client.content("/log/" + TilePath.path(.hashes(level: 0), index: tile, width: width)),
            hashes.count == width * TreeHash.size
        else { throw CommandFailure("the hub does not serve tile \(tile) of the tree's lowest level whole") }
        return stride(from: 0, to: hashes.count, by: TreeHash.size).compactMap { TreeHash(Array(hashes[$0..<$0 + TreeHash.size])) }
    }

    private mutating func settle(_ name: String, _ item: Checkpoint, _ frontier: TreeFrontier) {
        if frontier.root(&hasher) == item.root {
            (report.checkpoints, report.provenSize, report.root) = (report.checkpoints + 1, item.size, item.root)
        } else {
            report.findings.append(.init("the tree does not have the root of \(name), of \(item.size) records"))
        }
    }

    /// The entries must be what the leaves are hashes of, and the events what the entries are.
    private mutating func checkRecords(_ tile: UInt64, _ leaves: [TreeHash], isLast: Bool) async throws {
        let first = tile * 256 + 1
        let last = first + UInt64(leaves.count) - 1
        let before = report.findings.count
        let shown = try await shown(tile, leaves)
        // Retention takes whole segments from the beginning, never the newest.
        let mayBeArchived = report.first == first
        if shown.oldest > first {
            guard mayBeArchived, shown.oldest <= last || !isLast else {
                report.findings.append(.init("the hub does not show what records \(first) to \(last) are, and they cannot have been archived", sequence: first))
                return
            }
            report.first = shown.oldest
        }
        guard shown.oldest <= last else { return }
        var missing = try await events.check(first: shown.oldest, count: Int(last - shown.oldest) + 1, shown.entries, &report)
        if mayBeArchived, !missing.isEmpty {
            // Those that were archived a moment ago are no finding.
            let oldest = try await self.shown(tile, leaves).oldest
            if oldest > report.first, oldest <= last || !isLast {
                report.first = oldest
                missing.removeAll { $0.sequence ?? 0 < oldest }
            }
        }
        report.findings += missing
        report.findings[before...].sort { $0.sequence ?? 0 < $1.sequence ?? 0 }
    }

    /// The entries of a tile that the hub has, and the first record that it has.
    private mutating func shown(_ tile: UInt64, _ leaves: [TreeHash]) async throws -> (oldest: UInt64, entries: [LogEntry]) {
        let first = tile * 256 + 1
        let path = "/log/" + TilePath.path(.entries, index: tile, width: leaves.count)
        if let bundle = try await hub.client.content(path) { return (first, read(bundle, first, leaves)) }
        // A log that begins within the tile has only some of its entries: each comes with its proof.
        var entries: [LogEntry] = []
        var oldest = first + UInt64(leaves.count)
        for (slot, leaf) in leaves.enumerated().reversed() {
            let sequence = first + UInt64(slot)
            guard let proof = try await hub.client.content("/api/v1/audit/proofs/\(sequence)"), let entry = (try? InclusionProof(parsing: proof))?.entry else { break }
            oldest = sequence
            if entry.sequence == sequence, hasher.leaf(entry.bytes) == leaf { entries.append(entry) } else { report.findings.append(wrongEntry(sequence)) }
        }
        return (oldest, entries.reversed())
    }

    private func wrongEntry(_ sequence: UInt64) -> VerifyReport.Finding {
        .init("its entry is not what its leaf in the tree is the hash of", sequence: sequence)
    }

    private mutating func read(_ bundle: [UInt8], _ first: UInt64, _ leaves: [TreeHash]) -> [LogEntry] {
        var entries: [LogEntry] = []
        var rest = bundle[...]
        for (slot, leaf) in leaves.enumerated() {
            let sequence = first + UInt64(slot)
            let length = rest.count < 2 ? 0 : rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
            let bytes = Array(rest.dropFirst(2).prefix(length))
            rest = rest.dropFirst(2 + length)
            guard let entry = LogEntry(bytes), entry.sequence == sequence, hasher.leaf(bytes) == leaf else {
                report.findings.append(wrongEntry(sequence))
                continue
            }
            entries.append(entry)
        }
        return entries
    }

    /// What was not looked at.
    private mutating func end(_ checkpoint: Checkpoint) async throws {
        report.notes.append("pulls, where the hub records them, are in a log of their own, and nothing proves that one")
        if report.first > 1 {
            report.notes.append("of records 1 to \(report.first - 1) only the hashes were looked at: the hub says that they were archived")
        }
        let page = try await hub.client.content("/api/v1/events?order=desc&limit=1&after=\(checkpoint.size)") ?? []
        if let newest = EventBodies.of(page).first.flatMap({ RemoteEvents.sequence($0) }), newest > checkpoint.size {
            report.notes.append("the hub has records after its checkpoint, \(checkpoint.size + 1) to \(newest): they were not looked at")
        }
    }
}
