import Synchronization

/// Tasks that wait for records after a sequence.
final class Waiters: Sendable {
    private struct Waiter {
        let after: UInt64
        let continuation: CheckedContinuation<UInt64, any Error>
    }

    private struct State {
        var waiting: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
        /// Cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
        var durable: UInt64
        var isClosed = false
    }

    // A Mutex: the writer's thread wakes tasks, cancellation comes from any thread.
    private let state: Mutex<State>

    /// - Parameter durable: the last sequence that is on disk by now.
    init(durable: UInt64) {
        state = Mutex(State(durable: durable))
    }

    /// The durable sequence as soon as it is greater than `after`. Throws `CancellationError`, or `LogError` when the log is closed.
    func wait(after: UInt64) async throws -> UInt64 {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        // When the handler is out of the way, a cancellation that came too late to matter is forgotten.
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<UInt64, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if state.durable > after { return .success(state.durable) }
                    if state.isClosed { return .failure(Self.closed) }
                    state.waiting[id] = Waiter(after: after, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiting.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Everything up to `durable` is on disk.
    func wake(durable: UInt64) {
        let woken = state.withLock { state in
            state.durable = max(state.durable, durable)
            let woken = state.waiting.filter { $0.value.after < durable }
            for id in woken.keys { state.waiting.removeValue(forKey: id) }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: durable) }
    }

    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(throwing: Self.closed) }
    }

    private static let closed = LogError(.closed, "the log is closed")
}
