import Crypto

/// The address of content: an algorithm and its checked value, such as `sha256:` and 64 lower-case hexadecimal digits
/// (image specification, descriptor, "Digests").
///
/// State holds millions of these, nearly all sha256: those are kept inline (40 bytes stride), the rare sha512 behind
/// a reference. The words are big-endian, so that comparing numbers is comparing text.
package struct Digest: Sendable {
    @usableFromInline let storage: Storage

    @usableFromInline enum Storage: Sendable {
        case sha256(UInt64, UInt64, UInt64, UInt64)
        case sha512(LongWords)
    }

    @usableFromInline final class LongWords: Sendable {
        @usableFromInline let words: [UInt64]
        init(_ words: [UInt64]) { self.words = words }
    }

    /// - Returns: `nil` where the count of bytes is not the algorithm's.
    package init?(_ algorithm: DigestAlgorithm, bytes: ArraySlice<UInt8>) {
        guard bytes.count == algorithm.byteCount else { return nil }
        let start = bytes.startIndex
        switch algorithm {
        case .sha256:
            storage = .sha256(
                Self.word(bytes, start), Self.word(bytes, start + 8), Self.word(bytes, start + 16),
                Self.word(bytes, start + 24))
        case .sha512:
            storage = .sha512(LongWords((0..<8).map { Self.word(bytes, start + 8 * $0) }))
        }
    }

    package init?(_ algorithm: DigestAlgorithm, bytes: [UInt8]) {
        self.init(algorithm, bytes: bytes[...])
    }

    /// Eight bytes that are known to be there.
    private static func word(_ bytes: ArraySlice<UInt8>, _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in start..<start + 8 { word = word << 8 | UInt64(bytes[index]) }
        return word
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
        switch storage {
        case .sha256(let a, let b, let c, let d):
            bytes.append(bigEndian: a)
            bytes.append(bigEndian: b)
            bytes.append(bigEndian: c)
            bytes.append(bigEndian: d)
        case .sha512(let long):
            for word in long.words { bytes.append(bigEndian: word) }
        }
    }
}

extension Digest: Hashable {
    @inlinable package static func == (left: Digest, right: Digest) -> Bool {
        switch (left.storage, right.storage) {
        case (.sha256(let a, let b, let c, let d), .sha256(let e, let f, let g, let h)):
            a == e && b == f && c == g && d == h
        case (.sha512(let left), .sha512(let right)): left.words == right.words
        default: false
        }
    }

    @inlinable package func hash(into hasher: inout Hasher) {
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
    @inlinable package static func < (left: Digest, right: Digest) -> Bool {
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
