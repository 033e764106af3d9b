import Dispatch
import IO
import Synchronization

/// The thread that writes: it takes what commits have gathered, writes it with one call, syncs it with one call, tells everyone, and starts over.
/// While a sync is under way the next batch gathers, so the batches grow with the load and there is no timer.
final class LogWriter: Sendable {
    let options: EventLog.Options
    let catalogue: Catalogue
    let waiters: Waiters
    /// The log's lock. A Mutex: commits come from any thread and hold it for the time of encoding a record.
    let pending: Mutex<Pending>
    private let work = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    init(options: EventLog.Options, catalogue: Catalogue, nextSequence: UInt64) {
        self.options = options
        self.catalogue = catalogue
        waiters = Waiters(durable: catalogue.last)
        pending = Mutex(
            Pending(nextSequence: nextSequence, maxBytes: options.maxPendingBytes, maxRecordBytes: options.maxRecordBytes))
    }

    func start(_ segment: ActiveSegment) throws(StreamError) {
        try startThread(named: "event log") { [self] in run(segment) }
    }

    func commit<R: Sendable, E: Error>(
        time: Int64, whenDurable: @escaping Batch.Completion, _ build: (inout Transaction) throws(E) -> R
    ) throws -> R {
        let (result, wakes) = try pending.withLock { pending in
            let result = try pending.append(time: time, whenDurable: whenDurable, build)
            let wakes = pending.writerSleeps
            pending.writerSleeps = false
            return (result, wakes)
        }
        if wakes { work.signal() }
        return result
    }

    /// Lets the thread write what is pending and end. Nothing can be committed from now on.
    func stop() {
        let wakes = pending.withLock { pending in
            pending.isClosing = true
            let wakes = pending.writerSleeps
            pending.writerSleeps = false
            return wakes
        }
        if wakes { work.signal() }
    }

    func waitUntilStopped() {
        finished.wait()
        finished.signal()  // for another that waits
    }

    private func run(_ first: ActiveSegment) {
        defer { finished.signal() }
        var segment = first
        var batch = Batch()
        while takeBatch(&batch) {
            do throws(IOError) {
                try write(&batch, to: &segment)
            } catch {
                return fail(batch, .readOnly(error))
            }
            for completion in batch.completions { completion(.success(())) }
            // After the completions: whoever follows the log finds the state that the records led to.
            waiters.wake(durable: catalogue.last)
            batch.reset()
            prepare(&segment)
        }
        finish(segment)
    }

    /// A log that was closed in order has no unused end, and says how far it goes: a later start can then tell damage from a torn end.
    private func finish(_ segment: ActiveSegment) {
        do throws(IOError) {
            try segment.trim()
            try ClosedMark.write(options.directory, last: catalogue.last)
        } catch {
            Diagnostics.warning("the log was closed without its mark, which only helps to find damage: \(error)")
        }
    }

    /// Waits for something to write; false when the log is closing and everything is written.
    private func takeBatch(_ batch: inout Batch) -> Bool {
        while true {
            let (hasWork, isClosing) = pending.withLock { pending in
                let hasWork = !pending.batch.completions.isEmpty
                pending.bytesInFlight = pending.batch.bytes.count
                if hasWork { swap(&batch, &pending.batch) }
                pending.writerSleeps = !hasWork && !pending.isClosing
                return (hasWork, pending.isClosing)
            }
            if hasWork { return true }
            if isClosing { return false }
            work.wait()
        }
    }

    /// Everything in the batch is on disk when this returns.
    private func write(_ batch: inout Batch, to segment: inout ActiveSegment) throws(IOError) {
        // A batch is never spread over two segments: a segment that has a successor is therefore durable to its end.
        if segment.end > SegmentHeader.size, segment.end + batch.bytes.count > options.segmentBytes {
            do throws(IOError) {
                try roll(&segment)
            } catch {
                // Nothing of the batch was written, so nothing is in doubt: the full segment takes a little more for now.
                guard error.isOutOfDescriptors else { throw error }
                Diagnostics.warning("the log stays in a full segment for now: \(error)")
            }
        }
        let headers = batch.stamp(durable: catalogue.last, salt: segment.header.salt)
        // Transactions without records have nothing to wait for.
        if headers.isEmpty { return }
        try segment.append(batch.bytes)
        catalogue.publish(headers)
    }

    private func roll(_ segment: inout ActiveSegment) throws(IOError) {
        do throws(IOError) { try segment.trim() } catch { Diagnostics.warning("a full segment keeps its unused end: \(error)") }
        let header = SegmentHeader(salt: segment.header.salt, first: catalogue.last &+ 1)
        segment = try ActiveSegment.create(options.directory, header, zeros: min(options.preallocateBytes, options.segmentBytes))
        let sealed = catalogue.seal(
            next: Catalogue.Active(file: segment.file, salt: header.salt, index: SparseIndex(first: header.first)))
        sealed.save(options.directory)
    }

    private func prepare(_ segment: inout ActiveSegment) {
        if let error = segment.writeZerosAhead(step: options.preallocateBytes, limit: options.segmentBytes) {
            Diagnostics.warning("no space was prepared for the log; records are written for as long as they fit: \(error)")
        }
    }

    /// A write or sync failed: nobody can know what is on disk, so nothing more is written. A second sync could succeed without having written what the first one lost.
    private func fail(_ batch: Batch, _ error: LogError) {
        Diagnostics.error(error.message)
        let gathered = pending.withLock { pending in
            pending.status = .readOnly(error)
            var gathered = Batch()
            swap(&gathered, &pending.batch)
            pending.bytesInFlight = 0
            return gathered
        }
        for completion in batch.completions + gathered.completions { completion(.failure(error)) }
    }
}
