/// Records that are appended together: after a crash all of them are there, or none.
package struct Transaction {
    static let maxRecords = Int(UInt16.max)

    /// The sequence that the next appended record gets.
    package private(set) var nextSequence: UInt64
    /// When it happens, in milliseconds since 1970; the same for all its records.
    package let time: Int64
    /// Of the records that are written with these and become durable at one moment with them. Rises.
    package let batch: UInt64
    /// Called when the records are durable, or nobody can know whether they are. None where somebody who hears of the same batch passes it on.
    package var whenDurable: EventLog.Completion?

    /// The log's buffer of what is to be written, with the frames of this transaction at its end.
    private(set) var buffer: [UInt8]
    /// Where in `buffer` the frames of this transaction start.
    private(set) var frames: [Int] = []
    private let start: Int
    private let limits: Limits
    /// Said at the commit, so that the closures that build records need not throw.
    private var failure: LogError?

    /// In bytes.
    struct Limits {
        /// Of all that waits to be written.
        let pending: Int
        /// Of a record's body and attachment.
        let record: Int
    }

    init(buffer: [UInt8], batch: UInt64, nextSequence: UInt64, time: Int64, limits: Limits) {
        self.buffer = buffer
        self.batch = batch
        self.nextSequence = nextSequence
        self.time = time
        self.limits = limits
        start = buffer.count
    }

    /// For who keeps what follows from the records: after this, and when nothing more is appended, the commit takes them.
    /// - Throws: what the commit would throw.
    package func check() throws(LogError) {
        if let failure { throw failure }
        let bytes = buffer.count - start
        guard bytes <= limits.pending else {
            throw LogError(.tooLarge, "a transaction of \(bytes) bytes is larger than the log takes (\(limits.pending))")
        }
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
        if bodyLength + attachmentLength > limits.record {
            failure = failure ?? LogError(
                .tooLarge, "a record of \(bodyLength + attachmentLength) bytes is larger than the log takes (\(limits.record))")
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
