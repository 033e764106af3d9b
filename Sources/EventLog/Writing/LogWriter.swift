import Dispatch
import Glibc
import IO
import Synchronization

/// The thread that writes: it takes what commits have gathered, writes it with one call, syncs it with one call, tells everyone, and starts over.
/// While a sync is under way, and while a loop's turn lasts, the next batch gathers, so the batches grow with the load and there is no timer.
final class LogWriter: TurnListener {
    let options: EventLog.Options
    let catalogue: Catalogue
    let waiters: Waiters
    /// The log's lock. A Mutex: commits come from any thread and hold it for the time of encoding a record.
    let pending: Mutex<Pending>
    /// Whether the log is read-only: follows `pending.status`.
    let hasFailed = Atomic<Bool>(false)
    private let work = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    init(options: EventLog.Options, catalogue: Catalogue, nextSequence: UInt64) {
        self.options = options
        self.catalogue = catalogue
        waiters = Waiters(durable: catalogue.last)
        pending = Mutex(
            Pending(
                nextSequence: nextSequence,
                limits: Transaction.Limits(pending: options.maxPendingBytes, record: options.maxRecordBytes)))
    }

    func start(_ segment: ActiveSegment) throws(StreamError) {
        try startThread(named: "event log") { [self] in run(segment) }
    }

    func commit<R: Sendable, E: Error>(
        time: Int64, whenDurable: EventLog.Completion?, _ build: (inout Transaction) throws(E) -> R
    ) throws -> R {
        // Where little of the turn is left, its end is not worth waiting for: the sync overlaps with it.
        let loop = EventLoop.current.flatMap { $0.jobsLeft < Self.fewJobs ? nil : $0 }
        var wakes = false
        let result = try pending.withLock { pending in
            let result = try pending.append(time: time, whenDurable: whenDurable, build)
            if loop == nil || pending.isLarge { wakes = pending.makeDue() }
            return result
        }
        if wakes { work.signal() }
        loop?.atEndOfTurn(self)
        return result
    }

    private static let fewJobs = 8

    /// What a loop's turn committed is written together: at once each would have a sync of its own, and the thread be woken for each.
    func turnEnded() {
        let wakes = pending.withLock { $0.batch.hasWork ? $0.makeDue() : false }
        if wakes { work.signal() }
    }

    /// - Parameter seals: the segment that is written to ends here, if it has records.
    func sync(seals: Bool = false, _ done: @escaping EventLog.Completion) {
        let (refusal, wakes) = pending.withLock { pending -> (LogError?, Bool) in
            if case .readOnly(let error) = pending.status { return (error, false) }
            if pending.isClosing { return (LogError(.closed, "the log is closed"), false) }
            pending.batch.completions.append(done)
            pending.batch.mustSync = true
            if seals { pending.batch.mustSeal = true }
            return (nil, pending.makeDue())
        }
        if let refusal { return done(.failure(refusal)) }
        if wakes { work.signal() }
    }

    /// Lets the thread write what is pending and end. Nothing can be committed from now on.
    func stop() {
        let wakes = pending.withLock { pending in
            pending.isClosing = true
            return pending.makeDue()
        }
        if wakes { work.signal() }
    }

    func waitUntilStopped() {
        finished.wait()
        finished.signal()  // for another that waits
    }

    /// What only the writer's thread knows.
    private struct Progress {
        var segment: ActiveSegment
        /// The last record that is synced: all of them, unless the log's syncs are delayed.
        var synced: UInt64
        /// When what is written is to be synced; nil while all of it is.
        var syncDue: DispatchTime?
    }

    private func run(_ first: ActiveSegment) {
        defer { finished.signal() }
        var progress = Progress(segment: first, synced: catalogue.last)
        var batch = Batch()
        while true {
            let taken = takeBatch(&batch, until: progress.syncDue)
            if taken == .closing { break }
            do throws(IOError) {
                if taken == .batch { try write(&batch, &progress) } else { try sync(&progress) }
            } catch {
                return fail(batch, .readOnly(error))
            }
            for completion in batch.completions { completion(.success(())) }
            // After the completions: whoever follows the log finds the state that the records led to.
            waiters.wake(durable: catalogue.last)
            batch.reset()
            prepare(&progress.segment)
        }
        finish(&progress)
    }

