internal import EventLog
internal import IO
internal import OCI
import Synchronization

/// How leases come to disk and back.
extension LeaseTable {
    /// Reads the leases that have not run out. Those whose blob is missing are dropped: a crash came between the two
    /// syncs of an upload that was never acknowledged.
    /// - Parameters:
    ///   - now: Unix milliseconds.
    ///   - exists: whether the blob's file is there.
    static func open(
        _ directory: String, now: Int64, where exists: (Digest) -> Bool
    ) throws(BlobError) -> LeaseTable {
        let today = LeaseDays.day(now)
        var days = LeaseDays()
        var options = EventLog.Options(directory: directory)
        options.segmentBytes = 4 << 20
        options.preallocateBytes = 1 << 20
        options.mayForgetOldest = true
        let log: EventLog
        do throws(LogError) {
            log = try EventLog.open(options, replayAfter: 0) { record in
                if record.kind == .lost { return }  // by a repair; the client uploads again
                guard let lease = LeaseRecord(record.body) else {
                    throw BlobError(
                        .leasesDamaged, "record \(record.sequence) in \(directory) is not a lease that this version knows")
                }
                switch lease.action {
                // A clock that was ahead must not keep a lease longer than one given now.
                case .hold: days.add(lease.digest, lease.repository, day: min(LeaseDays.day(record.time), today))
                case .release: days.remove(lease.digest, lease.repository)
                }
            }
        } catch {
            throw BlobError(.leasesDamaged, "the leases could not be read", cause: error)
        }
        _ = days.expire(today: today)
        days.keep(where: exists)
        let table = LeaseTable(log, days)
        table.sweep(now: now)
        return table
    }

    /// Why no lease can be given any more, or nil.
    var readOnlyReason: String? {
        if case .readOnly = log.status { return "the leases could not be written" }
        return nil
    }

    /// Puts a lease into the next group commit. It counts only after `complete`.
    func begin(_ digest: Digest, _ repository: RepositoryName) throws(BlobError) -> Pending {
        let completion = Completion()
        let time = try append(LeaseRecord(.hold, digest, repository), completion)
        return Pending(digest: digest, repository: repository, day: LeaseDays.day(time), completion: completion)
    }

    /// Waits until the lease is on disk and puts it in force. The caller has made sure that the blob is durable, and that nobody
    /// releases the same lease meanwhile.
    func complete(_ pending: Pending) async throws(BlobError) {
        try await finish(pending.completion)
        days.withLock { $0.add(pending.digest, pending.repository, day: pending.day) }
    }

    /// Ends a lease, durably. Nothing is written when there is none.
    func release(_ digest: Digest, _ repository: RepositoryName) async throws(BlobError) {
        guard holds(digest, repository) else { return }
        let completion = Completion()
        _ = try append(LeaseRecord(.release, digest, repository), completion)
        try await finish(completion)
        days.withLock { $0.remove(digest, repository) }
    }

    /// Forgets the leases that have run out and removes the segments that hold nothing else. Blocks.
    func sweep(now: Int64) {
        let today = LeaseDays.day(now)
        // Freed after the lock is given back: a day can hold many leases.
        let expired = days.withLock { $0.expire(today: today) }
        _ = consume expired
        let oldest = (today - Int64(LeaseDays.lifetime)) * LeaseDays.millisecondsPerDay
        do throws(LogError) {
            try log.removeSegments(endingBefore: oldest)
        } catch {
            Diagnostics.warning("old leases could not be removed from disk: \(error)")
        }
    }

    func close() {
        log.close()
    }

    /// The time of the record, in Unix milliseconds.
    private func append(_ record: LeaseRecord, _ completion: Completion) throws(BlobError) -> Int64 {
        do {
            return try log.commit(
                { transaction in
                    transaction.append { _, out in record.encode(into: &out) }
                    return transaction.time
                },
                whenDurable: { completion.tell($0) })
        } catch let error as LogError {
            throw BlobError(error)
        } catch {
            throw BlobError(.unavailable, "the blob store takes no changes", cause: error)
        }
    }

    private func finish(_ completion: Completion) async throws(BlobError) {
        do throws(LogError) {
            try await completion.outcome().get()
        } catch {
            throw BlobError(error)
        }
    }
}
