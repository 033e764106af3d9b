import Dispatch
import Synchronization

/// The only place where blocking calls run on behalf of tasks: a bounded number of threads that take jobs in the order they came.
///
/// When all threads are busy, callers wait their turn, suspended, without holding a thread. A caller has at most one job here, or two where it
/// makes a transfer go faster, so the queue is bounded by the number of tasks, and those are bounded where connections are accepted.
package final class BlockingPool: Sendable {
    private let core: Core

    /// - Parameter threads: at most this many calls block at once. Threads start when first needed and then stay.
    package init(name: String = "blocking", threads: Int = 16) {
        core = Core(name: name, limit: max(1, threads))
    }

    deinit { core.stop() }

    /// Runs `body` on a thread of the pool and comes back to the caller's executor with its result.
    /// A cancelled task still gets it: a system call under way cannot be taken back.
    package func run<T: Sendable, E: Error>(_ body: @escaping @Sendable () throws(E) -> T) async throws(E) -> T {
        let result: Result<T, E> = await withCheckedContinuation { continuation in
            core.enqueue {
                do throws(E) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    func enqueue(_ job: @escaping @Sendable () -> Void) { core.enqueue(job) }

    /// What the threads share. They outlive the pool by the jobs that are left, so they hold this and not the pool.
    private final class Core: Sendable {
        struct State {
            var jobs = Jobs()
            var threads = 0
            var busy = 0
            var stopped = false
        }

        // A Mutex: a few instructions on each side, taken from tasks and from plain threads alike.
        let state = Mutex(State())
        let work = DispatchSemaphore(value: 0)
        let name: String
        let limit: Int

        init(name: String, limit: Int) {
            self.name = name
            self.limit = limit
        }

        func enqueue(_ job: @escaping @Sendable () -> Void) {
            let startsThread = state.withLock { state in
                state.jobs.append(job)
                if state.threads == limit || state.jobs.count + state.busy <= state.threads { return false }
                state.threads += 1
                return true
            }
            if startsThread, !addThread() { return }
            work.signal()
        }

        /// False when no thread could be started and this one has done the work itself instead.
        private func addThread() -> Bool {
            do throws(StreamError) {
                try IO.startThread(named: name) { [self] in serve() }
                return true
            } catch {
                let alone = state.withLock { state in
                    state.threads -= 1
                    return state.threads == 0
                }
                if !alone { return true }
                Diagnostics.warning("\(error); blocking calls now hold up other work")
                while let job = state.withLock({ $0.jobs.popFirst() }) { job() }
                return false
            }
        }

        private func serve() {
            while true {
                work.wait()
                let (job, stopped) = state.withLock { state in
                    let job = state.jobs.popFirst()
                    if job != nil { state.busy += 1 }
                    return (job, state.stopped)
                }
                if let job {
                    job()
                    state.withLock { $0.busy -= 1 }
                } else if stopped {
                    work.signal()  // for the next thread
                    return
                }
            }
        }

        func stop() {
            state.withLock { $0.stopped = true }
            work.signal()
        }
    }
    /// First in, first out, in amortized constant time: the front half is kept reversed so that taking from it is cheap.
    private struct Jobs {
        private var front: [@Sendable () -> Void] = []
        private var back: [@Sendable () -> Void] = []

        var count: Int { front.count + back.count }

        mutating func append(_ job: @escaping @Sendable () -> Void) { back.append(job) }

        mutating func popFirst() -> (@Sendable () -> Void)? {
            if front.isEmpty {
                front = back.reversed()
                back.removeAll(keepingCapacity: true)
            }
            return front.popLast()
        }
    }
}
