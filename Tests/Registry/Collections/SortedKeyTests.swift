import OCI
import Testing

@testable import Registry

@Suite struct SortedKeyTests {
    @Test("the bytes of digests are in their order, whatever the algorithm, and are the digest again")
    func digests() throws {
        var generator = SeededGenerator(seed: 1)
        var digests: [Digest] = []
        for count in 0..<60 {
            let algorithm: DigestAlgorithm = count % 3 == 0 ? .sha512 : .sha256
            // The first bytes are often the same.
            let bytes = (0..<algorithm.byteCount).map { UInt8($0 < 20 ? count % 2 : Int.random(in: 0...255, using: &generator)) }
            digests.append(try #require(Digest(algorithm, bytes: bytes)))
        }
        check(digests)
    }

    @Test("the bytes of tags and names are in their order, one being the other's beginning too")
    func texts() {
        check(["a", "A", "_", "a.b", "a-b", "ab", "a1", "v10", "v1", "v1.0", "z", "Z9", "0"].compactMap { Tag($0) })
        check(["a", "a/b", "a-b", "a.b", "ab", "a/b/c", "b", "a0"].compactMap { RepositoryName($0) })
    }

    @Test("the bytes of a pair are in the order of the first and then the second")
    func pairs() throws {
        let digests = [
            try #require(Digest(.sha256, bytes: Array(repeating: 7, count: 32))),
            try #require(Digest(.sha256, bytes: Array(repeating: 255, count: 32))),
            try #require(Digest(.sha512, bytes: Array(repeating: 0, count: 64))),
        ]
        let tags = ["a", "ab", "b", "B"].compactMap { Tag($0) }
        check(digests.flatMap { digest in tags.map { Pair(digest, $0) } })
        check(digests.flatMap { digest in digests.map { Pair(digest, $0) } })
    }

    private func check<Key: SortedKey>(_ keys: [Key]) {
        for left in keys {
            let bytes = left.withBytes { Array($0) }
            #expect(Key(bytes: bytes.span) == left)
            for right in keys {
                let other = right.withBytes { Array($0) }
                #expect((left < right) == bytes.lexicographicallyPrecedes(other))
            }
        }
    }
}

extension Array {
    fileprivate init(_ span: Span<Element>) {
        self = span.indices.map { span[$0] }
    }
}
