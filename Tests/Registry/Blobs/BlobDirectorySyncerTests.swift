import Dispatch
import Glibc
import IO
import Synchronization
import Testing

@testable import Registry

@Suite struct BlobDirectorySyncerTests {
    private let pool = BlockingPool(name: "test", threads: 2)

    @Test("Who comes while a sync runs shares the next one, and nobody shares one that had begun")
    func coalesces() async throws {
        let syncs = Atomic(0)
        let entered = DispatchSemaphore(value: 0)
        let proceed = DispatchSemaphore(value: 0)
        let syncer = try DirectorySyncer("/tmp", pool: pool) { _ in
            if syncs.add(1, ordering: .relaxed).newValue == 1 {
                entered.signal()
                proceed.wait()
            }
        }
        try await withThrowingTaskGroup { group in
            group.addTask { try await syncer.sync() }
            await pool.run { entered.wait() }
            for _ in 0..<50 { group.addTask { try await syncer.sync() } }
            while syncer.waitingCount < 50 { await Task.yield() }
            proceed.signal()
            try await group.waitForAll()
        }
        #expect(syncs.load(ordering: .relaxed) == 2)
        try await syncer.sync()
        #expect(syncs.load(ordering: .relaxed) == 3)
    }

    @Test("The first failure is everybody's and final")
    func failure() async throws {
        let syncs = Atomic(0)
        let syncer = try DirectorySyncer("/tmp", pool: pool) { file throws(IOError) in
            syncs.add(1, ordering: .relaxed)
            throw IOError(errno: EIO, operation: "sync", path: file.path)
        }
        let failures = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(IOError) {
                        try await syncer.sync()
                        return false
                    } catch { return error.errno == EIO }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 20)
        #expect(syncs.load(ordering: .relaxed) == 1)
        #expect(syncer.failure?.errno == EIO)
    }
}
