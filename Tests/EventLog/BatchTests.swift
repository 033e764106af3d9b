import Dispatch
import IO
import Synchronization
import Testing

@testable import EventLog

@Suite("Batches")
struct BatchTests {
    @Test("what gathers while the log writes is one batch with a number of its own, and who says so is not called")
    func numbers() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        let batches = Box<[UInt64]>([])
        let called = Box(0)
        func commit(told: Bool) throws {
            try log.commit { (transaction: inout Transaction) in
                batches.value.withLock { $0.append(transaction.batch) }
                transaction.append { _, out in out += [1] }
                if told { transaction.whenDurable = { _ in called.value.withLock { $0 += 1 } } }
            }
        }
        // The writer's thread is held in the first completion, so the others gather.
        let gate = Box(0)
        let entered = AsyncStream<Void>.makeStream()
        try gate.value.withLock { _ in
            try log.commit { (transaction: inout Transaction) in
                batches.value.withLock { $0.append(transaction.batch) }
                transaction.append { _, out in out += [1] }
            } whenDurable: { _ in
                entered.continuation.finish()
                gate.value.withLock { _ in }
            }
            // Until the first batch is taken, which the first commit of another shows.
            while batches.value.withLock({ $0.first == $0.last }) { try commit(told: false) }
            try commit(told: true)
            for _ in 0..<10 { try commit(told: false) }
        }
        for await _ in entered.stream {}
        log.close()
        let seen = batches.value.withLock { $0 }
        #expect(Set(seen).count == 2)
        #expect(seen == seen.sorted())
        #expect(called.value.withLock { $0 } == 1)
        #expect(log.durableSequence == UInt64(seen.count))
    }

    @Test("what one turn of a loop commits is one batch, but for the last few, and all of it is written")
    func turns() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        let loop = try EventLoop(name: "turns")
        let batches = Box<[UInt64]>([])
        try await Task(executorPreference: loop) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                // All of them are ready when this job ends, for one turn.
                for _ in 0..<100 {
                    group.addTask(executorPreference: loop) {
                        try log.commit { (transaction: inout Transaction) in
                            batches.value.withLock { $0.append(transaction.batch) }
                            transaction.append { _, out in out += [1] }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }.value
        let seen = batches.value.withLock { $0 }
        #expect(Set(seen.prefix(90)).count == 1, "\(seen)")
        #expect(seen == seen.sorted())
        var durable: UInt64 = 0
        while durable < 100 { durable = try await log.wait(after: durable) }
        log.close()
    }

    @Test("a large batch does not wait for the end of the turn")
    func largeTurn() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        let loop = try EventLoop(name: "turns")
        let isDurable = DispatchSemaphore(value: 0)
        let waited = Box<[DispatchTimeoutResult]>([])
        @Sendable func block() -> DispatchTimeoutResult { isDurable.wait(timeout: .now() + .seconds(60)) }
        try await Task(executorPreference: loop) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask(executorPreference: loop) {
                        if number == 1 {
                            // The turn goes on while the batch of the first is written.
                            let result = block()
                            return waited.value.withLock { $0.append(result) }
                        }
                        try log.commit { $0.append { _, out in out += Array(repeating: 1, count: 100_000) } } whenDurable: { _ in
                            if number == 0 { isDurable.signal() }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }.value
        #expect(waited.value.withLock { $0 } == [.success])
        log.close()
    }

    @Test("records that nobody waits for are written")
    func untold() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        try log.commit { $0.append { _, out in out += [1] } }
        #expect(try await log.wait(after: 0) == 1)
        log.close()
    }

    @Test("a transaction that checks itself hears what the commit would have said")
    func check() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(smallOptions(folder))
        for sizes in [[101], Array(repeating: 100, count: 10)] {
            let heard = Box<LogError?>(nil)
            #expect(throws: LogError.self) {
                try log.commit { (transaction: inout Transaction) in
                    for size in sizes { transaction.append { _, out in out += [UInt8](repeating: 0, count: size) } }
                    do throws(LogError) { try transaction.check() } catch { heard.value.withLock { $0 = error } }
                }
            }
            #expect(heard.value.withLock { $0?.code } == .tooLarge)
        }
        try log.commit { (transaction: inout Transaction) throws(LogError) in
            transaction.append { _, out in out += [UInt8](repeating: 0, count: 100) }
            try transaction.check()
        }
        #expect(try await log.wait(after: 0) == 1)
        log.close()
    }
}
