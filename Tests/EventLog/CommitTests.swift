import IO
import Synchronization
import Testing

@testable import EventLog

@Suite("Commits")
struct CommitTests {
    @Test("many threads: no gap, no double, completions in the order of sequences and once each")
    func manyThreads() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder, segmentBytes: 50_000, zeros: 8192))
        let completed = Box<[UInt64]>([])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<50 {
                        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                            let mine = Box<UInt64>(0)
                            do {
                                try log.commit { transaction in
                                    mine.value.withLock { $0 = transaction.nextSequence }
                                    transaction.append { sequence, out in out += Array("\(sequence)".utf8) }
                                } whenDurable: { result in
                                    if case .success = result { completed.value.withLock { $0.append(mine.value.withLock { $0 }) } }
                                    continuation.resume()
                                }
                            } catch {
                                Issue.record(error)
                                continuation.resume()
                            }
                        }
                    }
                }
            }
        }
        #expect(completed.value.withLock { $0 } == Array(1...800))
        #expect(try log.all().allSatisfy { String(decoding: $0.body, as: UTF8.self) == "\($0.sequence)" })
        log.close()
    }

    @Test("a closure that throws leaves nothing behind, and its numbers go to the next")
    func throwing() async throws {
        struct Refused: Error {}
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        try await log.write([[1]])
        #expect(throws: Refused.self) {
            try log.commit { (transaction) throws(Refused) in
                transaction.append { _, out in out += [9, 9, 9] }
                throw Refused()
            } whenDurable: { _ in Issue.record("there was no commit") }
        }
        try await log.write([[2]])
        #expect(try log.all().map(\.body) == [[1], [2]])
        log.close()
    }

    @Test("a record, a transaction and a number of records that are too large are refused whole")
    func tooLarge() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(smallOptions(folder))
        func expectTooLarge(_ build: @escaping (inout Transaction) -> Void) {
            do {
                try log.commit(build) { _ in Issue.record("there was no commit") }
                Issue.record("was taken")
            } catch {
                #expect((error as? LogError)?.code == .tooLarge)
            }
        }
        expectTooLarge { $0.append(attachment: [UInt8](repeating: 0, count: 60)) { _, out in out += [UInt8](repeating: 0, count: 41) } }
        expectTooLarge { transaction in for _ in 0..<10 { transaction.append { _, out in out += [UInt8](repeating: 0, count: 90) } } }
        try await log.write([[UInt8](repeating: 3, count: 100)])
        #expect(log.durableSequence == 1)
        log.close()

        let wide = try TemporaryFolder()
        let (many, _) = try open(options(wide))
        #expect(throws: LogError.self) {
            try many.commit { transaction in
                for _ in 0...Transaction.maxRecords { transaction.append { _, _ in } }
            } whenDurable: { _ in }
        }
        #expect(many.durableSequence == 0)
        many.close()
    }

    @Test("when too much is pending commits are pushed back, and taken again when it is written")
    func overloaded() async throws {
        let folder = try TemporaryFolder()
        var small = options(folder)
        small.maxPendingBytes = 1000
        let (log, _) = try open(small)
        // The writer's thread is held in the first completion, so nothing is written meanwhile.
        let gate = Box(0)
        let entered = AsyncStream<Void>.makeStream()
        try gate.value.withLock { _ in
            try log.commit { $0.append { _, out in out += [1] } } whenDurable: { _ in
                entered.continuation.finish()
                gate.value.withLock { _ in }
            }
            var refused = false
            for _ in 0..<100 where !refused {
                do {
                    try log.commit { $0.append { _, out in out += [UInt8](repeating: 1, count: 200) } } whenDurable: { _ in }
                } catch {
                    #expect((error as? LogError)?.code == .overloaded)
                    refused = true
                }
            }
            #expect(refused)
        }
        for await _ in entered.stream {}
        var accepted = false
        while !accepted {
            do {
                try await log.write([[5]])
                accepted = true
            } catch let error as LogError where error.code == .overloaded {
                await Task.yield()
            }
        }
        log.close()
    }

    @Test("closing writes what is pending; later commits are refused; waits end")
    func closing() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        let waiting = Task { try await log.wait(after: 500) }
        let done = Box(0)
        for _ in 0..<100 {
            try log.commit { $0.append { _, out in out += [1] } } whenDurable: { _ in done.value.withLock { $0 += 1 } }
        }
        log.close()
        log.close()
        #expect(done.value.withLock { $0 } == 100)
        #expect(log.durableSequence == 100)
        #expect(throws: LogError.self) { try log.commit { $0.append { _, _ in } } whenDurable: { _ in } }
        await #expect(throws: LogError.self) { _ = try await waiting.value }
        let (again, replayed) = try open(options(folder))
        #expect(replayed.count == 100)
        again.close()
    }

    @Test("a wait ends with the record, at once when it is there already, and with its task's cancellation")
    func waiting() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        async let first = log.wait(after: 0)
        try await log.write([[1]])
        #expect(try await first == 1)
        #expect(try await log.wait(after: 0) == 1)
        let waiting = Task { try await log.wait(after: 1) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        log.close()
    }
}

/// A value that closures on other threads may share.
final class Box<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
}
