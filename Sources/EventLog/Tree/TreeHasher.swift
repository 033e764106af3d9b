import Crypto

/// The hashes of RFC 6962, section 2.1, with SHA-256: a leaf's begins with a zero byte and a node's with a one, so that none can pass for the other.
package struct TreeHasher: ~Copyable, Sendable {
    private var hash = SHA256()
    private var buffer: [UInt8] = []

    package init() {
        buffer.reserveCapacity(128)
    }

    /// The root of a tree without leaves.
    package mutating func empty() -> TreeHash { digest([]) }

    package mutating func digest(_ bytes: [UInt8]) -> TreeHash {
        unsafe TreeHash(words: hash.digest(bytes.span.bytes))
    }

    package mutating func leaf(_ entry: [UInt8]) -> TreeHash {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(0)
        buffer.append(contentsOf: entry)
        return digest(buffer)
    }

    package mutating func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(1)
        left.append(to: &buffer)
        right.append(to: &buffer)
        return digest(buffer)
    }

    /// The root over hashes whose number is a power of two.
    package mutating func root(ofPerfect hashes: [TreeHash]) -> TreeHash {
        var row = hashes
        while row.count > 1 {
            for slot in 0..<row.count / 2 { row[slot] = node(row[slot * 2], row[slot * 2 + 1]) }
            row.removeLast(row.count - row.count / 2)
        }
        return row.first ?? empty()
    }
}
