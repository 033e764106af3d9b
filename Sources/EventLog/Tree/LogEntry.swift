import Crypto

/// What the tree has of a record: enough to prove each of its bytes, and none of them.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | "SBXENT1\n" |
/// | 8 | 8 | sequence, big-endian as all numbers here |
/// | 16 | 8 | time, milliseconds since 1970 |
/// | 24 | 1 | kind: 1 event, 2 lost |
/// | 25 | 32 | SHA-256 of the body |
/// | 57 | 32 | SHA-256 of the attachment |
///
/// A record of which personal data was taken out keeps its entry: the hash of the body is that of the one it was committed with.
package struct LogEntry: Sendable, Hashable {
    package static let size = 89
    private static let magic = Array("SBXENT1\n".utf8)

    package let sequence: UInt64
    /// Milliseconds since 1970.
    package let time: Int64
    package let kind: Record.Kind
    package let bodyHash: TreeHash
    package let attachmentHash: TreeHash

    package init(_ record: Record, _ hasher: inout TreeHasher) {
        sequence = record.sequence
        time = record.time
        kind = record.kind == .redacted ? .event : record.kind
        bodyHash = record.originalBodyHash ?? hasher.digest(record.body)
        attachmentHash = hasher.digest(record.attachment)
    }

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, bytes.starts(with: Self.magic), let kind = Record.Kind(rawValue: bytes[24]),
            kind != .redacted
        else { return nil }
        let span = unsafe bytes.span.bytes
        sequence = UInt64(bigEndian: span.number(at: 8, as: UInt64.self).littleEndian)
        time = Int64(truncatingIfNeeded: UInt64(bigEndian: span.number(at: 16, as: UInt64.self).littleEndian))
        self.kind = kind
        bodyHash = TreeHash(span, at: 25)
        attachmentHash = TreeHash(span, at: 57)
    }

    package var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.size)
        bytes.append(bigEndian: sequence)
        bytes.append(bigEndian: UInt64(bitPattern: time))
        bytes.append(kind.rawValue)
        bodyHash.append(to: &bytes)
        attachmentHash.append(to: &bytes)
        return bytes
    }
}
