/// Makes the proofs of RFC 6962, sections 2.1.1 and 2.1.2, out of perfect subtrees.
package struct TreeProofs: ~Copyable {
    /// The root of the `index`-th subtree of 2^level leaves.
    package typealias Node = (_ level: Int, _ index: UInt64) throws -> TreeHash

    private let node: Node
    private var hasher = TreeHasher()

    package init(node: @escaping Node) {
        self.node = node
    }

    /// The root of the first `size` leaves.
    package mutating func root(size: UInt64) throws -> TreeHash {
        size == 0 ? hasher.empty() : try subtree(0, size)
    }

    /// The hashes that lead from leaf `index` to the root of the first `size` leaves. `index` must be less than `size`.
    package mutating func inclusion(of index: UInt64, size: UInt64) throws -> [TreeHash] {
        var proof: [TreeHash] = []
        var (start, end) = (UInt64(0), size)
        while end - start > 1 {
            let middle = start + Self.split(end - start)
            if index < middle {
                proof.append(try subtree(middle, end))
                end = middle
            } else {
                proof.append(try subtree(start, middle))
                start = middle
            }
        }
        return proof.reversed()
    }

    /// The hashes that show that the first `old` leaves are the beginning of the first `size`. None when `old` is 0 or `size`.
    package mutating func consistency(from old: UInt64, to size: UInt64) throws -> [TreeHash] {
        guard old > 0, old < size else { return [] }
        var proof: [TreeHash] = []
        var (start, end) = (UInt64(0), size)
        while end != old {
            let middle = start + Self.split(end - start)
            if old <= middle {
                proof.append(try subtree(middle, end))
                end = middle
            } else {
                proof.append(try subtree(start, middle))
                start = middle
            }
        }
        // Where the old tree is a whole subtree from the first leaf, its root is known already.
        if start > 0 { proof.append(try subtree(start, end)) }
        return proof.reversed()
    }

    /// The root over leaves `start` up to, not including, `end`, as the tree is split.
    private mutating func subtree(_ start: UInt64, _ end: UInt64) throws -> TreeHash {
        let count = end - start
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return try node(level, start >> UInt64(level))
        }
        let middle = start + Self.split(count)
        let left = try subtree(start, middle)
        return hasher.node(left, try subtree(middle, end))
    }

    /// The greatest power of two that is less than `count`, which is more than 1.
    private static func split(_ count: UInt64) -> UInt64 {
        1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }
}
