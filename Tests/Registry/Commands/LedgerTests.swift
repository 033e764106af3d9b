import Dispatch
import Events
import Foundation
import OCI
import Testing

@testable import EventLog
@testable import Registry

@Suite struct LedgerTests {
    @Test("a push that the log refuses leaves no trace, whether it opened a batch or came into one")
    func refusals() async throws {
        let fixture = try RegistryFixture(maxRecordBytes: 4000)
        let padding = String(repeating: "x", count: 4000)
        await #expect(throws: RegistryError.self) { try await fixture.push(Sample.image(padding), "first") }
        #expect(fixture.registry.ledger.sequenced == RegistryState())
        // Of several that gather while one is written, each may be the first.
        for round in 0..<40 {
            await withTaskGroup(of: Void.self) { group in
                for racer in 0..<8 {
                    group.addTask {
                        let isRefused = (racer + round) % 3 == 0
                        let image = Sample.image(isRefused ? padding + "\(racer)" : "\(round)-\(racer)")
                        let pushed = try? await fixture.push(image, "r\(round)-\(racer)", tags: racer % 2 == 0 ? ["more-\(racer)"] : [])
                        #expect((pushed == nil) == isRefused)
                        #expect((fixture.digest(of: "r\(round)-\(racer)") == nil) == isRefused)
                    }
                }
            }
        }
        let live = fixture.registry.ledger.durable
        #expect(live == fixture.registry.ledger.sequenced)
        fixture.log.close()
        let replayed = try RegistryFixture(folder: fixture.folder, ownsFolder: false)
        #expect(replayed.registry.ledger.durable == live)
        replayed.log.close()
    }

    @Test("whether a blob is named is told when a manifest that came and went meanwhile is on disk, and so is its deletion")
    func cameAndWent() async throws {
        let fixture = try RegistryFixture()
        let image = Sample.image("a")
        try await fixture.push(Sample.image("b", layers: ["other"]), "b")
        // The log's thread is held, so nothing that is committed meanwhile gets to disk.
        let gate = DispatchSemaphore(value: 0)
        let entered = AsyncStream<Void>.makeStream()
        let skipped = Event(
            id: .next(now: 1), registry: "hub.example", context: RegistryFixture.context, payload: .repositoryCreated("team/app".asName))
        try fixture.log.commit { (transaction: inout Transaction) in
            let time = transaction.time
            transaction.append { skipped.encode(into: &$1, sequence: $0, time: time) }
        } whenDurable: { _ in
            entered.continuation.finish()
            gate.wait()
        }
        for await _ in entered.stream {}
        let before = fixture.log.durableSequence
        let ledger = fixture.registry.ledger
        func isThere() -> Bool { ledger.sequenced.repositories["team/app".asName]?.manifests.contains(image.digest) ?? false }
        async let push: Void = { _ = try await fixture.push(image, image.digest.description) }()
        while !isThere() { await Task.yield() }
        async let deletion: Void = fixture.delete(image.digest.description)
        while isThere() { await Task.yield() }
        async let isReferenced = fixture.registry.isReferenced("base".asDigest)
        for _ in 0..<100 { await Task.yield() }
        gate.signal()
        #expect(await !isReferenced)
        #expect(fixture.log.durableSequence == before + 2)
        try await push
        try await deletion
    }

    @Test("when the log fails, everybody who waits for it is told so once, and the state on disk stands")
    func failure() async throws {
        let fixture = try RegistryFixture()
        try await fixture.push(Sample.image("a"), "a")
        let stood = fixture.registry.ledger.durable
        fixture.log.close()
        await withTaskGroup(of: Void.self) { group in
            for racer in 0..<16 {
                group.addTask {
                    await #expect(throws: RegistryError.self) { try await fixture.push(Sample.image("\(racer)"), "r\(racer)") }
                }
            }
        }
        #expect(fixture.registry.ledger.durable == stood)
        #expect(fixture.registry.ledger.sequenced == stood)
    }

    @Test("what is decided on a record that then fails to get to disk fails too, though it records nothing itself")
    func restsOnFailure() async throws {
        let fixture = try RegistryFixture()
        try await fixture.push(Sample.image("a"), "a")
        let ledger = fixture.registry.ledger
        let stood = ledger.durable
        // The log's thread is held after a batch, and everything that it writes from now on meets a full disk.
        let (gate, entered) = (DispatchSemaphore(value: 0), AsyncStream<Void>.makeStream())
        try fixture.log.commit { (transaction: inout Transaction) in
            transaction.append { $1.append(contentsOf: Array("{}".utf8)) }
        } whenDurable: { _ in
            entered.continuation.finish()
            gate.wait()
        }
        for await _ in entered.stream {}
        try Self.fillDisk(below: fixture.folder)
        let push = Task { _ = try await fixture.push(Sample.image("b"), "b") }
        while ledger.sequenced == stood { await Task.yield() }
        await #expect(throws: RegistryError.self) {
            try await ledger.perform(RegistryFixture.context) { state in
                #expect(state != stood)
                gate.signal()
                while ledger.sequenced != stood { sched_yield() }
                return .commit([], ())
            }
        }
        await #expect(throws: RegistryError.self) { try await push.value }
        #expect(ledger.durable == stood)
    }

    /// What this process writes to a log below the folder goes to a device that is always full.
    private static func fillDisk(below folder: String) throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            guard let descriptor = Int32(name), let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name),
                path.hasPrefix(folder), path.hasSuffix(".log")
            else { continue }
            #expect(dup2(full, descriptor) == descriptor)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            count += 1
        }
        try #require(count > 0)
    }
}
