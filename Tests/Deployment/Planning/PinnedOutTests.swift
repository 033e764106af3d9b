import Events
import OCI
import Testing

@testable import Deployment

/// An image that an environment is pinned against, or that failed there last, is no good image there, however often it went well before.
@Suite struct PinnedOutTests {
    private static let hook = #""target": {"type": "hook", "name": "x"}"#

    private static func trigger(_ name: String, _ environment: String, _ members: String = "") -> String {
        #"{"name": "\#(name)", "environment": "\#(environment)", \#(members.isEmpty ? "" : members + ", ")\#(hook)}"#
    }

    /// The second image went well twice, the first in between, and the second is rolled back.
    private static func rolledBack(_ triggers: [String] = []) throws -> World {
        var world = try World([trigger("t", "e")] + triggers)
        for number in [2, 1, 2] { try world.deploy(number, "t") }
        try world.end(try world.rollback())
        #expect(world.state.pins["e"]?.digests == [Sample.digest(2)])
        return world
    }

    @Test("a second rollback does not go to the image that the first one undid, though that went well twice")
    func twoSuccesses() throws {
        var world = try Self.rolledBack()
        #expect(throws: DeploymentError.self) { try world.rollback() }
        try world.unpin()
        #expect(throws: DeploymentError.self, "nor when the pin is gone") { try world.rollback() }
        try world.deploy(2, "t")
        try world.deploy(3, "t")
        let id = try world.rollback()
        #expect(world.digest(id) == Sample.digest(2), "it went well once more since")
    }

    @Test("no failure puts back an image that the environment is pinned against")
    func automatic() throws {
        var world = try World([Self.trigger("t", "e", #""onFailure": "rollback""#)])
        for number in [1, 2] { try world.deploy(number, "t") }
        world.situation.now += 1000
        let third = try #require(try world.push(3, "t"))
        world.commit([.environment(EnvironmentChange(.pinned, environment: "e", reason: "bad", digest: Sample.digest(2)))])
        try world.end(third, failing: "exit 1")
        #expect(world.digest(try #require(world.starts.last)) == Sample.digest(1))
    }

    @Test("who names a pinned image gets it, and with it its pin is gone; the others stay")
    func named() throws {
        var world = try Self.rolledBack()
        let id = try world.rollback(to: Sample.digest(2))
        #expect(world.digest(id) == Sample.digest(2))
        #expect(world.state.pins["e"]?.digests == [Sample.digest(1)], "what it undoes is kept out instead")
        try world.end(id)
        let (decoded, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        #expect(decoded.pins == world.state.pins && world.replayed().pins == world.state.pins)
    }

    @Test("what waited when its image was rolled back is cancelled, and not deployed after the pin is gone")
    func waiting() throws {
        var world = try World([Self.trigger("t", "e"), Self.trigger("u", "e", #""gates": {"approvals": {}}"#)])
        for number in [1, 2] { try world.deploy(number, "t") }
        world.situation.now += 1000
        let waiting = try #require(try world.push(2, "u"))
        try world.end(try world.rollback(trigger: "t"))
        #expect(world.states([waiting]) == [.cancelled])
        let error = #expect(throws: DeploymentError.self) { try world.situation.retry(waiting) }
        #expect(error?.message.contains("unpin") == true, "\(error?.message ?? "")")
        try world.unpin()
        world.commit(try world.situation.retry(waiting))
        try world.settle()
        #expect(world.states([waiting]) == [.waiting], "a person asked for it")
    }

    @Test("a promotion does not take an image that was rolled back there, before and after the pin is gone, until it goes well again",
        arguments: [#""promotedFrom": "e""#, #""soak": {"environment": "e", "time": "1h"}"#])
    func promotion(gate: String) throws {
        var world = try Self.rolledBack([Self.trigger("prod", "prod", #""gates": {\#(gate)}"#)])
        world.situation.now += 7_200_000
        let id = try #require(try world.push(2, "prod"))
        #expect(world.states([id]) == [.waiting], "pinned out")
        try world.unpin()
        #expect(world.states([id]) == [.waiting], "rolled back")
        try world.deploy(2, "t")
        world.situation.now += 7_200_000
        try world.settle()
        #expect(world.states([id]) == [.running])
    }

    @Test("an image whose last outcome is a failure is not promoted and has not soaked, however often it went well before",
        arguments: [#""promotedFrom": "e""#, #""soak": {"environment": "e", "time": "1h"}"#])
    func failedLast(gate: String) throws {
        var world = try World([Self.trigger("t", "e"), Self.trigger("prod", "prod", #""gates": {\#(gate)}"#)])
        try world.deploy(1, "t")
        world.situation.now += 7_200_000
        try world.deploy(2, "t")
        try world.deploy(1, "t", failing: "exit 1")
        world.situation.now += 7_200_000
        let id = try #require(try world.push(1, "prod"))
        #expect(world.states([id]) == [.waiting])
        let failed = try #require(world.starts.last)
        world.commit(try world.situation.retry(failed))
        try world.settle()
        try world.end(failed)
        #expect(world.states([id]) == [gate.contains("soak") ? .waiting : .running])
        world.situation.now += 3_600_000
        try world.settle()
        #expect(world.states([id]) == [.running], "an hour after the next success")
    }

    @Test("the first failure of all has nothing to go back to, and the environment is pinned against it all the same")
    func first() throws {
        var world = try World([Self.trigger("t", "e", #""onFailure": "rollback""#)])
        let bad = try world.deploy(1, "t", failing: "exit 1")
        #expect(world.states([bad]) == [.failed] && world.state.live.isEmpty)
        #expect(world.state.pins["e"]?.digests == [Sample.digest(1)])
        world.situation.now += 1000
        #expect(try world.push(1, "t", tag: "again") == nil, "the same image under another tag")
        let next = try #require(try world.push(2, "t"))
        #expect(world.states([next]) == [.waiting])
        try world.unpin()
        #expect(world.states([next]) == [.running])
    }

    @Test("a rollback to an image whose deployment is forgotten still knows the event that called for it")
    func forgotten() throws {
        var world = try World([Self.trigger("t", "e")])
        let first = try world.deploy(1, "t")
        let event = try #require(world.state.deployments[first]?.creation.event)
        try world.deploy(2, "t")
        world.situation.state.deployments[first] = nil
        world.situation.state.finished.removeAll { $0 == first }
        let id = try world.rollback()
        #expect(world.state.deployments[id]?.creation.event == event && event > 0)
    }
}
