/// The roots of the perfect subtrees that a tree is made of, the widest first: all it takes to grow it and to say its root.
package struct TreeFrontier: Sendable {
    /// How many leaves there are.
    package private(set) var size: UInt64 = 0
    /// One for each bit of `size`, from the highest.
    private var roots: [TreeHash] = []

    package init() {}

    /// The tree of `size` leaves, from the roots of its perfect subtrees.
    package init(size: UInt64, node: (_ level: Int, _ index: UInt64) throws -> TreeHash) rethrows {
        self.size = size
        for level in stride(from: 63, through: 0, by: -1) where size >> UInt64(level) & 1 == 1 {
            // All the subtrees before this one are wider, so that it starts at a multiple of its own width.
            roots.append(try node(level, (size >> UInt64(level)) - 1))
        }
    }

    /// - Parameter complete: called with the level and hash of each subtree that the leaf completes, the leaf itself first.
    package mutating func append(
        _ leaf: TreeHash, _ hasher: inout TreeHasher, complete: (_ level: Int, _ hash: TreeHash) -> Void = { _, _ in }
    ) {
        var hash = leaf
        var level = 0
        complete(0, hash)
        while size >> UInt64(level) & 1 == 1, let left = roots.popLast() {
            hash = hasher.node(left, hash)
            level += 1
            complete(level, hash)
        }
        roots.append(hash)
        size &+= 1
    }

    package func root(_ hasher: inout TreeHasher) -> TreeHash {
        guard var root = roots.last else { return hasher.empty() }
        for left in roots.dropLast().reversed() { root = hasher.node(left, root) }
        return root
    }
}
