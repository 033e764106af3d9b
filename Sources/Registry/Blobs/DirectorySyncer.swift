internal import IO
import Synchronization

/// Makes names in one directory durable, with one sync for all who ask at about the same time.
///
/// Who arrives while a sync runs shares the next one, never the running one: that may have begun before their rename.
/// The first failure is final: after it nobody knows which names are on disk, and a repeated fsync would only forget
/// the fault, so every later call fails with the same error.
final class DirectorySyncer: Sendable {
    private enum Turn {
        /// Run the next sync for yourself and all who wait.
        case lead
        case done(Result<Void, IOError>)
    }

    private struct State {
        var running = false
        var waiting: [CheckedContinuation<Turn, Never>] = []
        var failure: IOError?
    }

    private let directory: File
    private let pool: BlockingPool
    // A Mutex: a few instructions each time, and the continuation's closure cannot wait for an actor.
    private let state = Mutex(State())
    private let syncDirectory: @Sendable (File) throws(IOError) -> Void

    /// - Parameter sync: how an open directory is synced.
    init(
        _ path: String, pool: BlockingPool, sync: @escaping @Sendable (File) throws(IOError) -> Void
    ) throws(IOError) {
        directory = try File(path, .read)
        self.pool = pool
        syncDirectory = sync
    }

    /// How many wait for the next sync.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    var failure: IOError? { state.withLock { $0.failure } }

    /// Every name that was made in the directory before this call is on disk when it returns.
    func sync() async throws(IOError) {
        switch await turn() {
        case .done(let result): try result.get()
        case .lead: try await lead()
        }
    }

    private func turn() async -> Turn {
        await withCheckedContinuation { continuation in
            let now: Turn? = state.withLock { state in
                if let failure = state.failure { return .done(.failure(failure)) }
                if state.running {
                    state.waiting.append(continuation)
                    return nil
                }
                state.running = true
                return .lead
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    private func lead() async throws(IOError) {
        let followers = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let result: Result<Void, IOError>
        do throws(IOError) {
            try await pool.run { [directory, syncDirectory] () throws(IOError) in try syncDirectory(directory) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        passOn(after: result)
        for follower in followers { follower.resume(returning: .done(result)) }
        try result.get()
    }

    /// The first of those who came meanwhile leads the next sync; after a failure all of them fail.
    private func passOn(after result: Result<Void, IOError>) {
        let next: [(CheckedContinuation<Turn, Never>, Turn)] = state.withLock { state in
            if case .failure(let error) = result {
                state.failure = error
                state.running = false
                defer { state.waiting = [] }
                return state.waiting.map { ($0, .done(result)) }
            }
            if state.waiting.isEmpty {
                state.running = false
                return []
            }
            return [(state.waiting.removeFirst(), .lead)]
        }
        for (continuation, turn) in next { continuation.resume(returning: turn) }
    }
}
