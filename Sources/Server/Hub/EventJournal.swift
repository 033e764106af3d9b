import EventLog
import Events
import Synchronization

/// Brings what is no change of the registry's state into the log: refusals at the door, and blobs that a repository gave up.
final class EventJournal: Sendable {
    private let log: EventLog
    private let host: String
    /// Strangers cause denials: they may not fill the disk with them. Each reason has a share of its own, so that a flood of one hides no other.
    private let denials = Mutex<[AccessDenial.Reason: Share]>([:])
    private let unrecorded = Atomic(0)

    private struct Share {
        var second: Int64 = 0
        var count = 0
        /// Since the last one that was recorded, and the newest of them.
        var unrecorded: Int64 = 0
        var newest: (denial: AccessDenial, context: EventContext)?
    }

    /// What of a log was refused last, and when that was recorded.
    private let refusals = Mutex<[Refused: (checkpoint: String, time: Int64)]>([:])

    private struct Refused: Hashable {
        let origin: String
        /// It has another root than the witness knows for that size. Nobody else can make up such a checkpoint, nor hide one among others.
        let isProof: Bool
    }

    private static let denialsPerSecond = 20
    /// Milliseconds between two refusals of one log.
    private static let refusalInterval: Int64 = 60_000

    init(log: EventLog, host: String) {
        self.log = log
        self.host = host
    }

    /// Denials that were only counted, since the start.
    var unrecordedDenials: Int { unrecorded.load(ordering: .relaxed) }

    /// Returns when the event is on disk.
    func record(_ payload: Event.Payload, _ context: EventContext) async throws(LogError) {
        let (log, host) = (log, host)
        let result: Result<Void, LogError> = await withCheckedContinuation { continuation in
            do {
                try log.commit({ transaction in
                    let time = transaction.time
                    let event = Event(id: .next(now: time), registry: host, context: context, payload: payload)
                    transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                }, whenDurable: { continuation.resume(returning: $0) })
            } catch let error as LogError {
                continuation.resume(returning: .failure(error))
            } catch {
                continuation.resume(returning: .failure(LogError(.io, "the event was not recorded: \(error)")))
            }
        }
        try result.get()
    }

    /// Records a denial, or counts it where there are too many. The denial stands in any case.
    func recordDenial(_ denial: AccessDenial, _ context: EventContext, now: Int64) async {
        var denial = denial
        let skipped: Int64? = denials.withLock { denials in
            var share = denials[denial.reason] ?? Share()
            defer { denials[denial.reason] = share }
            if share.second != now / 1000 { (share.second, share.count) = (now / 1000, 0) }
            share.count += 1
            guard share.count <= Self.denialsPerSecond else {
                share.unrecorded += 1
                share.newest = (denial, context)
                return nil
            }
            defer { (share.unrecorded, share.newest) = (0, nil) }
            return share.unrecorded
        }
        if let skipped {
            denial.unrecorded = skipped
            if (try? await record(.accessDenied(denial), context)) != nil { return }
            giveBack(denial, context)
        }
        unrecorded.wrappingAdd(1, ordering: .relaxed)
    }

    /// Records the newest of those that were only counted, with how many there were, once their second is over: nobody may come after them.
    func recordCounted(now: Int64) async {
        let counted = denials.withLock { denials in
            var counted: [(AccessDenial, EventContext)] = []
            for (reason, share) in denials {
                guard share.second != now / 1000, var newest = share.newest else { continue }
                newest.denial.unrecorded = share.unrecorded - 1
                counted.append(newest)
                denials[reason] = Share(second: share.second, count: share.count)
            }
            return counted
        }
        for (denial, context) in counted {
            if (try? await record(.accessDenied(denial), context)) == nil { giveBack(denial, context) }
        }
    }

    /// Counts one that could not be recorded again, with those that it stands for.
    private func giveBack(_ denial: AccessDenial, _ context: EventContext) {
        denials.withLock { denials in
            var share = denials[denial.reason] ?? Share()
            share.unrecorded += denial.unrecorded + 1
            share.newest = share.newest ?? (denial, context)
            denials[denial.reason] = share
        }
    }

    /// Records that a log was refused by its witness. Not the same one again, and one of a kind a minute at most: anybody can send what a log
    /// published with a proof that is none. The refusal stands in any case.
    func recordRefusal(_ notice: WitnessNotice, _ context: EventContext, now: Int64) async {
        let refused = Refused(origin: notice.origin, isProof: notice.head.size == notice.previous?.size && notice.head != notice.previous)
        let isNew = refusals.withLock { refusals in
            if let last = refusals[refused], last.checkpoint == notice.checkpoint || now - last.time < Self.refusalInterval { return false }
            refusals[refused] = (notice.checkpoint, now)
            return true
        }
        guard isNew, (try? await record(.witness(notice), context)) == nil else { return }
        refusals.withLock { $0[refused] = nil }
    }
}
