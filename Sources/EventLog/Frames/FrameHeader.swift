/// What stands before each record in a segment: 48 bytes, then body, attachment, and zeros up to the next multiple of 8.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | "SBF1" |
/// | 4 | 4 | CRC-32C of bytes 8 to 47, XOR the log's salt |
/// | 8 | 4 | body length |
/// | 12 | 4 | attachment length |
/// | 16 | 8 | sequence |
/// | 24 | 8 | time, milliseconds since 1970 |
/// | 32 | 8 | durable: every record up to this one was on disk before this frame was written |
/// | 40 | 4 | CRC-32C of all that follows the header, padding included |
/// | 44 | 2 | remaining: how many records of the same transaction follow |
/// | 46 | 1 | kind: 1 event, 2 lost, 3 redacted: the body starts with the SHA-256 of the one that was committed |
/// | 47 | 1 | 0 |
///
/// The header has a checksum of its own so that a search for frames in damaged bytes checks 48 bytes a candidate and not up to a whole segment.
/// The salt keeps a client from planting frames inside a record: without reading the files it cannot make a checksum that fits.
struct FrameHeader: Equatable {
    static let size = 48
    static let alignment = 8
    static let magic: UInt32 = 0x3146_4253
    static let remainingOffset = 44

    var bodyLength: UInt32
    var attachmentLength: UInt32
    var sequence: UInt64
    var time: Int64
    var durable: UInt64 = 0
    var payloadChecksum: UInt32 = 0
    var remaining: UInt16 = 0
    var kind: Record.Kind

    /// Header, body, attachment and padding, in bytes.
    var frameLength: Int { Self.frameLength(payload: Int(bodyLength) + Int(attachmentLength)) }

    static func frameLength(payload: Int) -> Int {
        (size + payload + alignment - 1) & ~(alignment - 1)
    }

    init(bodyLength: UInt32, attachmentLength: UInt32, sequence: UInt64, time: Int64, kind: Record.Kind) {
        self.bodyLength = bodyLength
        self.attachmentLength = attachmentLength
        self.sequence = sequence
        self.time = time
        self.kind = kind
    }

    /// The header at `offset`, or nil when the bytes there are no intact header of this log.
    init?(_ bytes: RawSpan, at offset: Int, salt: UInt32) {
        guard offset >= 0, bytes.byteCount - offset >= Self.size,
            bytes.number(at: offset) == Self.magic,
            bytes.number(at: offset + 4) == Self.checksum(bytes, at: offset) ^ salt
        else { return nil }
        self.init(fieldsOf: bytes, at: offset)
    }

    /// The header at `offset` of bytes that this process wrote there itself: its checksum is not looked at.
    init?(fieldsOf bytes: RawSpan, at offset: Int) {
        guard offset >= 0, bytes.byteCount - offset >= Self.size,
            let kind = Record.Kind(rawValue: bytes.number(at: offset + 46))
        else { return nil }
        bodyLength = bytes.number(at: offset + 8)
        attachmentLength = bytes.number(at: offset + 12)
        sequence = bytes.number(at: offset + 16)
        time = bytes.number(at: offset + 24)
        durable = bytes.number(at: offset + 32)
        payloadChecksum = bytes.number(at: offset + 40)
        remaining = bytes.number(at: offset + Self.remainingOffset)
        self.kind = kind
    }

    /// Writes the header over the 48 bytes at `offset`.
    func write(over bytes: inout [UInt8], at offset: Int, salt: UInt32) {
        writeFields(over: &bytes, at: offset)
        unsafe bytes.set(number: Self.checksum(bytes.span.bytes, at: offset) ^ salt, at: offset + 4)
    }

    /// Writes all but the header's checksum.
    func writeFields(over bytes: inout [UInt8], at offset: Int) {
        bytes.set(number: Self.magic, at: offset)
        bytes.set(number: bodyLength, at: offset + 8)
        bytes.set(number: attachmentLength, at: offset + 12)
        bytes.set(number: sequence, at: offset + 16)
        bytes.set(number: time, at: offset + 24)
        bytes.set(number: durable, at: offset + 32)
        bytes.set(number: payloadChecksum, at: offset + 40)
        bytes.set(number: remaining, at: offset + Self.remainingOffset)
        bytes.set(number: kind.rawValue, at: offset + 46)
        bytes.set(number: UInt8(0), at: offset + 47)
    }

    static func checksum(_ bytes: RawSpan, at offset: Int) -> UInt32 {
        CRC32C.checksum(bytes, offset + 8..<offset + size)
    }

    /// The checksum of what follows the header of the frame at `offset`, for as much of it as is in `bytes`.
    func checksumOfPayload(_ bytes: RawSpan, at offset: Int) -> UInt32 {
        CRC32C.checksum(bytes, offset + Self.size..<offset + frameLength)
    }

    /// Where in the frame the record's body is.
    var bodyRange: Range<Int> {
        let end = Self.size + Int(bodyLength)
        switch kind {
        case .event: return Self.size..<end
        case .lost: return Self.size..<Self.size
        // Only a redaction writes this kind, always with a hash before the body.
        case .redacted: return min(Self.size + TreeHash.size, end)..<end
        }
    }

    /// The record whose frame starts at `offset` and is complete in `bytes`.
    func record(_ bytes: [UInt8], at offset: Int) -> Record {
        if kind == .lost { return Record(sequence: sequence, time: time, kind: kind, body: [], attachment: []) }
        let start = offset + Self.size
        let body = offset + bodyRange.lowerBound
        let attachment = offset + bodyRange.upperBound
        func copy(_ range: Range<Int>) -> [UInt8] { Array(bytes[range.clamped(to: bytes.indices)]) }
        return Record(
            sequence: sequence, time: time, kind: kind, body: copy(body..<attachment),
            attachment: copy(attachment..<attachment + Int(attachmentLength)),
            originalBodyHash: kind == .redacted ? TreeHash(copy(start..<body)) : nil)
    }
}
