internal import EventLog
import Synchronization

/// The outcome of one commit, told by the log's writer and awaited by one task, in whichever order they come.
final class Completion: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Result<Void, LogError>, Never>)
        case told(Result<Void, LogError>)
    }

    // A Mutex: the two sides are a thread and a task, and meet once.
    private let state = Mutex(State.open)

    func tell(_ result: Result<Void, LogError>) {
        let waiting: CheckedContinuation<Result<Void, LogError>, Never>? = state.withLock { state in
            defer { state = .told(result) }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume(returning: result)
    }

    func outcome() async -> Result<Void, LogError> {
        await withCheckedContinuation { continuation in
            let result: Result<Void, LogError>? = state.withLock { state in
                if case .told(let result) = state { return result }
                state = .awaited(continuation)
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
    }
}
