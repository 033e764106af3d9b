import EventLog
import Events
import IO
import OCI

/// The states of the registry and the only place where they change.
///
/// A command is decided on the newest state, in which all that was committed before it has happened already, and its
/// records are queued in the same critical section: two pushes cannot both pass. Readers get the `durable` state, which follows when
/// the log has the records on disk. All are values that share nearly all their nodes, so the state after a batch of the log is the
/// whole of it: no overlay that could differ from the fold, and after a failure the durable state simply stands.
final class Ledger: Sendable {
    private let log: EventLog
    private let registry: String
    /// Held for decisions, which are synchronous and never wait for the disk; readers hold it for a copy of a few words.
    private let shared: Lock<Shared>

    private struct Shared {
        var durable: RegistryState
        /// Of the batches of the log that are not on disk yet, in order: the one that is written, and the one that gathers.
        var coming: [Coming] = []
        /// States that were durable before, for the next decision's thread to let go of: that made most of the nodes that are theirs alone, and
        /// memory that another thread gives back has to be locked for. At most one for each batch that ended since.
        var old: [RegistryState] = []

        var sequenced: RegistryState { coming.last?.state ?? durable }
    }

    /// What a batch of the log leads to. The commits of one batch change one state in place, and copy what they share with the batch
    /// before it only once.
    private struct Coming {
        let batch: UInt64
        var state: RegistryState
        /// Who waits for it: whoever committed to it, or only decided on it.
        var finishes: [EventLog.Completion] = []
    }

    init(state: RegistryState, log: EventLog, registry: String) {
        self.log = log
        self.registry = registry
        shared = Lock(Shared(durable: state))
    }

    /// What is on disk.
    var durable: RegistryState { shared.withLock { $0.durable } }

    /// What is on disk or on its way there.
    var sequenced: RegistryState { shared.withLock { $0.sequenced } }

    /// Waits until what is sequenced now is on disk, or will never be.
    func settle() async {
        _ = try? await perform(.system("registry")) { _ in .commit([], ()) }
    }

    /// Decides and commits; returns when what it decided, and all that it rests on, is on disk.
    func perform<Answer: Sendable>(
        _ context: EventContext, _ decide: (RegistryState) -> Decision<Answer>
    ) async throws(RegistryError) -> Answer {
        let result: Result<Answer, RegistryError> = await withCheckedContinuation { continuation in
            let (now, old) = shared.withLock { shared in
                let old = exchange(&shared.old, with: [])
                return (sequence(&shared, context, decide(shared.sequenced), continuation), old)
            }
            // What becomes of the old states' nodes is nothing that the lock has to be held for.
            withExtendedLifetime(old) {}
            if let now { continuation.resume(returning: now) }
        }
        return try result.get()
    }

    /// - Returns: nil where the answer comes with a batch.
    private func sequence<Answer>(
        _ shared: inout Shared, _ context: EventContext, _ decision: Decision<Answer>,
        _ continuation: CheckedContinuation<Result<Answer, RegistryError>, Never>
    ) -> Result<Answer, RegistryError>? {
        if !decision.changes.isEmpty {
            do throws(RegistryError) {
                try commit(&shared, decision.changes, context)
            } catch {
                return .failure(error)
            }
        } else if shared.coming.isEmpty {
            return decision.answer
        }
        shared.coming[shared.coming.count - 1].finishes.append { outcome in
            continuation.resume(returning: outcome.mapError { RegistryError($0) }.flatMap { decision.answer })
        }
        return nil
    }

    /// - Postcondition: the last of `coming` is what the changes led to.
    private func commit(_ shared: inout Shared, _ changes: [Change], _ context: EventContext) throws(RegistryError) {
        let before = shared.coming.count
        do {
            try log.commit { (transaction: inout Transaction) throws in
                if shared.coming.last?.batch != transaction.batch {
                    shared.coming.append(Coming(batch: transaction.batch, state: shared.sequenced))
                    transaction.whenDurable = batchEnded
                }
                encode(changes, context, into: &transaction)
                try transaction.check()
                try Self.fold(changes, into: &shared.coming[shared.coming.count - 1].state, upTo: transaction.nextSequence)
            }
        } catch {
            // Nothing was queued, so nobody will come for a batch that was opened.
            shared.coming.removeSubrange(before...)
            throw switch error {
            case let error as RegistryError: error
            case let error as LogError: RegistryError(error)
            default: .damaged("the log failed in an unknown way: \(error)")
            }
        }
    }

    private func encode(_ changes: [Change], _ context: EventContext, into transaction: inout Transaction) {
        let time = transaction.time
        for change in changes {
            let event = Event(id: .next(now: time), registry: registry, context: context, payload: change.payload)
            transaction.append(attachment: change.attachment) { sequence, bytes in
                event.encode(into: &bytes, sequence: sequence, time: time)
            }
        }
    }

    /// All of the changes or, where one does not follow on the state, none.
    /// - Parameter next: the sequence after the last change's.
    private static func fold(_ changes: [Change], into state: inout RegistryState, upTo next: UInt64) throws(RegistryError) {
        let first = next &- UInt64(changes.count)
        if changes.count == 1 {
            // A change that does not follow leaves the state as it is, so one alone needs no copy.
            return try state.apply(changes[0].payload, manifest: changes[0].manifest, sequence: first)
        }
        var folded = state
        for (index, change) in changes.enumerated() {
            try folded.apply(change.payload, manifest: change.manifest, sequence: first &+ UInt64(index))
        }
        state = folded
    }

    /// On the log's thread, once for each batch, in their order. A log that failed once takes nothing more, so what was sequenced beyond
    /// the durable state will never be.
    private func batchEnded(_ outcome: Result<Void, LogError>) {
        let finishes = shared.withLock { shared -> [EventLog.Completion] in
            guard !shared.coming.isEmpty else { return [] }
            let settled = shared.coming.removeFirst()
            if case .success = outcome {
                shared.old.append(shared.durable)
                shared.durable = settled.state
            }
            return settled.finishes
        }
        for finish in finishes { finish(outcome) }
    }
}
