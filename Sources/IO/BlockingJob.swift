import Synchronization

/// A call that a `BlockingPool` makes while its caller does something else.
package final class BlockingJob<Value: Sendable, Failure: Error>: Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Result<Value, Failure>, Never>)
        case done(Result<Value, Failure>)
    }

    // A Mutex: one change by the pool's thread, one by the task that asks.
    private let state = Mutex(State.running)

    /// The call's outcome, as soon as there is one. To be asked for once.
    package func value() async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            let result: Result<Value, Failure>? = state.withLock { state in
                if case .done(let result) = state { return result }
                state = .awaited(continuation)
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
        return try result.get()
    }

    fileprivate func end(_ result: Result<Value, Failure>) {
        let waiting: CheckedContinuation<Result<Value, Failure>, Never>? = state.withLock { state in
            guard case .awaited(let continuation) = state else {
                state = .done(result)
                return nil
            }
            return continuation
        }
        waiting?.resume(returning: result)
    }
}

extension BlockingPool {
    /// Has `body` run on a thread of the pool, and goes on; the job tells when it has. It runs whether anybody asks or not.
    package func start<T: Sendable, E: Error>(_ body: @escaping @Sendable () throws(E) -> T) -> BlockingJob<T, E> {
        let job = BlockingJob<T, E>()
        enqueue {
            do throws(E) {
                job.end(.success(try body()))
            } catch {
                job.end(.failure(error))
            }
        }
        return job
    }
}
