/// Frames that take the place of records that damage took.
struct LostRecords {
    let first: UInt64
    /// At least 1.
    let count: UInt64
    let time: Int64
    let salt: UInt32

    /// The frames, `length` bytes in all: the last one is padded to fill what is left. Nil when they do not fit.
    func frames(filling length: Int) -> [UInt8]? {
        guard count > 0, count <= UInt64(max(0, length) / FrameHeader.size), length % FrameHeader.alignment == 0,
            let padding = UInt32(exactly: length - Int(count) * FrameHeader.size)
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: length)
        for slot in 0..<Int(count) {
            var header = FrameHeader(
                bodyLength: slot + 1 == Int(count) ? padding : 0, attachmentLength: 0, sequence: first &+ UInt64(slot),
                time: time, kind: .lost)
            header.durable = first &- 1
            let offset = slot * FrameHeader.size
            header.payloadChecksum = unsafe header.checksumOfPayload(bytes.span.bytes, at: offset)
            header.write(over: &bytes, at: offset, salt: salt)
        }
        return bytes
    }
}
