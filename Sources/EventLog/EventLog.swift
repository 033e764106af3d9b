import IO
import Synchronization

/// An append-only log of opaque records with gapless sequence numbers. A record that was acknowledged is on disk and stays as it is.
///
/// Commits come from any thread and never wait for the disk; one thread of the log's own writes what has gathered and syncs it.
/// Reading blocks on the disk: do it in a `BlockingPool`. It never holds up a commit. See docs/storage-format.md for what is on disk.
package final class EventLog: Sendable {
    package struct Options: Sendable {
        /// The log's folder, which is made when it is missing. One process at a time may have it open: the caller holds a lock.
        package var directory: String
        /// A segment that would grow beyond this is followed by another. One batch of commits always fits into an empty segment.
        package var segmentBytes = 64 << 20
        /// Zeros are written ahead in steps of this.
        package var preallocateBytes = 4 << 20
        /// With more bytes waiting to be written, commits throw `overloaded`.
        package var maxPendingBytes = 64 << 20
        /// Body and attachment of one record.
        package var maxRecordBytes = 16 << 20
        /// How much of the log's end is read and checked at every start, whatever the snapshot says.
        package var verifyBytes = 256 << 20
        /// A record that somebody is known to have seen, such as a reader with a cursor: it was on disk, so a log that ends
        /// before it is damaged and not torn.
        package var knownDurable: UInt64 = 0
        /// Milliseconds that written records may wait for their sync; 0 syncs before anybody is told.
        ///
        /// With a delay, "durable" means written: such a record outlives the process, and a crash of the whole machine can
        /// take the last ones away. What is proof of damage (a frame's `durable`, the mark of an orderly end) still speaks of
        /// synced records alone. Writes gather for a few milliseconds too. `sync` makes everything so far outlive the machine.
        package var syncDelay: Int64 = 0
        /// Old segments may be removed. Without it a log that does not start with record 1 is refused.
        package var mayForgetOldest = false

        /// The permissions of new segments.
        package var fileMode: UInt32 = 0o644

        /// What time it is when something is committed, in milliseconds since 1970.
        package var clock: @Sendable () -> Int64 = { Wall.milliseconds }

        package init(directory: String) { self.directory = directory }
    }

    package typealias Completion = @Sendable (Result<Void, LogError>) -> Void

    package enum Status: Sendable {
        case writable
        /// A write or sync failed: the error that commits throw.
        case readOnly(LogError)
    }

    let writer: LogWriter
    let catalogue: Catalogue
    let options: Options

    init(_ options: Options, _ recovered: Recovery.Result) throws(LogError) {
        self.options = options
        catalogue = recovered.catalogue
        writer = LogWriter(options: options, catalogue: catalogue, nextSequence: catalogue.last &+ 1)
        do throws(StreamError) {
            try writer.start(recovered.active)
        } catch {
            throw LogError(.io, "the log's thread cannot be started: \(error)")
        }
    }

    deinit { writer.stop() }

    /// Opens a log, or makes a new one. Cuts off what a crash left incomplete (and says so), refuses damage, and calls `replay` with every
    /// record whose sequence is greater than `replayAfter`, in order, before anything can be appended.
    package static func open(
        _ options: Options, replayAfter: UInt64, replay: (Record) throws -> Void
    ) throws(LogError) -> EventLog {
        try withoutActuallyEscaping(replay) { replay throws(LogError) in
            try EventLog(options, Recovery(options: options, replayAfter: replayAfter, replay: replay).run())
        }
    }

    /// Appends the records of one transaction: all of them or, when `build` throws, none. Does not wait for the disk.
    ///
    /// `build` runs under the log's lock: it must be short and must not call the log. Sequences are given in the order of commits.
    /// - Parameter whenDurable: called exactly once if this returns, on the log's thread, in the order of commits: with success when
    ///   the records are on disk, with a failure when nobody can know whether they are. `build` may set another, or none
    ///   (`Transaction.whenDurable`).
    /// - Throws: what `build` throws, or `LogError` (`overloaded`, `tooLarge`, `readOnly`, `closed`).
    @discardableResult
    package func commit<R: Sendable, E: Error>(
        _ build: (inout Transaction) throws(E) -> R, whenDurable: Completion? = nil
    ) throws -> R {
        try writer.commit(time: options.clock(), whenDurable: whenDurable, build)
    }

    /// Calls back when everything that was committed up to now is synced, whatever `syncDelay` says.
    package func sync(_ done: @escaping Completion) {
        writer.sync(done)
    }

    /// The last sequence that is on disk; 0 when there is none.
    package var durableSequence: UInt64 { catalogue.last }

    /// The oldest sequence that can be read; one more than `durableSequence` when there is none.
    package var oldestSequence: UInt64 { catalogue.oldest }

    /// Asked by each request that changes something: without the lock, while all is well.
    package var status: Status {
        writer.hasFailed.load(ordering: .acquiring) ? writer.pending.withLock { $0.status } : .writable
    }

    /// Waits until a record with a greater sequence is on disk; answers the last one that is.
    /// - Throws: `CancellationError`, or `LogError` when the log is closed. In a log that became read-only it just waits.
    package func wait(after sequence: UInt64) async throws -> UInt64 {
        try await writer.waiters.wait(after: sequence)
    }

    /// Says on disk that the log goes on from its last orderly end, so that records after it are known to be meant. Before the first commit. Blocks.
    package func markInUse() throws(LogError) {
        try files { () throws(IOError) in try ClosedMark.writeInUse(options.directory) }
    }

    /// Writes what is pending, stops the thread and ends all waits. Blocks until that is done; not to be called in `whenDurable`. Reading goes on.
    package func close() {
        writer.stop()
        writer.waitUntilStopped()
        writer.waiters.close()
    }
}
