import IO

/// Looks for proof that bytes which are not intact now were on disk once.
enum Evidence {
    private static let chunk = 1 << 20

    /// The first intact frame header after `offset` whose frame was written when `sequence` was already on disk.
    static func find(
        in file: File, after offset: Int, to end: Int, salt: UInt32, thatDurable sequence: UInt64
    ) throws(IOError) -> (offset: Int, header: FrameHeader)? {
        try firstHeader(in: file, from: offset + FrameHeader.alignment, to: end, salt: salt) { _, header in
            header.sequence > sequence && header.durable >= sequence
        }
    }

    /// The first intact header at or after `offset` that `fits`. Frames start at multiples of 8.
    static func firstHeader(
        in file: File, from offset: Int, to end: Int, salt: UInt32, _ fits: (Int, FrameHeader) throws(IOError) -> Bool
    ) throws(IOError) -> (offset: Int, header: FrameHeader)? {
        var start = (offset + FrameHeader.alignment - 1) & ~(FrameHeader.alignment - 1)
        while end - start >= FrameHeader.size {
            // Chunks overlap by a header, so that none hides on a border.
            let bytes = try file.read(count: min(chunk, end - start), at: start)
            if bytes.count < FrameHeader.size { return nil }
            let span = unsafe bytes.span.bytes
            var position = 0
            while position <= bytes.count - FrameHeader.size {
                if span.number(at: position) == FrameHeader.magic,
                    let header = FrameHeader(span, at: position, salt: salt), try fits(start + position, header) {
                    return (start + position, header)
                }
                position += FrameHeader.alignment
            }
            start += position
        }
        return nil
    }
}
