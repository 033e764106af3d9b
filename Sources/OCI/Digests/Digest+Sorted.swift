/// A digest as bytes in the order of digests: one for the algorithm, then the hash.
extension Digest {
    package func withSortedBytes<R>(_ body: (Span<UInt8>) -> R) -> R {
        guard case .sha256(let a, let b, let c, let d) = storage else {
            var bytes: [UInt8] = [DigestAlgorithm.sha512.rawValue]
            append(to: &bytes)
            return body(bytes.span)
        }
        // The algorithm is the last byte of the first word; what stands here lives until `body` returns.
        let words = (UInt64(DigestAlgorithm.sha256.rawValue).bigEndian, a.bigEndian, b.bigEndian, c.bigEndian, d.bigEndian)
        return unsafe withUnsafeBytes(of: words) { bytes in
            unsafe bytes[7...].withMemoryRebound(to: UInt8.self) { unsafe body($0.span) }
        }
    }
}

extension Digest {
    /// - Parameter bytes: of a digest, and nothing else.
    package init(sortedBytes bytes: Span<UInt8>) {
        func word(_ number: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in 1 + 8 * number..<9 + 8 * number { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        if bytes.count == Self.sortedLength(of: .sha256) {
            storage = .sha256(word(0), word(1), word(2), word(3))
        } else {
            storage = .sha512(LongWords((0..<8).map(word)))
        }
    }

    /// How many bytes the digest has that `bytes` begin with.
    package static func sortedLength(_ bytes: Span<UInt8>) -> Int {
        sortedLength(of: DigestAlgorithm(rawValue: bytes[0]) ?? .sha256)
    }

    private static func sortedLength(of algorithm: DigestAlgorithm) -> Int { 1 + algorithm.byteCount }
}
