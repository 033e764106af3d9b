import Dispatch
import Glibc
import Synchronization
import Testing

@testable import IO

@Suite("The pool for blocking calls")
struct BlockingPoolTests {
    private struct Refused: Error, Equatable { let number: Int }

    @Test("results and errors come back to the caller")
    func results() async throws {
        let pool = BlockingPool()
        #expect(await pool.run { 7 } == 7)
        await #expect(throws: Refused(number: 3)) { try await pool.run { () throws(Refused) in throw Refused(number: 3) } }
    }

    @Test("a job's outcome is there for who asks, before it ends or after")
    func started() async throws {
        let pool = BlockingPool(threads: 1)
        let go = DispatchSemaphore(value: 0)
        let first = pool.start { go.wait() }
        let second = pool.start { 7 }
        let third = pool.start { () throws(Refused) in throw Refused(number: 3) }
        async let waiting = second.value()
        go.signal()
        await first.value()
        #expect(await waiting == 7)
        await pool.run {}  // one thread, so all that was started before it is over
        await #expect(throws: Refused(number: 3)) { try await third.value() }
    }

    @Test("no more jobs run at once than there are threads, and all of them run")
    func bounded() async {
        let pool = BlockingPool(threads: 3)
        let running = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await pool.run {
                        running.enter()
                        usleep(100)
                        running.leave()
                    }
                }
            }
        }
        #expect(running.total == 200)
        #expect(running.most <= 3)
    }

    @Test("as many jobs as threads do run at once")
    func parallel() async {
        let pool = BlockingPool(threads: 4)
        let here = DispatchSemaphore(value: 0)
        let go = DispatchSemaphore(value: 0)
        // Each of these ends only when all four have begun.
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await pool.run {
                        here.signal()
                        go.wait()
                    }
                }
            }
            group.addTask {
                await pool.run {
                    for _ in 0..<3 { here.wait() }
                    for _ in 0..<3 { go.signal() }
                }
            }
        }
    }

    @Test("waiting jobs run in the order they came")
    func fair() async {
        let pool = BlockingPool(threads: 1)
        let order = OrderBox()
        let gate = DispatchSemaphore(value: 0)
        await withTaskGroup(of: Void.self) { group in
            let started = AsyncStream<Void>.makeStream()
            group.addTask {
                await pool.run {
                    started.continuation.finish()
                    gate.wait()
                }
            }
            for await _ in started.stream {}
            for number in 0..<50 {
                let queued = AsyncStream<Void>.makeStream()
                group.addTask(executorPreference: Immediate(queued.continuation)) {
                    await pool.run { order.append(number) }
                }
                for await _ in queued.stream {}
            }
            gate.signal()
        }
        #expect(order.numbers == Array(0..<50))
    }

    @Test("a task comes back to the executor it prefers")
    func executorPreference() async {
        let pool = BlockingPool()
        let executor = Marked()
        let names = await Task(executorPreference: executor) {
            let before = threadName()
            let inside = await pool.run { threadName() }
            return [before, inside, threadName()]
        }.value
        #expect(names == ["marked", "blocking", "marked"])
    }
}

private func threadName() -> String {
    let bytes = (try? Files.read("/proc/thread-self/comm", limit: 100)) ?? []
    return String(decoding: bytes.dropLast(), as: UTF8.self)
}

private final class Counter: Sendable {
    private let state = Mutex((now: 0, most: 0, total: 0))
    var most: Int { state.withLock { $0.most } }
    var total: Int { state.withLock { $0.total } }
    func enter() { state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.total + 1) } }
    func leave() { state.withLock { $0.now -= 1 } }
}

private final class OrderBox: Sendable {
    private let state = Mutex<[Int]>([])
    var numbers: [Int] { state.withLock { $0 } }
    func append(_ number: Int) { state.withLock { $0.append(number) } }
}

/// Runs a task where it was started, up to its first suspension, and says when it got there.
private final class Immediate: TaskExecutor {
    private let reached: AsyncStream<Void>.Continuation
    init(_ reached: AsyncStream<Void>.Continuation) { self.reached = reached }

    func enqueue(_ job: consuming ExecutorJob) {
        // The task may be over when this returns, and take the executor with it.
        let reached = reached
        unsafe UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
        reached.finish()
    }
}

/// Runs each job of a task on a thread with a name of its own.
private final class Marked: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        do {
            try startThread(named: "marked") { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        } catch {
            Issue.record(error)
        }
    }
}
