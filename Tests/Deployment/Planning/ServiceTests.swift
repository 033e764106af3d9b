import Events
import OCI
import Testing

@testable import Deployment

/// Two services of one repository in one environment: two triggers, two targets. Each goes on, and back, by itself.
@Suite struct ServiceTests {
    private static func trigger(_ name: String, _ target: String, _ members: String = #""onFailure": "rollback""#) -> String {
        #"{"name": "\#(name)", "environment": "e", \#(members.isEmpty ? "" : members + ", ")"target": {"type": "hook", "name": "\#(target)"}}"#
    }

    /// The first image runs in both services, and the second in the worker alone.
    private static func twoServices(_ members: String = #""onFailure": "rollback""#) throws -> World {
        var world = try World([trigger("web", "x", members), trigger("worker", "y", members)])
        for (number, name) in [(1, "web"), (1, "worker"), (2, "worker")] { try world.deploy(number, name) }
        return world
    }

    private static func conflict(_ request: () throws -> Void) -> String {
        let error = #expect(throws: DeploymentError.self) { try request() }
        #expect(error?.code == .conflict)
        return error?.message ?? ""
    }

    // MARK: Going back

    @Test("a failure puts back what ran last in its own service, not what another service of the repository runs")
    func automatic() throws {
        var world = try Self.twoServices()
        let bad = try world.deploy(3, "web", failing: "exit 1")
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(1), "and not 2, which only the worker runs")
        #expect(world.state.deployments[rollback]?.trigger == "web")
        try world.end(rollback)
        #expect(world.states([bad]) == [.rolledBack])
    }

    @Test("a service that never had a good image has nothing to go back to, whatever others run")
    func nothing() throws {
        var world = try World([Self.trigger("web", "x"), Self.trigger("worker", "y")])
        try world.deploy(1, "web")
        try world.deploy(2, "worker", failing: "exit 1")
        #expect(world.state.live.isEmpty && world.state.pins["e"]?.digests == [Sample.digest(2)])
    }

    @Test("by hand, --to takes what went well in the service that is meant, and nothing that only another one ran")
    func named() throws {
        var world = try Self.twoServices()
        let error = #expect(throws: DeploymentError.self) { try world.rollback(to: Sample.digest(2), trigger: "web") }
        #expect(error?.pointer == "/to")
        let id = try world.rollback(to: Sample.digest(1), trigger: "worker")
        #expect(world.digest(id) == Sample.digest(1) && world.state.deployments[id]?.trigger == "worker")
    }

    @Test("by hand, where it is not clear which service is meant, the answer names them and what to say")
    func ambiguous() throws {
        var world = try Self.twoServices()
        let message = Self.conflict { try world.rollback() }
        for part in ["2 services", "team/app by web", "team/app by worker", "--trigger NAME"] { #expect(message.contains(part), "\(message)") }
        let web = try #require(RepositoryName("team/web"))
        for number in [1, 2] { try world.end(try #require(try world.push(10 + number, "web", repository: web))) }
        let three = Self.conflict { try world.rollback() }
        #expect(three.contains("team/web by web") && three.contains("--repository NAME, --trigger NAME"), "\(three)")
        #expect(Self.conflict { try world.rollback(trigger: "web") }.contains("--repository NAME"))
        let id = try world.rollback(trigger: "web", repository: web)
        #expect(world.digest(id) == Sample.digest(11))
    }

    @Test("a trigger that took over the target of one that is gone goes on with what that one deployed there, and with nothing else")
    func gone() throws {
        var world = try World([])
        for (name, target) in [("old", "x"), ("worker", "y")] { try world.put(Self.trigger(name, target)) }
        try world.deploy(1, "old")
        try world.deploy(2, "worker")
        for name in ["old", "worker"] { try world.remove(name) }
        try world.put(Self.trigger("new", "x"))
        try world.deploy(3, "new", failing: "exit 1")
        #expect(world.digest(try #require(world.starts.last)) == Sample.digest(1))
    }

    @Test("the targets of the config file's triggers are known after a start, also of those that are gone")
    func configured() throws {
        var world = try World([Self.trigger("old", "x"), Self.trigger("worker", "y")])
        try world.deploy(1, "old")
        try world.deploy(2, "worker")
        world.situation.configured["old"] = nil
        world.situation.configured["new"] = try Sample.trigger(Self.trigger("new", "x"))
        let (state, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        world.situation.state = state
        try world.deploy(3, "new", failing: "exit 1")
        #expect(world.digest(try #require(world.starts.last)) == Sample.digest(1))
    }

    @Test("of what another trigger deployed with the same target, only what the trigger's own policy means is put back")
    func policy() throws {
        var world = try World([
            Self.trigger("web", "x", #""onFailure": "rollback", "policy": "glob:web-*""#), Self.trigger("worker", "x", #""policy": "glob:worker-*""#),
        ])
        for (number, name, tag) in [(1, "web", "web-1"), (2, "worker", "worker-1"), (3, "web", "web-2")] {
            world.situation.now += 1000
            let id = try #require(try world.push(number, name, tag: tag))
            try world.end(id, failing: number == 3 ? "exit 1" : nil)
        }
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(1), "one hook serves two services, and tags tell them apart")
        try world.end(rollback)
        try world.unpin()
        for (number, name, tag) in [(4, "web", "web-3"), (5, "worker", "worker-2")] {
            world.situation.now += 1000
            try world.end(try #require(try world.push(number, name, tag: tag)))
        }
        let byHand = try world.rollback(trigger: "web")
        #expect(world.digest(byHand) == Sample.digest(1), "nor by hand is it an image of the other one")
        #expect(world.state.deployments[byHand]?.creation.rollbackOf.flatMap { world.digest($0) } == Sample.digest(4))
    }

    // MARK: Pins

    @Test("a service that was rolled back is pinned alone: another one goes on, and may even run the image that was bad in the first")
    func pinned() throws {
        var world = try Self.twoServices()
        try world.deploy(3, "web", failing: "exit 1")
        try world.end(try #require(world.starts.last))
        #expect(try world.push(3, "web", tag: "again") == nil)
        world.situation.now += 1000
        let other = try #require(try world.push(3, "worker"))
        let held = try #require(try world.push(4, "web"))
        #expect(world.states([held, other]) == [.waiting, .running])
        try world.end(other)
        let (decoded, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        #expect(decoded.pins == world.state.pins && world.replayed().pins == world.state.pins)
        try world.unpin()
        #expect(world.states([held]) == [.running])
    }

    @Test("where two services are pinned it must be said which is unpinned, and the other one stays pinned")
    func unpin() throws {
        var world = try Self.twoServices()
        for name in ["web", "worker"] {
            try world.deploy(3, name, failing: "exit 1")
            try world.end(try #require(world.starts.last))
        }
        world.situation.now += 1000
        let held = try ["web", "worker"].map { try #require(try world.push(4, $0)) }
        let message = Self.conflict { try world.unpin() }
        for part in ["team/app by web", "team/app by worker", "--trigger NAME"] { #expect(message.contains(part), "\(message)") }
        #expect(Self.conflict { _ = try world.situation.unpin("e", trigger: "none", reason: nil) }.contains("none"))
        world.commit(try world.situation.unpin("e", trigger: "worker", reason: nil), by: Sample.context)
        try world.settle()
        #expect(world.states(held) == [.waiting, .running])
        try world.end(held[1])
        try world.unpin()
        #expect(world.states(held) == [.running, .succeeded] && world.state.pins.isEmpty)
    }

    @Test("a pin of the whole environment holds every service, and is not lifted for one")
    func whole() throws {
        var world = try Self.twoServices()
        world.commit(try world.situation.pin("e", actor: .anonymous, reason: nil), by: Sample.context)
        world.situation.now += 1000
        let held = try ["web", "worker"].map { try #require(try world.push(4, $0)) }
        #expect(world.states(held) == [.waiting, .waiting])
        #expect(Self.conflict { _ = try world.situation.unpin("e", trigger: "web", reason: nil) }.contains("all of it"))
        try world.unpin()
        #expect(world.state.pins.isEmpty && world.states(held).contains(.running))
    }

    // MARK: Order

    @Test("after another service was rolled back from an image, nothing older goes over it where it runs well")
    func older() throws {
        let members = #""onFailure": "rollback", "policy": {"semver": "*"}"#
        var world = try World([Self.trigger("web", "x", members), Self.trigger("worker", "y", members), Self.trigger("web2", "x", members)])
        func deploy(_ number: Int, _ name: String, _ tag: String, failing reason: String? = nil) throws {
            world.situation.now += 1000
            let id = try #require(try world.push(number, name, tag: tag))
            try world.end(id, failing: reason)
        }
        for name in ["web", "worker"] { try deploy(1, name, "1.0.0") }
        try deploy(2, "web", "2.0.0")
        try deploy(2, "worker", "2.0.0", failing: "exit 1")
        try world.end(try #require(world.starts.last))
        try world.unpin()
        #expect(try world.push(3, "web", tag: "1.5.0") == nil, "2.0.0 runs there, and runs well")
        #expect(try world.push(3, "web2", tag: "1.5.0") == nil, "nor by another trigger with the same target")
        #expect(try world.push(3, "worker", tag: "1.5.0") != nil, "the worker was put back to 1.0.0")
    }

    // MARK: Promotion

    private static let gates = [#""promotedFrom": "e""#, #""soak": {"environment": "e", "time": "1h"}"#]

    /// Production waits for the third image.
    private static func promotion(_ gate: String) throws -> (World, id: String) {
        var world = try twoServices("")
        world.situation.configured["prod"] = try Sample.trigger(
            #"{"name": "prod", "environment": "prod", "gates": {\#(gate)}, "target": {"type": "hook", "name": "x"}}"#)
        world.situation.now += 1000
        let id = try #require(try world.push(3, "prod"))
        return (world, id)
    }

    private static func pass(_ world: inout World) throws {
        world.situation.now += 3_600_000
        try world.settle()
    }

    @Test("an image that failed in one service of the other environment is not promoted, though it went well in another", arguments: gates)
    func failed(gate: String) throws {
        for order in [["web", "worker"], ["worker", "web"]] {
            var (world, id) = try Self.promotion(gate)
            world.situation.now += 1000
            let ids = try order.map { try #require(try world.push(3, $0)) }
            for (id, name) in zip(ids, order) { try world.end(id, failing: name == "worker" ? "exit 1" : nil) }
            try Self.pass(&world)
            #expect(world.states([id]) == [.waiting])
            #expect(world.state.deployments[id]?.reason.contains("by trigger worker") == true)
            let (decoded, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
            world.situation.state = decoded
            try Self.pass(&world)
            #expect(world.states([id]) == [.waiting], "after a start")
            let failed = try #require(world.state.deployments.values.first { $0.trigger == "worker" && $0.state == .failed }?.id)
            world.commit(try world.situation.retry(failed), by: Sample.context)
            try world.settle()
            #expect(world.states([id, failed]) == [.waiting, .running])
            try world.end(failed)
            try Self.pass(&world)
            #expect(world.states([id]) == [.running], "it went well in both")
        }
    }

    @Test("an image that is still on its way in one service of the other environment is not promoted yet")
    func underWay() throws {
        var (world, id) = try Self.promotion(Self.gates[0])
        world.situation.now += 1000
        let ids = try ["web", "worker"].map { try #require(try world.push(3, $0)) }
        #expect(world.states(ids) == [.running, .pending], "one at a time in an environment")
        try world.end(ids[0])
        #expect(world.states([id] + ids) == [.waiting, .succeeded, .running])
        try world.end(ids[1])
        #expect(world.states([id]) == [.running])
    }

    @Test("a service that has not run the image is not asked, nor is one whose own gates hold it")
    func notAsked() throws {
        var (world, id) = try Self.promotion(Self.gates[0])
        world.situation.configured["worker"] = try Sample.trigger(Self.trigger("worker", "y", #""gates": {"approvals": {}}"#))
        _ = try world.push(3, "worker")
        try world.deploy(3, "web")
        #expect(world.states([id]) == [.running])
    }

    @Test("what failed by a trigger that is gone counts until another one with its target deployed the image well")
    func failedByGone() throws {
        var (world, id) = try Self.promotion(Self.gates[0])
        try world.deploy(3, "web")
        #expect(world.states([id]) == [.running])
        (world, id) = try Self.promotion(Self.gates[0])
        try world.deploy(3, "worker", failing: "exit 1")
        world.situation.configured["worker"] = nil
        world.situation.configured["job"] = try Sample.trigger(Self.trigger("job", "y"))
        try world.deploy(3, "web")
        #expect(world.states([id]) == [.waiting])
        try world.deploy(3, "job")
        #expect(world.states([id]) == [.running])
    }
}
