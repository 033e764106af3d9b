import Dispatch
import EventLog
import IO
import Synchronization
import Testing

@testable import Delivery

/// Webhooks that are behind read the log on few threads, in turns.
@Suite(.timeLimit(.minutes(5))) struct ReaderTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    @Test("whoever lags reads the log on threads of its own, and takes none from pushes and pulls")
    func readers() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook.id
        try await bench.commitGuards(["a", "b"])
        try await webhooks.settle(webhook, at: bench.log.durableSequence)
        // All threads of the hub's are taken.
        let (pool, hold, started) = (bench.pool, DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Bench.threads {
                group.addTask {
                    await pool.run {
                        started.signal()
                        hold.wait()
                    }
                }
            }
            defer { for _ in 0..<Bench.threads { hold.signal() } }
            for _ in 0..<Bench.threads { try await until { started.wait(timeout: .now()) == .success } }
            try await webhooks.replay(webhook, from: .sequence(1), through: nil)
            try await until { receiver.deliveries.count == 4 }
        }
        await webhooks.stop()
    }

    @Test("a stop lets nobody read on who waits for a turn to read, and waits for no more than what is being read")
    func stopsReaders() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        var ids: [String] = []
        for _ in 0..<5 { ids.append(try await webhooks.add(pattern: Self.guards).webhook.id) }
        try await bench.commitGuards(["a"])
        for id in ids { try await webhooks.settle(id, at: bench.log.durableSequence) }
        let (readers, hold, started) = (webhooks.readers, DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Bench.readers {
                group.addTask {
                    await readers.run {
                        started.signal()
                        hold.wait()
                    }
                }
            }
            defer { for _ in 0..<Bench.readers { hold.signal() } }
            for _ in 0..<Bench.readers { try await until { started.wait(timeout: .now()) == .success } }
            for id in ids { try await webhooks.replay(id, from: .sequence(1), through: nil) }
            let endpoints = webhooks.state.withLock { Array($0.endpoints.values) }
            group.addTask { await webhooks.stop() }
            try await until { endpoints.allSatisfy { $0.core.withLock { $0.isStopped } } }
        }
        #expect(receiver.deliveries.count == 5)
        let again = try await bench.webhooks(receiver)
        for id in ids { try await again.settle(id, at: bench.log.durableSequence) }
        try await until { receiver.deliveries.count == 10 }
        await again.stop()
    }
}
