import EventLog
import Events
import OCI
import TestSupport
import Testing

@testable import Deployment

/// An image that is deleted while its deployment waits.
@Suite struct DeletedImageTests {
    @Test("a deployment that waits is cancelled when its image is deleted, also before a start; a tag that goes alone changes nothing")
    func waiting() async throws {
        let bench = try EngineBench()
        var engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""concurrency": "queue", "gates": {"approvals": {}}"#), context: Sample.context)
        try await bench.push(1)
        let kept = try await bench.push(2)
        try await bench.delete(2, tag: OCI.Tag("v2"))
        let deleted = try await bench.delete(1)
        try await engine.until { $0.position >= deleted }
        #expect(engine.states == [.cancelled, .waiting])
        let first = engine.deployments(DeploymentFilter()).last
        #expect(first?.reason == "the image was deleted from team/app")
        await engine.stop(drain: 0)
        try await bench.delete(2)
        engine = try bench.engine()
        await engine.start()
        try await engine.until { $0.states == [.cancelled, .cancelled] }
        // Pushed again, it is there again.
        let id = DeploymentID.event(try await bench.push(2), trigger: "t")
        try await engine.until { $0.deployment(id)?.state == .waiting }
        #expect(engine.deployment(DeploymentID.event(kept, trigger: "t"))?.state == .cancelled)
        await engine.stop(drain: 0)
    }

    @Test("what a debounce holds of an image that is deleted meanwhile is not deployed, and what else it holds is")
    func debounced() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""concurrency": "queue", "debounce": {"quiet": "1h"}, "gates": {"approvals": {}}"#), context: Sample.context)
        let good = try await bench.push(1)
        try await bench.push(2)
        let deleted = try await bench.delete(2)
        try await engine.until { $0.decided >= deleted }
        try await engine.update(bench.trigger(#""concurrency": "queue", "gates": {"approvals": {}}"#), context: Sample.context)
        try await engine.until { $0.states.contains(.waiting) && $0.position >= deleted }
        #expect(engine.deployment(DeploymentID.event(good, trigger: "t"))?.state == .waiting)
        #expect(engine.states.count { $0.isLive } == 1)
        await engine.stop(drain: 0)
    }

    private static let rollback = #"{"name": "t", "environment": "e", "onFailure": "rollback", "target": {"type": "hook", "name": "x"}}"#

    private static func conflict(_ request: () throws -> Void) -> DeploymentError? {
        let error = #expect(throws: DeploymentError.self) { try request() }
        #expect(error?.code == .conflict)
        return error
    }

    @Test("what was deleted is not asked for once more and not gone back to, and the answer says so")
    func asked() throws {
        var world = try World([Self.rollback])
        try world.deploy(1, "t")
        try world.deploy(2, "t")
        let cancelled = try #require(try world.push(3, "t"))
        world.commit(try world.situation.cancel(cancelled, actor: .anonymous, reason: nil))
        world.situation.active = []
        try world.settle()
        world.situation.isThere = { $0 == Sample.app && $1 == Sample.digest(2) }
        let retry = Self.conflict { _ = try world.situation.retry(cancelled) }
        #expect(retry?.message.hasPrefix("the image \(Sample.digest(3)) was deleted from team/app: push it again") == true)
        let named = Self.conflict { try world.rollback(to: Sample.digest(1)) }
        #expect(named?.message.contains("\(Sample.digest(1)) was deleted from team/app") == true && named?.pointer == "/to")
        world.situation.isThere = { _, _ in false }
        #expect(Self.conflict { try world.rollback() }?.message.contains("not deleted") == true)
    }

    @Test("going back passes over what was deleted, by hand and after a failure; where nothing is left, the pin keeps the bad image out")
    func passedOver() throws {
        var world = try World([Self.rollback])
        for number in 1...3 { try world.deploy(number, "t") }
        world.situation.isThere = { $1 != Sample.digest(3) && $1 != Sample.digest(2) }
        #expect(world.situation.trigger("t").flatMap { world.situation.previous(of: world.situation.service($0, Sample.app), than: Sample.digest(4), for: $0) }?.version.digest == Sample.digest(1))
        try world.deploy(4, "t", failing: "exit 1")
        let automatic = try #require(world.starts.last)
        #expect(world.digest(automatic) == Sample.digest(1))
        try world.end(automatic, failing: "exit 1")
        let again = try world.rollback()
        #expect(world.digest(again) == Sample.digest(1), "after a rollback that failed, to the same image")
        var empty = try World([Self.rollback])
        try empty.deploy(1, "t")
        empty.situation.isThere = { $1 != Sample.digest(1) }
        let bad = try empty.deploy(2, "t", failing: "exit 1")
        #expect(empty.states([bad]) == [.failed] && empty.state.live.isEmpty && empty.state.pins["e"]?.digests == [Sample.digest(2)])
        #expect(empty.state.pins["e"]?.last?.reason.hasSuffix("t1 was deleted from the registry") == true)
    }

    @Test("one that failed before and waits for its next attempt has failed then, and is rolled back; what was asked for since goes on")
    func halfDone() throws {
        var world = try World([#"{"name": "t", "environment": "e", "onFailure": "rollback", "retry": {"attempts": 3}, "target": {"type": "hook", "name": "x"}}"#])
        try world.deploy(1, "t")
        world.situation.now += 1000
        let id = try #require(try world.push(2, "t"))
        try world.end(id, failing: "exit 1", retryAfter: 0)
        #expect(world.situation.withdraw(Sample.digest(2), in: Sample.app, at: 1).isEmpty, "it was pushed after that")
        let sequence = UInt64(world.journal.count + 1)
        world.commit(world.situation.withdraw(Sample.digest(2), in: Sample.app, at: sequence))
        try world.settle()
        #expect(world.states([id]) == [.failed])
        #expect(world.state.deployments[id]?.reason.hasSuffix("the image was deleted from team/app") == true)
        #expect(world.digest(try #require(world.starts.last)) == Sample.digest(1))
        #expect(world.situation.withdraw(Sample.digest(2), in: Sample.app, at: sequence).isEmpty)
    }
}
