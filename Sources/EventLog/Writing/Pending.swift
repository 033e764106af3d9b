/// What commits have gathered since the writer last took a batch. Guarded by the log's lock.
struct Pending {
    var batch = Batch()
    /// Of `batch`.
    private(set) var number: UInt64 = 0
    var nextSequence: UInt64
    /// Bytes of the batch that is being written.
    var bytesInFlight = 0
    var status = EventLog.Status.writable
    var isClosing = false
    /// The writer's thread sleeps and has to be woken.
    var writerSleeps = false
    /// The batch is to be written now.
    private(set) var isDue = false

    let limits: Transaction.Limits

    /// Something is to be written, and nobody is waiting for it.
    var mayGather: Bool {
        batch.hasWork && !batch.mustSync && !isClosing && batch.bytes.count < 256 << 10
    }

    /// What gathers until a loop's turn ends is written at once from this size on, in bytes: more would not make its sync cheaper.
    private static let largeBatch = 64 << 10

    var isLarge: Bool { batch.bytes.count >= Self.largeBatch }

    /// The batch is to be written now.
    /// - Returns: whether the writer has to be woken for it.
    mutating func makeDue() -> Bool {
        isDue = true
        return exchange(&writerSleeps, with: false)
    }

    /// Gives away what has gathered, for an empty batch.
    mutating func swapBatch(_ empty: inout Batch) {
        swap(&empty, &batch)
        isDue = false
        number &+= 1
    }

    /// Runs `build` over the end of the batch and keeps what it appended; when anything throws, the batch is as it was.
    mutating func append<R, E: Error>(
        time: Int64, whenDurable: EventLog.Completion?, _ build: (inout Transaction) throws(E) -> R
    ) throws -> R {
        try checkOpen()
        let start = batch.bytes.count
        if start + bytesInFlight >= limits.pending {
            throw LogError(.overloaded, "\(start + bytesInFlight) bytes wait to be written to the log; try again shortly")
        }
        // The buffer moves into the transaction and back, so that appending to it never copies it.
        var transaction = Transaction(
            buffer: batch.takeBytes(), batch: number, nextSequence: nextSequence, time: time, limits: limits)
        transaction.whenDurable = whenDurable
        do {
            let value = try build(&transaction)
            transaction.seal()
            try transaction.check()
            nextSequence = transaction.nextSequence
            batch.bytes = transaction.takeBuffer()
            if let whenDurable = transaction.whenDurable { batch.completions.append(whenDurable) }
            return value
        } catch {
            // Sealed or not, its buffer is the batch's, and what it appended goes.
            batch.bytes = transaction.takeBuffer()
            batch.bytes.removeLast(batch.bytes.count - start)
            throw error
        }
    }

    private func checkOpen() throws(LogError) {
        if case .readOnly(let error) = status { throw error }
        if isClosing { throw LogError(.closed, "the log is closed") }
    }
}

/// Frames that are written and synced together, and whom to tell.
struct Batch {
    /// A buffer that grew beyond this in a burst is given back.
    private static let keptCapacity = 8 << 20

    var bytes: [UInt8] = []
    var completions: [EventLog.Completion] = []
    /// Somebody wants to be told when all this is synced.
    var mustSync = false
    /// It begins another segment.
    var mustSeal = false

    var hasWork: Bool { !completions.isEmpty || !bytes.isEmpty }

    mutating func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    /// Empty again, with the buffers kept for the next round.
    mutating func reset() {
        if bytes.capacity > Self.keptCapacity { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
        completions.removeAll(keepingCapacity: true)
        mustSync = false
        mustSeal = false
    }

    /// Completes the frames: what is durable now, the checksums. Done by the writer's thread and not under the log's lock.
    /// - Returns: the frames' headers in order.
    mutating func stamp(durable: UInt64, salt: UInt32) -> [FrameHeader] {
        var headers: [FrameHeader] = []
        var offset = 0
        while var header = unsafe FrameHeader(fieldsOf: bytes.span.bytes, at: offset) {
            header.durable = durable
            header.payloadChecksum = unsafe header.checksumOfPayload(bytes.span.bytes, at: offset)
            header.write(over: &bytes, at: offset, salt: salt)
            headers.append(header)
            offset += header.frameLength
        }
        return headers
    }
}
