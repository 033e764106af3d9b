/// The address of content: an algorithm and its checked value, such as `sha256:` and 64 lower-case hexadecimal digits
/// (image specification, descriptor, "Digests").
///
/// State holds millions of these, nearly all sha256: those are kept inline (40 bytes stride), the rare sha512 behind
/// a reference. The words are big-endian, so that comparing numbers is comparing text.
package struct Digest: Sendable {
    private let storage: Storage

    private enum Storage: Sendable {
        case sha256(UInt64, UInt64, UInt64, UInt64)
        case sha512(LongWords)
    }

    private final class LongWords: Sendable {
        let words: [UInt64]
        init(_ words: [UInt64]) { self.words = words }
    }

    /// - Returns: `nil` where the count of bytes is not the algorithm's.
    package init?(_ algorithm: DigestAlgorithm, bytes: some Collection<UInt8>) {
        guard bytes.count == algorithm.byteCount else { return nil }
        var words: [UInt64] = []
        words.reserveCapacity(algorithm.byteCount / 8)
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if index & 7 == 7 { words.append(word) }
        }
        switch algorithm {
        case .sha256: storage = .sha256(words[0], words[1], words[2], words[3])
        case .sha512: storage = .sha512(LongWords(words))
        }
    }

    package var algorithm: DigestAlgorithm {
        switch storage {
        case .sha256: .sha256
        case .sha512: .sha512
        }
    }

    /// The hash itself, as long as the algorithm makes it.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(algorithm.byteCount)
        append(to: &bytes)
        return bytes
    }

    /// Appends the hash without its algorithm.
    package func append(to bytes: inout [UInt8]) {
        for word in words {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
    }

    private var words: [UInt64] {
        switch storage {
        case .sha256(let a, let b, let c, let d): [a, b, c, d]
        case .sha512(let long): long.words
        }
    }
}

extension Digest: Hashable {
    package static func == (left: Digest, right: Digest) -> Bool {
        switch (left.storage, right.storage) {
        case (.sha256(let a, let b, let c, let d), .sha256(let e, let f, let g, let h)):
            a == e && b == f && c == g && d == h
        case (.sha512(let left), .sha512(let right)): left.words == right.words
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch storage {
        case .sha256(let a, let b, _, _):
            hasher.combine(a)
            hasher.combine(b)
        case .sha512(let long): hasher.combine(long.words)
        }
    }
}

extension Digest: Comparable {
    /// The order of the text.
    package static func < (left: Digest, right: Digest) -> Bool {
        switch (left.storage, right.storage) {
        case (.sha256(let a, let b, let c, let d), .sha256(let e, let f, let g, let h)):
            if a != e { return a < e }
            if b != f { return b < f }
            if c != g { return c < g }
            return d < h
        case (.sha512(let left), .sha512(let right)): return left.words.lexicographicallyPrecedes(right.words)
        case (.sha256, .sha512): return true
        case (.sha512, .sha256): return false
        }
    }
}
