import Events
import OCI
import Testing

@testable import Deployment

/// What ends a deployment between two of its runs: the first has changed what runs there.
@Suite struct BetweenAttemptsTests {
    private static func trigger(_ gates: String = "") -> String {
        let members = gates.isEmpty ? "" : #""gates": {\#(gates)}, "#
        return #"{"name": "t", "environment": "e", "onFailure": "rollback", "retry": {"attempts": 3}, \#(members)"target": {"type": "hook", "name": "x"}}"#
    }

    /// The first image went well; the second ran once, failed, and waits for its next attempt.
    private static func failedOnce(_ gates: String) throws -> (World, id: String) {
        var world = try World([trigger()])
        try world.deploy(1, "t")
        world.situation.now += 1000
        let id = try #require(try world.push(2, "t"))
        try world.end(id, failing: "exit 1", retryAfter: 0)
        #expect(world.states([id]) == [.pending])
        world.situation.configured["t"] = try Sample.trigger(trigger(gates))
        return (world, id)
    }

    private static func expectRollback(_ world: inout World, of id: String, _ state: Deployment.State) throws {
        #expect(world.states([id]) == [state])
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(1) && world.states([rollback]) == [.running])
        try world.end(rollback)
        #expect(world.states([id]) == [.rolledBack])
    }

    @Test("a scan that turns out bad before the next attempt is a failure, and is rolled back")
    func scan() throws {
        var (world, id) = try Self.failedOnce(#""scan": {"maxSeverity": "medium"}"#)
        world.situation.scans.set(
            Sample.digest(2), ScanTable.Entry(summary: Sample.scan([.critical: 1]), sequence: 9, time: world.situation.now))
        try world.settle()
        #expect(world.state.deployments[id]?.reason.contains("Trivy found 1 critical") == true)
        try Self.expectRollback(&world, of: id, .failed)
    }

    @Test("an approval that does not come again before the next attempt is a failure, and is rolled back")
    func deadline() throws {
        var (world, id) = try Self.failedOnce(#""approvals": {"deadline": "1h"}"#)
        try world.settle()
        #expect(world.states([id]) == [.waiting])
        world.situation.now += 3_600_000
        try world.settle()
        try Self.expectRollback(&world, of: id, .failed)
    }

    @Test("a rejection before the next attempt ends it, and what the first did is rolled back")
    func rejection() throws {
        var (world, id) = try Self.failedOnce(#""approvals": {}"#)
        try world.settle()
        world.commit(
            try world.situation.approve(id, digest: nil, actor: .anonymous, name: nil, comment: "no", isRejection: true), by: Sample.context)
        try world.settle()
        try Self.expectRollback(&world, of: id, .cancelled)
        #expect(world.state.pins["e"] != nil)
    }

    @Test("what never ran is cancelled by its gates, and nothing is rolled back")
    func neverRan() throws {
        var world = try World([Self.trigger(#""scan": {"maxSeverity": "medium", "wait": "1h"}"#)])
        let id = try #require(try world.push(1, "t"))
        world.situation.now += 3_600_000
        try world.settle()
        #expect(world.states([id]) == [.cancelled] && world.state.pins.isEmpty && world.starts.isEmpty)
    }

    @Test("what is asked for once more does not take the place of what was pushed later and waits, also where older images are allowed")
    func askedForOnceMore() throws {
        let free = #"{"name": "t", "environment": "e", "allowDowngrade": true, "target": {"type": "hook", "name": "x"}}"#
        var world = try World([free])
        let old = try world.deploy(1, "t", failing: "exit 1")
        world.situation.now += 1000
        let running = try #require(try world.push(2, "t"))
        world.situation.now += 1000
        let newer = try #require(try world.push(3, "t"))
        let error = #expect(throws: DeploymentError.self) { try world.situation.retry(old) }
        #expect(error?.code == .conflict && error?.message.contains(newer) == true, "\(error?.message ?? "")")
        try world.end(running)
        #expect(world.states([newer]) == [.running])
        world.commit(try world.situation.retry(old))
        try world.settle()
        try world.end(newer)
        #expect(world.states([newer, old]) == [.succeeded, .running], "nothing newer waits, and older images are allowed")
    }
}
