import IO

extension MerkleTree {
    /// Makes the tree's files anew from the log, and answers the tree. Reads the whole log.
    ///
    /// A record that the log no longer has, because its segment was archived or a repair marked it as lost, keeps the leaf that the
    /// old file has for it: the root tells whether that one is right.
    /// - Parameters:
    ///   - size: of the tree; the log must go that far.
    ///   - root: what the tree must have.
    /// - Throws: `damaged` where it has another: the log is not the one of that checkpoint. The old files stay then.
    @discardableResult
    package static func rebuild(
        _ directory: String, from log: EventLog, size: UInt64, root: TreeHash, isCancelled: () -> Bool = { false }
    ) throws(LogError) -> MerkleTree {
        let fresh = directory + "/new"
        let old = try caught { () throws(IOError) in
            try remove(fresh)
            return try TileFiles(directory)
        }
        let tree = try open(fresh, size: 0, root: root)
        var hasher = TreeHasher()
        var cursor = EventLog.Cursor(after: 0)
        while tree.size < size, !isCancelled() {
            let next = tree.size + 1
            if next < log.oldestSequence {
                let count = Int(min(min(size, log.oldestSequence - 1) - tree.size, 1 << 16))
                guard let leaves = try caught({ () throws(IOError) in try old.hashes(0, from: tree.size, count: count) }) else {
                    throw LogError(.damaged, "the tree lacks the hashes of records that were archived; restore \(directory) from a backup")
                }
                try tree.append(leaves)
                continue
            }
            let records = try log.read(&cursor, limit: min(4096, Int(clamping: size - tree.size)), maxBytes: 8 << 20)
            guard let first = records.first, first.sequence == next else {
                throw LogError(.missing, "the log does not have record \(next), which the checkpoint of \(size) records covers")
            }
            var leaves: [TreeHash] = []
            for record in records {
                let kept = record.kind == .lost
                    ? try caught({ () throws(IOError) in try old.hashes(0, from: record.sequence - 1, count: 1)?.first }) : nil
                leaves.append(kept ?? hasher.leaf(LogEntry(record, &hasher).bytes))
            }
            try tree.append(leaves)
        }
        if isCancelled() { throw LogError(.closed, "the tree was not made again: the hub stops") }
        guard tree.root == root else {
            throw LogError(
                .damaged, "the log is not the one of the checkpoint of \(size) records: its root differs; 'signalbox audit verify' says where")
        }
        try tree.sync()
        try caught { () throws(IOError) in
            for level in 0..<TileFiles.levels {
                if try Files.exists("\(fresh)/\(level)") {
                    try Files.rename("\(fresh)/\(level)", to: "\(directory)/\(level)")
                } else {
                    try Files.unlinkIfPresent("\(directory)/\(level)")
                }
            }
            try Files.removeDirectory(fresh)
            try Files.syncDirectory(directory)
        }
        return try open(directory, size: size, root: root)
    }

    private static func remove(_ folder: String) throws(IOError) {
        guard try Files.exists(folder) else { return }
        for name in try Files.list(folder) { try Files.unlinkIfPresent("\(folder)/\(name)") }
        try Files.removeDirectory(folder)
    }

    private static func caught<T>(_ body: () throws(IOError) -> T) throws(LogError) -> T {
        do throws(IOError) { return try body() } catch { throw .io(error) }
    }
}
