import IO

/// Reads the frames of a segment one after another and checks each.
struct FrameScanner {
    /// What stands at an offset.
    enum Step {
        /// An intact frame with the sequence that had to come.
        case frame(FrameHeader)
        /// Anything else.
        case invalid(String)
        /// The readable part of the file ends exactly here.
        case end
    }

    private let file: File
    private let salt: UInt32
    /// No byte from here on is looked at.
    private let end: Int
    private let chunk: Int
    private var buffer: [UInt8] = []
    private var bufferStart = 0
    /// Where the frame that `next` looks at starts.
    private(set) var offset: Int
    /// The sequence it must have.
    private(set) var sequence: UInt64

    init(_ file: File, from offset: Int, sequence: UInt64, end: Int, salt: UInt32, chunk: Int = 256 << 10) {
        self.file = file
        self.offset = offset
        self.sequence = sequence
        self.end = end
        self.salt = salt
        self.chunk = chunk
    }

    /// Looks at the frame at `offset`, without going past it.
    mutating func peek() throws(IOError) -> Step {
        if offset == end { return .end }
        guard try fill(FrameHeader.size),
            let header = unsafe FrameHeader(buffer.span.bytes, at: offset - bufferStart, salt: salt)
        else { return .invalid("there is no record header where one must be") }
        guard header.sequence == sequence else {
            return .invalid("it holds record \(header.sequence) instead")
        }
        guard try fill(header.frameLength) else { return .invalid("the file ends within the record") }
        guard unsafe header.checksumOfPayload(buffer.span.bytes, at: offset - bufferStart) == header.payloadChecksum else {
            return .invalid("the checksum of the record does not fit its bytes")
        }
        return .frame(header)
    }

    /// Goes past a frame that `peek` answered.
    mutating func advance(past header: FrameHeader) {
        offset += header.frameLength
        sequence &+= 1
    }

    /// The record of a header that `peek` answered.
    func record(_ header: FrameHeader) -> Record {
        header.record(buffer, at: offset - bufferStart)
    }

    /// Whether the bytes of a frame that `peek` answered are zero where they mean nothing: the header's last one, padding, what a mark replaces.
    func hasOnlyZerosBeside(_ header: FrameHeader) -> Bool {
        let start = offset - bufferStart
        let used = header.kind == .lost ? FrameHeader.size : FrameHeader.size + Int(header.bodyLength) + Int(header.attachmentLength)
        return buffer[start + FrameHeader.size - 1] == 0 && buffer[(start + used)..<(start + header.frameLength)].allSatisfy { $0 == 0 }
    }

    /// What to throw when something else than a frame stands where one was written.
    func damage(_ what: String) -> LogError {
        .damaged(file.path, offset: offset, sequence: sequence, what)
    }

    /// True when at least `count` bytes from `offset` are in the buffer.
    private mutating func fill(_ count: Int) throws(IOError) -> Bool {
        if end - offset < count { return false }
        if offset >= bufferStart, buffer.count - (offset - bufferStart) >= count { return true }
        buffer = try file.read(count: min(max(count, chunk), end - offset), at: offset)
        bufferStart = offset
        return buffer.count >= count
    }
}
