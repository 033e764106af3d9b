/// The first 64 bytes of a segment file.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | "SBXLOG\r\n" |
/// | 8 | 4 | format version, 1 |
/// | 12 | 4 | salt of the log, the same in all its segments |
/// | 16 | 8 | sequence of the first record |
/// | 24 | 36 | 0 |
/// | 60 | 4 | CRC-32C of bytes 0 to 59 |
struct SegmentHeader: Equatable {
    static let size = 64
    static let magic: UInt64 = 0x0A0D_474F_4C58_4253
    static let version: UInt32 = 1

    let salt: UInt32
    let first: UInt64

    init(salt: UInt32, first: UInt64) {
        self.salt = salt
        self.first = first
    }

    /// Why bytes are no segment header.
    enum Fault: Error, Equatable {
        case damaged
        case version(UInt32)
    }

    init(_ bytes: RawSpan) throws(Fault) {
        guard bytes.byteCount >= Self.size, bytes.number(at: 0) == Self.magic,
            bytes.number(at: 60) == CRC32C.checksum(bytes, 0..<60)
        else { throw .damaged }
        let version: UInt32 = bytes.number(at: 8)
        guard version == Self.version else { throw .version(version) }
        salt = bytes.number(at: 12)
        first = bytes.number(at: 16)
    }

    var encoded: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        bytes.set(number: Self.magic, at: 0)
        bytes.set(number: Self.version, at: 8)
        bytes.set(number: salt, at: 12)
        bytes.set(number: first, at: 16)
        unsafe bytes.set(number: CRC32C.checksum(bytes.span.bytes, 0..<60), at: 60)
        return bytes
    }
}
