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
