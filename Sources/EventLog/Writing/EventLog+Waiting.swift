import Dispatch
import Synchronization

extension EventLog {
    /// Commits, and returns when it is on disk. Blocks: for programs that have nothing else to do.
    package func commitAndWait(_ build: (inout Transaction) -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<Void, LogError>>(.success(()))
        try commit { transaction in build(&transaction) } whenDurable: { result in
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        try outcome.withLock { $0 }.get()
    }
}
