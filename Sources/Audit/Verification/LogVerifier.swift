package import EventLog
import IO

/// Holds the log of a stopped hub to its tree and to every checkpoint, and says where they part.
///
/// A record that was changed together with its checksums does not have the leaf it had: the tree's files name it. Where those were
/// changed too, the first checkpoint whose root is another says between which records the change is.
package struct LogVerifier: ~Copyable {
    package private(set) var report = VerifyReport()
    private let checkpoints: CheckpointList
    private let tree: LeafFile
    /// The levels of tiles above the leaves, from the first.
    private let upper: [LeafFile]
    /// The first hash of these that is not what the records lead to.
    private var wrongNode: (path: String, offset: Int)?
    private var hasher = TreeHasher()
    private var frontier = TreeFrontier()
    private var nextCheckpoint = 0
    /// The first record whose leaf is not the one in the tree's file, since the last checkpoint that fits.
    private var suspect: LogWalk.Place?
    /// Records whose content is gone and whose leaf is not known either: no root can be computed from there on.
    private var unknownFrom: UInt64?
    /// The first record after the last checkpoint that fits.
    private var firstInDoubt: LogWalk.Place?
    /// Where the log goes on under another name.
    private var lineage = Lineage()
    private var losses = LossList()
    private var isRefuted = false

    package init(data: String, checkpoints: CheckpointList) {
        self.checkpoints = checkpoints
        tree = LeafFile(data + "/tree/0")
        upper = (1..<8).map { LeafFile("\(data)/tree/\($0)") }
        report.findings = checkpoints.findings
        report.notes = checkpoints.notes
    }

    /// Leaves of records that were archived: the tree's files have them.
    package mutating func begin(at first: UInt64) throws {
        report.first = first
        var sequence: UInt64 = 1
        while sequence < first {
            guard let leaf = try tree.leaf(sequence) else {
                unknownFrom = sequence
                report.notes.append("the leaves of records \(sequence) to \(first - 1) are in no file: their segments were archived; nothing can be said of checkpoints")
                return
            }
            try grow(leaf)
            sequence += 1
        }
    }

    package mutating func take(_ record: Record, _ place: LogWalk.Place) throws {
        report.last = record.sequence
        if firstInDoubt == nil { firstInDoubt = place }
        let known = try tree.leaf(record.sequence)
        switch record.kind {
        case .lost: report.lost += 1
        case .redacted: report.redacted += 1
        case .event: break
        }
        if let notice = Lineage.notice(of: record) {
            let root = unknownFrom == nil ? frontier.root(&hasher) : nil
            if let what = lineage.take(notice, record.sequence, root) { report.findings.append(.init(what, at: place)) }
        }
        let leaf = hasher.leaf(LogEntry(record, &hasher).bytes)
        if record.kind == .lost { losses.take(place, isInTree: known ?? leaf == leaf) }
        if unknownFrom != nil { return }
        if record.kind == .lost {
            // Whether the leaf of a record that is gone is right, the next root tells.
            try grow(known ?? leaf)
        } else {
            if let known, known != leaf, suspect == nil { suspect = place }
            try grow(leaf)
        }
    }

    /// What proofs are made of: a hash of the level above must be the one over the 256 below it, where the files go that far.
    private mutating func check(_ hash: TreeHash, level: Int) throws(IOError) {
        guard wrongNode == nil else { return }
        let place = frontier.size >> UInt64(level * 8)
        guard let kept = try upper[level - 1].leaf(place), kept != hash else { return }
        wrongNode = (upper[level - 1].path, Int(clamping: place - 1) &* TreeHash.size)
    }

    private mutating func grow(_ leaf: TreeHash) throws(IOError) {
        var nodes: [(level: Int, hash: TreeHash)] = []
        frontier.append(leaf, &hasher) { level, hash in if level > 0, level % 8 == 0 { nodes.append((level / 8, hash)) } }
        for node in nodes where node.level <= upper.count { try check(node.hash, level: node.level) }
        while nextCheckpoint < checkpoints.items.count, checkpoints.items[nextCheckpoint].size <= frontier.size {
            let item = checkpoints.items[nextCheckpoint]
            nextCheckpoint += 1
            if item.size == frontier.size { settle(item) }
        }
    }

    private mutating func settle(_ item: CheckpointList.Item) {
        if let finding = lineage.finding(item) { return report.findings.append(finding) }
        let root = frontier.root(&hasher)
        if root == item.root {
            report.checkpoints += 1
            report.provenSize = item.size
            report.root = root
            if let place = suspect {
                report.findings.append(.init(
                    "the tree's file has another leaf for it, though the checkpoints say that the record is right: the tree is damaged; remove the folder tree, the next start makes it again",
                    at: place))
            }
            (suspect, firstInDoubt) = (nil, nil)
            losses.settle(isProven: true, &report)
        } else if report.provenSize == item.size {
            // Two checkpoints of one size that differ: one of them was replaced.
            report.findings.append(.init("\(item.name) has another root than the log had at \(item.size) records"))
        } else if !isRefuted {
            isRefuted = true
            let what = suspect == nil
                ? "this record or one after it, up to record \(item.size), is not what it was: \(item.name) has another root"
                : "it is not what it was when it was written: its hash is not the leaf in the tree, and \(item.name) has another root"
            report.findings.append(.init(what, at: suspect ?? firstInDoubt))
        }
    }

    /// After the last record.
    package mutating func end(_ walk: LogWalk) {
        report.segments = walk.segments
        report.bytes = walk.bytes
        if walk.tornBytes > 0 { report.notes.append("\(walk.tornBytes) bytes at the end are torn: the next start cuts them off") }
        if let place = suspect, !isRefuted {
            report.findings.append(.init("its hash is not the leaf in the tree", at: place))
        }
        if let node = wrongNode, suspect == nil, !isRefuted {
            report.findings.append(.init(
                "the tree's file has another hash than the records lead to: the tree is damaged; remove the folder tree, the next start makes it again",
                path: node.path, offset: node.offset))
        }
        losses.settle(isProven: false, &report)
        report.findings += walk.irregular.map { .init($0.what, at: $0.place) }
        // What was read before the fault comes before it.
        if let fault = walk.fault { report.findings.append(.init(fault.what, at: fault.place)) }
        if let item = checkpoints.items.dropFirst(nextCheckpoint).first, walk.fault == nil, unknownFrom == nil {
            report.findings.append(lineage.finding(item) ?? .init(
                "\(item.name) covers \(item.size) records, and the log has \(report.last)", sequence: report.last + 1))
        }
        if walk.fault == nil {
            for change in checkpoints.changes where !lineage.explains(change) {
                let (from, to) = (change.last.origin, change.first.origin)
                if change.last.size + 1 < report.first {
                    report.notes.append("the record that the log goes on from \(from) as \(to) is in no segment any more: it was archived, or never was")
                } else {
                    report.findings.append(.init("\(change.first.name) is of another log: \(to). No record says that \(from) goes on under that name"))
                }
            }
        }
        endUnproven(walk)
    }

    /// Records that no checkpoint covers. Whether they are what the hub wrote cannot be told: a crash leaves such ones, and so does somebody
    /// who appends to the files, and takes away the mark of the orderly end. Only where that mark still stands, it is plain.
    private mutating func endUnproven(_ walk: LogWalk) {
        let greatest = checkpoints.greatest
        guard report.last > greatest, unknownFrom == nil, walk.closed == greatest, greatest > 0, !walk.isInUse else { return }
        let records = greatest + 1 == report.last ? "record \(report.last)" : "records \(greatest + 1) to \(report.last)"
        report.findings.append(.init(
            "\(records) came after the last orderly end, no hub was started since, and no checkpoint covers them: somebody else appended them", at: firstInDoubt))
    }
}

/// The lowest level of the tree's files, read a stretch at a time.
final class LeafFile {
    private static let stretch = 4096
    let path: String
    private var file: File?
    private var first: UInt64 = 0
    private var hashes: [TreeHash] = []

    init(_ path: String) {
        self.path = path
        file = try? File(path, .read)
    }

    func leaf(_ sequence: UInt64) throws(IOError) -> TreeHash? {
        guard let file, sequence >= 1 else { return nil }
        let index = sequence - 1
        if index < first || index >= first + UInt64(hashes.count) {
            let bytes = try file.read(count: Self.stretch * TreeHash.size, at: Int(clamping: index) &* TreeHash.size)
            first = index
            hashes = stride(from: 0, to: bytes.count - bytes.count % TreeHash.size, by: TreeHash.size).compactMap {
                TreeHash(Array(bytes[$0..<$0 + TreeHash.size]))
            }
        }
        return hashes.isEmpty ? nil : hashes[Int(index - first)]
    }
}