    /// A log that was closed in order has no unused end, and says how far it goes: a later start can then tell damage from a torn end.
    private func finish(_ progress: inout Progress) {
        do throws(IOError) {
            try sync(&progress)
            try progress.segment.trim()
            try ClosedMark.write(options.directory, last: catalogue.last)
        } catch {
            Diagnostics.warning("the log was closed without its mark, which only helps to find damage: \(error)")
        }
    }

    private enum Taken { case batch, syncDue, closing }

    /// How long writes gather in a log whose syncs are delayed, in microseconds.
    private static let gathering: UInt32 = 4000

    /// Waits for something to write, or until what is written has to be synced.
    private func takeBatch(_ batch: inout Batch, until due: DispatchTime?) -> Taken {
        while true {
            if options.syncDelay > 0, pending.withLock({ $0.mayGather }) { usleep(Self.gathering) }
            let (hasWork, isClosing) = pending.withLock { pending in
                let hasWork = pending.batch.hasWork && pending.isDue
                pending.bytesInFlight = hasWork ? pending.batch.bytes.count : 0
                if hasWork { pending.swapBatch(&batch) }
                pending.writerSleeps = !hasWork && !pending.isClosing
                return (hasWork, pending.isClosing)
            }
            if hasWork { return .batch }
            if isClosing { return .closing }
            if let due {
                if work.wait(timeout: due) == .timedOut { return .syncDue }
            } else {
                work.wait()
            }
        }
    }

    /// Everything in the batch is on disk when this returns; only written, where syncs are delayed.
    private func write(_ batch: inout Batch, _ progress: inout Progress) throws(IOError) {
        // A batch is never spread over two segments: a segment that has a successor is therefore durable to its end.
        let isFull = progress.segment.end + batch.bytes.count > options.segmentBytes
        if progress.segment.end > SegmentHeader.size, isFull || batch.mustSeal {
            try sync(&progress)
            do throws(IOError) {
                try roll(&progress.segment)
            } catch {
                // Nothing of the batch was written, so nothing is in doubt: the full segment takes a little more for now.
                guard error.isOutOfDescriptors else { throw error }
                Diagnostics.warning("the log stays in a full segment for now: \(error)")
            }
        }
        let headers = batch.stamp(durable: progress.synced, salt: progress.segment.header.salt)
        if let last = headers.last {
            try progress.segment.append(batch.bytes)
            let isDelayed = options.syncDelay > 0 && !batch.mustSync
            if !isDelayed { try progress.segment.sync() }
            catalogue.publish(headers)
            if isDelayed {
                let delay = DispatchTimeInterval.milliseconds(Int(clamping: options.syncDelay))
                progress.syncDue = progress.syncDue ?? .now() + delay
            } else {
                progress.synced = last.sequence
                progress.syncDue = nil
            }
        } else if batch.mustSync {
            try sync(&progress)
        }
        // A batch that keeps coming must not put the sync off for good.
        if let due = progress.syncDue, due <= .now() { try sync(&progress) }
    }

    private func sync(_ progress: inout Progress) throws(IOError) {
        guard progress.syncDue != nil else { return }
        try progress.segment.sync()
        progress.synced = catalogue.last
        progress.syncDue = nil
    }

    private func roll(_ segment: inout ActiveSegment) throws(IOError) {
        do throws(IOError) { try segment.trim() } catch { Diagnostics.warning("a full segment keeps its unused end: \(error)") }
        let header = SegmentHeader(salt: segment.header.salt, first: catalogue.last &+ 1)
        segment = try ActiveSegment.create(options, header)
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
            pending.swapBatch(&gathered)
            pending.bytesInFlight = 0
            return gathered
        }
        hasFailed.store(true, ordering: .releasing)
        for completion in batch.completions + gathered.completions { completion(.failure(error)) }
    }
}
