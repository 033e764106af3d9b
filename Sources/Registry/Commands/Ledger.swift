import EventLog
import Events
import OCI
import Synchronization

/// The two states of the registry and the only place where they change.
///
/// A command is decided on the `sequenced` state, in which all that was committed before it has happened already, and its
/// records are queued in the same critical section: two pushes cannot both pass. Readers get the `durable` state, which follows when
/// the log has the records on disk. Both are values that share nearly all their nodes, so the "next state" of a commit under way
/// is the whole of it: no overlay that could differ from the fold, and after a failure the durable state simply stands.
final class Ledger: Sendable {
    private let log: EventLog
    private let registry: String
    /// Held for decisions, which are synchronous and never wait for the disk; readers hold it for a copy of a few words.
    private let shared: Mutex<Shared>

    private struct Shared {
        var durable: RegistryState
        var sequenced: RegistryState
        var waiting: [Waiting] = []
    }

    /// Somebody whose answer changes nothing but rests on records that are not on disk yet.
    private struct Waiting {
        let sequence: UInt64
        let resume: @Sendable (Result<Void, LogError>) -> Void
    }

    init(state: RegistryState, log: EventLog, registry: String) {
        self.log = log
        self.registry = registry
        shared = Mutex(Shared(durable: state, sequenced: state))
    }

    /// What is on disk.
    var durable: RegistryState { shared.withLock { $0.durable } }

    /// What is on disk or on its way there.
    var sequenced: RegistryState { shared.withLock { $0.sequenced } }

    /// Decides and commits; returns when what it decided, and all that it rests on, is on disk.
    func perform<Answer: Sendable>(
        _ context: EventContext, _ decide: (RegistryState) -> Decision<Answer>
    ) async throws(RegistryError) -> Answer {
        let result: Result<Answer, RegistryError> = await withCheckedContinuation { continuation in
            shared.withLock { shared in
                let decision = decide(shared.sequenced)
                let finish: @Sendable (Result<Void, LogError>) -> Void = { outcome in
                    continuation.resume(
                        returning: outcome.mapError { RegistryError($0) }.flatMap { decision.answer })
                }
                if decision.changes.isEmpty {
                    Self.wait(&shared, finish)
                } else {
                    commit(&shared, decision.changes, context, finish) { continuation.resume(returning: .failure($0)) }
                }
            }
        }
        return try result.get()
    }

    private static func wait(_ shared: inout Shared, _ finish: @escaping @Sendable (Result<Void, LogError>) -> Void) {
        if shared.durable.sequence >= shared.sequenced.sequence {
            finish(.success(()))
        } else {
            shared.waiting.append(Waiting(sequence: shared.sequenced.sequence, resume: finish))
        }
    }

    private func commit(
        _ shared: inout Shared, _ changes: [Change], _ context: EventContext,
        _ finish: @escaping @Sendable (Result<Void, LogError>) -> Void, refused: (RegistryError) -> Void
    ) {
        let before = shared.sequenced
        let next = Next(before)
        do {
            shared.sequenced = try log.commit { (transaction: inout Transaction) throws(RegistryError) in
                let state = try append(changes, context, to: &transaction, after: before)
                next.state.withLock { $0 = state }
                return state
            } whenDurable: { outcome in
                self.settle(next, outcome)
                finish(outcome)
            }
        } catch let error as RegistryError {
            refused(error)
        } catch let error as LogError {
            refused(RegistryError(error))
        } catch {
            refused(.damaged("the log failed in an unknown way: \(error)"))
        }
    }

    /// Encodes the records and folds them, in one go.
    private func append(
        _ changes: [Change], _ context: EventContext, to transaction: inout Transaction, after before: RegistryState
    ) throws(RegistryError) -> RegistryState {
        var state = before
        let time = transaction.time
        for change in changes {
            try state.apply(change.payload, manifest: change.manifest, sequence: transaction.nextSequence)
            let event = Event(
                id: .next(now: time), registry: registry, context: context, payload: change.payload)
            transaction.append(attachment: change.attachment) { sequence, bytes in
                event.encode(into: &bytes, sequence: sequence, time: time)
            }
        }
        return state
    }

    /// On the log's thread, in the order of commits. A log that failed once takes nothing more, so what was sequenced beyond the durable
    /// state will never be.
    private func settle(_ next: Next, _ outcome: Result<Void, LogError>) {
        let ready = shared.withLock { shared in
            switch outcome {
            case .success: shared.durable = next.state.withLock { $0 }
            case .failure: shared.sequenced = shared.durable
            }
            let durable = shared.durable.sequence
            var ready = shared.waiting
            if case .success = outcome {
                ready = shared.waiting.filter { $0.sequence <= durable }
                shared.waiting.removeAll { $0.sequence <= durable }
            } else {
                shared.waiting = []
            }
            return ready
        }
        for waiting in ready { waiting.resume(outcome) }
    }

    /// The state after a commit, for the closure that is handed to the log before that state is known.
    private final class Next: Sendable {
        let state: Mutex<RegistryState>
        init(_ state: RegistryState) { self.state = Mutex(state) }
    }
}
