import Synchronization

/// Lets changes of one webhook be made one after the other, in the order in which they come.
final class Turns: Sendable {
    /// Those that wait; a webhook that is being changed is in it.
    private let waiting = Mutex<[String: [CheckedContinuation<Bool, Never>]]>([:])

    /// More than this do not wait for one webhook.
    private static let limit = 64

    /// False where too many wait already; else `pass` has to be called in the end.
    func take(_ id: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = waiting.withLock { waiting in
                guard let queue = waiting[id] else {
                    waiting[id] = []
                    return true
                }
                guard queue.count < Self.limit else { return false }
                waiting[id]?.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    func pass(_ id: String) {
        let next: CheckedContinuation<Bool, Never>? = waiting.withLock { waiting in
            guard waiting[id]?.isEmpty == false else {
                waiting[id] = nil
                return nil
            }
            return waiting[id]?.removeFirst()
        }
        next?.resume(returning: true)
    }
}
