/// Records that are appended together: after a crash all of them are there, or none.
package struct Transaction {
    static let maxRecords = Int(UInt16.max)

    /// The sequence that the next appended record gets.
    package private(set) var nextSequence: UInt64
    /// When it happens, in milliseconds since 1970; the same for all its records.
    package let time: Int64

    /// The log's buffer of what is to be written, with the frames of this transaction at its end.
    private(set) var buffer: [UInt8]
    /// Where in `buffer` the frames of this transaction start.
    private(set) var frames: [Int] = []
    private let maxRecordBytes: Int
    /// Said at the commit, so that the closures that build records need not throw.
    private(set) var failure: LogError?

    init(buffer: [UInt8], nextSequence: UInt64, time: Int64, maxRecordBytes: Int) {
        self.buffer = buffer
        self.nextSequence = nextSequence
        self.time = time
        self.maxRecordBytes = maxRecordBytes
    }

    /// Appends a record. What `body` appends to `out` is the record's body, byte for byte; bytes that are there already are not its own.
    /// - Returns: the record's sequence.
    @discardableResult
    package mutating func append(
        attachment: [UInt8] = [], _ body: (_ sequence: UInt64, _ out: inout [UInt8]) -> Void
    ) -> UInt64 {
        let sequence = nextSequence
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: FrameHeader.size))
        body(sequence, &buffer)
        let bodyLength = buffer.count - start - FrameHeader.size
        // Others' records stand before this one: a closure that removed bytes would have changed them.
        precondition(bodyLength >= 0, "the body of a record may only append")
        buffer.append(contentsOf: attachment)
        check(bodyLength: bodyLength, attachmentLength: attachment.count)
        guard failure == nil else { return sequence }
        let header = FrameHeader(
            bodyLength: UInt32(bodyLength), attachmentLength: UInt32(attachment.count), sequence: sequence, time: time, kind: .event)
        buffer.append(contentsOf: repeatElement(0, count: start + header.frameLength - buffer.count))
        header.writeFields(over: &buffer, at: start)
        frames.append(start)
        nextSequence &+= 1
        return sequence
    }

    private mutating func check(bodyLength: Int, attachmentLength: Int) {
        if bodyLength + attachmentLength > maxRecordBytes {
            failure = failure ?? LogError(
                .tooLarge, "a record of \(bodyLength + attachmentLength) bytes is larger than the log takes (\(maxRecordBytes))")
        } else if frames.count == Self.maxRecords {
            failure = failure ?? LogError(.tooLarge, "a transaction has at most \(Self.maxRecords) records")
        }
    }

    /// Gives the buffer back without copying it.
    mutating func takeBuffer() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        return taken
    }

    /// Says in each frame how many of the same transaction follow, now that it is known.
    mutating func seal() {
        for (index, start) in frames.enumerated() {
            buffer.set(number: UInt16(truncatingIfNeeded: frames.count - 1 - index), at: start + FrameHeader.remainingOffset)
        }
    }
}
