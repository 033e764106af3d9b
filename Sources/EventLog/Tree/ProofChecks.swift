/// Checks proofs that others made, as RFC 9162, sections 2.1.3.2 and 2.1.4.2, does.
package enum ProofChecks {
    /// Whether the proof leads from a leaf to the root.
    package static func isIncluded(
        _ leaf: TreeHash, at index: UInt64, size: UInt64, root: TreeHash, proof: [TreeHash]
    ) -> Bool {
        guard index < size else { return false }
        var hasher = TreeHasher()
        var (place, last) = (index, size - 1)
        var hash = leaf
        for sibling in proof {
            if last == 0 { return false }
            if place & 1 == 1 || place == last {
                hash = hasher.node(sibling, hash)
                while place & 1 == 0, place != 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                hash = hasher.node(hash, sibling)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether the tree with the old root is the beginning of the one with the new root.
    package static func isConsistent(
        from old: UInt64, _ oldRoot: TreeHash, to size: UInt64, _ newRoot: TreeHash, proof: [TreeHash]
    ) -> Bool {
        var hasher = TreeHasher()
        if old == 0 { return proof.isEmpty && oldRoot == hasher.empty() }
        if old == size { return proof.isEmpty && oldRoot == newRoot }
        guard old < size else { return false }
        // The old tree may be a whole subtree of the new one, whose root the proof leaves out.
        var hashes = (old & (old - 1) == 0 ? [oldRoot] : []) + proof
        guard !hashes.isEmpty else { return false }
        var (place, last) = (old - 1, size - 1)
        while place & 1 == 1 { (place, last) = (place >> 1, last >> 1) }
        var (oldHash, newHash) = (hashes[0], hashes[0])
        hashes.removeFirst()
        for hash in hashes {
            if last == 0 { return false }
            if place & 1 == 1 || place == last {
                oldHash = hasher.node(hash, oldHash)
                newHash = hasher.node(hash, newHash)
                while place & 1 == 0, place != 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                newHash = hasher.node(newHash, hash)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }
}
