import Crypto

/// A hash of the tree: 32 bytes as a value that needs no memory of its own.
package struct TreeHash: Sendable, Hashable {
    package static let size = 32

    private let a: UInt64
    private let b: UInt64
    private let c: UInt64
    private let d: UInt64

    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (a, b, c, d) = words
    }

    /// The 32 bytes at `offset`, which must be there; zeros stand for those that are not.
    init(_ bytes: RawSpan, at offset: Int) {
        a = UInt64(bigEndian: bytes.word(at: offset))
        b = UInt64(bigEndian: bytes.word(at: offset + 8))
        c = UInt64(bigEndian: bytes.word(at: offset + 16))
        d = UInt64(bigEndian: bytes.word(at: offset + 24))
    }

    /// Nil for any other number of bytes than 32.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        unsafe self.init(bytes.span.bytes, at: 0)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        append(to: &bytes)
        return bytes
    }

    package func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: a)
        bytes.append(bigEndian: b)
        bytes.append(bigEndian: c)
        bytes.append(bigEndian: d)
    }
}

extension RawSpan {
    fileprivate func word(at offset: Int) -> UInt64 {
        guard offset >= 0, byteCount - offset >= 8 else { return 0 }
        return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
