import EventLog
import Events
import IO
import OCI

/// The states of the registry and the only place where they change.
///
/// Commands are decided one after the other (`Sequencer`), each on the newest state, in which all that was committed before it has
/// happened already, and its records are queued in the same step: two pushes cannot both pass. Readers get the `durable` state, which
/// follows when the log has the records on disk. All are values that share nearly all their nodes, so the state after a batch of the log is
/// the whole of it: no overlay that could differ from the fold, and after a failure the durable state simply stands.
final class Ledger: Sendable {
    private let log: EventLog
    private let registry: String
    private let sequencer = Sequencer()
    /// Held for a copy of a few words.
    private let onDisk: Lock<RegistryState>
    /// Held for the fold of one command. Whoever holds it may take `onDisk`, and not the other way round.
    private let coming = Lock(Coming())

    /// What is not on disk yet.
    private struct Coming {
        /// Of the log, in order: the one that is written, and the one that gathers.
        var batches: [Batch] = []
        /// States that were durable before, for the next decision's thread to let go of: that made most of the nodes that are theirs alone, and
        /// memory that another thread gives back has to be locked for. At most one for each batch that ended since.
        var old: [RegistryState] = []
        /// The first batch that the log did not take; it takes none after it.
        var failed: (number: UInt64, error: LogError)?
    }

    /// What a batch of the log leads to. The commits of one batch change one state in place, and copy what they share with the batch
    /// before it only once.
    private struct Batch {
        let number: UInt64
        var state: RegistryState
        /// Who waits for it: whoever committed to it, or only decided on it.
        var finishes: [EventLog.Completion] = []
    }

    init(state: RegistryState, log: EventLog, registry: String) {
        self.log = log
        self.registry = registry
        onDisk = Lock(state)
    }

    /// What is on disk.
    var durable: RegistryState { onDisk.withLock { $0 } }

    /// What is on disk or on its way there.
    var sequenced: RegistryState { coming.withLock { newest(of: $0) } }

    /// A batch stays in `coming` until its state is the durable one, so none is passed over.
    private func newest(of coming: Coming) -> RegistryState { coming.batches.last?.state ?? durable }

    /// Waits until what is sequenced now is on disk, or will never be.
    func settle() async {
        _ = try? await perform(.system("registry")) { _ in .commit([], ()) }
    }

    /// Decides and commits; returns when what it decided, and all that it rests on, is on disk.
    func perform<Answer: Sendable>(
        _ context: EventContext, _ decide: @escaping @Sendable (RegistryState) -> Decision<Answer>
    ) async throws(RegistryError) -> Answer {
        let result: Result<Answer, RegistryError> = await withCheckedContinuation { continuation in
            sequencer.run { [self] in
                if let now = sequence(context, decide, continuation) { continuation.resume(returning: now) }
            }
        }
        return try result.get()
    }

    /// - Returns: nil where the answer comes with a batch.
    private func sequence<Answer>(
        _ context: EventContext, _ decide: (RegistryState) -> Decision<Answer>,
        _ continuation: CheckedContinuation<Result<Answer, RegistryError>, Never>
    ) -> Result<Answer, RegistryError>? {
        // The state that it decides on is let go of before the fold, which can then change it where it stands.
        let (decision, batch) = decided(decide)
        let finish: EventLog.Completion = { outcome in
            continuation.resume(returning: outcome.mapError { RegistryError($0) }.flatMap { decision.answer })
        }
        guard decision.changes.isEmpty else {
            do throws(RegistryError) {
                try commit(decision.changes, context, finish)
                return nil
            } catch {
                return .failure(error)
            }
        }
        return coming.withLock { coming in
            // What it rests on may have failed since.
            if let batch, let failed = coming.failed, batch >= failed.number { return .failure(RegistryError(failed.error)) }
            guard !coming.batches.isEmpty else { return decision.answer }
            coming.batches[coming.batches.count - 1].finishes.append(finish)
            return nil
        }
    }

    /// The decision, and the last batch that it rests on; nil where that is all on disk.
    private func decided<Answer>(_ decide: (RegistryState) -> Decision<Answer>) -> (Decision<Answer>, batch: UInt64?) {
        let (state, batch, old) = coming.withLock { coming in
            (newest(of: coming), coming.batches.last?.number, exchange(&coming.old, with: []))
        }
        // What becomes of the old states' nodes is nothing that a lock has to be held for.
        withExtendedLifetime(old) {}
        return (decide(state), batch)
    }

    /// - Parameter finish: called with the batch, unless this throws.
    private func commit(_ changes: [Change], _ context: EventContext, _ finish: @escaping EventLog.Completion) throws(RegistryError) {
        do {
            try log.commit { (transaction: inout Transaction) throws in
                encode(changes, context, into: &transaction)
                try transaction.check()
                // The log cannot take the batch before this returns, so it does not end before it is known here.
                try coming.withLock { (coming: inout Coming) throws(RegistryError) in
                    try fold(changes, into: &coming, &transaction, finish)
                }
            }
        } catch {
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

    /// All of the changes or, where one does not follow on the state, none: then no batch was opened either, for which nobody would come.
    private func fold(
        _ changes: [Change], into coming: inout Coming, _ transaction: inout Transaction, _ finish: @escaping EventLog.Completion
    ) throws(RegistryError) {
        if coming.batches.last?.number == transaction.batch {
            let last = coming.batches.count - 1
            try Self.fold(changes, into: &coming.batches[last].state, upTo: transaction.nextSequence)
            coming.batches[last].finishes.append(finish)
        } else {
            var state = newest(of: coming)
            try Self.fold(changes, into: &state, upTo: transaction.nextSequence)
            coming.batches.append(Batch(number: transaction.batch, state: state, finishes: [finish]))
            transaction.whenDurable = batchEnded
        }
    }

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
        let finishes = coming.withLock { coming -> [EventLog.Completion] in
            guard let settled = coming.batches.first else { return [] }
            switch outcome {
            case .success: coming.old.append(onDisk.withLock { exchange(&$0, with: settled.state) })
            case .failure(let error): coming.failed = coming.failed ?? (settled.number, error)
            }
            coming.batches.removeFirst()
            return settled.finishes
        }
        for finish in finishes { finish(outcome) }
    }
}
