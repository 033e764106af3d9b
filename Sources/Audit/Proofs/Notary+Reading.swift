import EventLog

/// What the tree answers, of the size of the newest checkpoint or less: also of one that witnesses are still asked to sign, and others have already. All of it blocks on the disk.
extension Notary {
    package enum TilePart: Sendable, Hashable {
        case hashes(level: Int)
        case entries
    }

    /// A tile or a bundle of entries; nil where the newest checkpoint does not cover it whole, or its records were archived.
    package func tile(_ part: TilePart, index: UInt64, width: Int) throws -> [UInt8]? {
        guard let tree, let size = signed?.size else { return nil }
        switch part {
        case .hashes(let level):
            guard let tile = try tree.tile(level: level, index: index, width: width, size: size) else { return nil }
            try check(tile, tree, level: level, index: index, size: size)
            return tile
        case .entries:
            guard index < 1 << 55, (1...256).contains(width) else { return nil }
            let first = index * 256
            guard first + UInt64(width) <= size, first + 1 >= log.oldestSequence else { return nil }
            return try bundle(after: first, count: width)
        }
    }

    /// A full tile must have the hash that the level above has for it: damage that the last start did not look at shows here.
    private func check(_ tile: [UInt8], _ tree: MerkleTree, level: Int, index: UInt64, size: UInt64) throws {
        guard tile.count == 256 * TreeHash.size,
            let above = try tree.tile(level: level + 1, index: index / 256, width: Int(index % 256) + 1, size: size)
        else { return }
        var hasher = TreeHasher()
        let hashes = stride(from: 0, to: tile.count, by: TreeHash.size).compactMap { TreeHash(Array(tile[$0..<$0 + TreeHash.size])) }
        guard hasher.root(ofPerfect: hashes).bytes == Array(above.suffix(TreeHash.size)) else {
            doubt()
            throw LogError(.damaged, "tile \(index) of level \(level) is damaged; the tree is made again from the log")
        }
    }

    private func bundle(after first: UInt64, count: Int) throws -> [UInt8]? {
        var hasher = TreeHasher()
        var cursor = EventLog.Cursor(after: first)
        var bundle: [UInt8] = []
        var found = 0
        while found < count {
            let records = try log.read(&cursor, limit: count - found, maxBytes: 4 << 20)
            guard let next = records.first, next.sequence == first + UInt64(found) + 1 else { return nil }
            for record in records {
                let entry = LogEntry(record, &hasher).bytes
                bundle.append(UInt8(truncatingIfNeeded: entry.count >> 8))
                bundle.append(UInt8(truncatingIfNeeded: entry.count))
                bundle.append(contentsOf: entry)
            }
            found += records.count
        }
        return bundle
    }

    /// A proof that a record is in the log, under the newest checkpoint; nil where that does not cover it yet.
    package func proof(of sequence: UInt64) throws -> InclusionProof? {
        guard let tree, let published, sequence >= 1, sequence <= published.checkpoint.size else { return nil }
        var hasher = TreeHasher()
        let entry = try log.record(at: sequence).flatMap { $0.kind == .lost ? nil : LogEntry($0, &hasher) }
        var proofs = tree.proofs()
        let proof = InclusionProof(
            index: sequence - 1, hashes: try proofs.inclusion(of: sequence - 1, size: published.checkpoint.size),
            note: published.note, entry: entry)
        guard let leaf = try entry.map({ hasher.leaf($0.bytes) }) ?? tree.leaf(sequence),
            ProofChecks.isIncluded(
                leaf, at: sequence - 1, size: published.checkpoint.size, root: published.checkpoint.root, proof: proof.hashes)
        else {
            doubt()
            throw LogError(.damaged, "record \(sequence) does not lead to the root of the last checkpoint; 'signalbox audit verify' says where they part")
        }
        return proof
    }

    /// The hashes that show that the log only grew from one size to another; nil where the newest checkpoint does not go that far.
    package func consistency(from old: UInt64, to size: UInt64) throws -> ConsistencyProof? {
        guard let tree, let signed, old <= size, size <= signed.size else { return nil }
        var proofs = tree.proofs()
        let proof = ConsistencyProof(
            old: old, oldRoot: try proofs.root(size: old), size: size, root: try proofs.root(size: size),
            hashes: try proofs.consistency(from: old, to: size))
        let isSigned = ProofChecks.isConsistent(
            from: size, proof.root, to: signed.size, signed.root, proof: try proofs.consistency(from: size, to: signed.size))
        guard proof.holds, isSigned else {
            doubt()
            throw LogError(.damaged, "the tree does not lead from \(old) and \(size) records to the root of the last checkpoint; it is made again from the log")
        }
        return proof
    }
}
