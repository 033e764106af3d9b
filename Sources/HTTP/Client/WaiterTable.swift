/// The requests that wait for a connection. What becomes of one may be settled before its task has gone to sleep,
/// so either side may come first; whoever comes second resumes the task.
struct WaiterTable: Sendable {
    typealias ID = ConnectionPool.WaiterID
    typealias Outcome = Result<ConnectionPool.Grant, HTTPClientError>
    /// To be called once, outside the lock.
    typealias Resumption = @Sendable () -> Void

    private enum Entry: Sendable {
        case asleep(CheckedContinuation<Outcome, Never>)
        case settled(Outcome)
    }

    private var entries: [ID: Entry] = [:]

    /// The task of `waiter` is about to sleep.
    mutating func park(_ waiter: ID, _ continuation: CheckedContinuation<Outcome, Never>) -> Resumption? {
        guard case .settled(let outcome)? = entries.removeValue(forKey: waiter) else {
            entries[waiter] = .asleep(continuation)
            return nil
        }
        return { continuation.resume(returning: outcome) }
    }

    /// The pool has decided about `waiter`, as it does exactly once.
    mutating func settle(_ waiter: ID, _ outcome: Outcome) -> Resumption? {
        guard case .asleep(let continuation)? = entries.removeValue(forKey: waiter) else {
            entries[waiter] = .settled(outcome)
            return nil
        }
        return { continuation.resume(returning: outcome) }
    }
}
