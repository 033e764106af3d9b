package import EventLog

/// The root of the tree over a log whose hub does not run.
package enum LogRoot {
    /// Of the first `size` records. Reads the whole log.
    package static func compute(data: String, size: UInt64) throws -> TreeHash {
        let leaves = LeafFile(data + "/tree/0")
        var hasher = TreeHasher()
        var frontier = TreeFrontier()
        let walk = try LogWalk(directory: data + "/log", knownDurable: size) { record, _ in
            // What was archived is in the tree's files only.
            while frontier.size + 1 < record.sequence, let leaf = try leaves.leaf(frontier.size + 1) { frontier.append(leaf, &hasher) }
            guard record.sequence == frontier.size + 1, record.sequence <= size else { return }
            let known = record.kind == .lost ? try leaves.leaf(record.sequence) : nil
            frontier.append(known ?? hasher.leaf(LogEntry(record, &hasher).bytes), &hasher)
        }
        while frontier.size < size, walk.fault == nil, let leaf = try leaves.leaf(frontier.size + 1) { frontier.append(leaf, &hasher) }
        guard frontier.size == size else {
            let why = walk.fault.map { "record \($0.place.sequence), byte \($0.place.offset) of \($0.place.path): \($0.what)" }
            throw LogError(.damaged, why ?? "the hash of record \(frontier.size + 1) is neither in the log nor in the tree")
        }
        return frontier.root(&hasher)
    }
}
