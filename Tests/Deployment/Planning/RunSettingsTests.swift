import Events
import JSON
import OCI
import Testing

@testable import Deployment

/// A run belongs to the environment, the target and the settings that it started with, whatever becomes of its trigger meanwhile.
@Suite struct RunSettingsTests {
    private static func trigger(_ environment: String = "e", target: String = "x", _ members: String = #""onFailure": "rollback""#) -> String {
        #"{"name": "t", "environment": "\#(environment)", \#(members.isEmpty ? "" : members + ", ")"target": {"type": "hook", "name": "\#(target)"}}"#
    }

    private static func target(_ world: World, _ id: String) -> String? {
        world.state.deployments[id].flatMap { world.situation.runTrigger($0)?.target.encoded["name"]?.string }
    }

    /// The first image went well, the second runs.
    private static func running(_ members: String = #""onFailure": "rollback""#) throws -> (World, id: String) {
        var world = try World([])
        try world.put(trigger("e", members))
        try world.deploy(1, "t")
        world.situation.now += 1000
        let id = try #require(try world.push(2, "t"))
        return (world, id)
    }

    @Test("a run that fails after its trigger went elsewhere is rolled back where it ran, with the target that it ran with")
    func moved() throws {
        for isRestarted in [false, true] {
            var (world, bad) = try Self.running()
            try world.put(Self.trigger("elsewhere", target: "y"))
            if isRestarted {
                let (state, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
                world.situation.state = state
            }
            try world.end(bad, failing: "exit 1")
            let rollback = try #require(world.starts.last)
            #expect(world.digest(rollback) == Sample.digest(1) && world.states([rollback]) == [.running])
            #expect(Self.target(world, rollback) == "x" && world.state.deployments[rollback]?.environment == "e")
            #expect(Array(world.state.pins.keys) == ["e"])
            try world.end(rollback)
            #expect(world.states([bad, rollback]) == [.rolledBack, .succeeded])
        }
    }

    @Test("a run that fails after its trigger was removed is rolled back")
    func removed() throws {
        var (world, bad) = try Self.running()
        try world.remove("t")
        try world.end(bad, failing: "exit 1")
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(1) && Self.target(world, rollback) == "x")
        try world.end(rollback)
        #expect(world.states([bad]) == [.rolledBack])
    }

    @Test("by hand, what a trigger deployed before it went elsewhere is put back with the target that deployed it")
    func movedByHand() throws {
        var (world, second) = try Self.running()
        try world.end(second)
        try world.put(Self.trigger("elsewhere", target: "y"))
        let rollback = try world.rollback()
        #expect(world.digest(rollback) == Sample.digest(1) && world.states([rollback]) == [.running])
        #expect(Self.target(world, rollback) == "x")
        try world.end(rollback, failing: "exit 1")
        world.commit(try world.situation.retry(rollback))
        try world.settle()
        #expect(world.states([rollback]) == [.running])
    }

    @Test("by hand, a trigger that still deploys there does it as it is now")
    func changedByHand() throws {
        var (world, second) = try Self.running()
        try world.end(second)
        try world.put(Self.trigger("e", target: "y"))
        let id = try world.rollback()
        #expect(Self.target(world, id) == "y")
    }

    @Test("a rollback by hand that waits for what it stops goes on with what the trigger was, when that goes", arguments: [true, false])
    func byHandMeanwhile(isRemoved: Bool) throws {
        var (world, bad) = try Self.running()
        let rollback = try world.rollback()
        #expect(world.states([bad, rollback]) == [.cancelled, .pending])
        if isRemoved { try world.remove("t") } else { try world.put(Self.trigger("elsewhere", target: "y")) }
        let (state, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        world.situation.state = state
        try world.end(bad)
        #expect(world.states([rollback]) == [.running] && Self.target(world, rollback) == "x")
        try world.end(rollback)
        #expect(world.states([bad, rollback]) == [.rolledBack, .succeeded])
    }

    @Test("onFailure and retry are those that the run started with")
    func settings() throws {
        var (world, bad) = try Self.running("")
        try world.put(Self.trigger("e", #""onFailure": "rollback", "retry": {"attempts": 5}"#))
        try world.end(bad, failing: "exit 1", retryAfter: 0)
        #expect(world.states([bad]) == [.failed] && world.state.pins.isEmpty)

        (world, bad) = try Self.running(#""onFailure": "rollback", "retry": {"attempts": 2, "delay": 7}"#)
        try world.put(Self.trigger("e", ""))
        try world.end(bad, failing: "exit 1", retryAfter: 0)
        #expect(world.states([bad]) == [.pending])
        #expect(world.state.deployments[bad]?.retryAt == world.situation.now + 7000)
        world.situation.now += 7000
        try world.settle()
        try world.end(bad, failing: "exit 1", retryAfter: 0)
        #expect(world.states([bad]) == [.failed] && world.state.pins.isEmpty, "the second run started with what the trigger is now")
    }

    @Test("onInterrupted is the one that the run started with")
    func interrupted() throws {
        var (world, bad) = try Self.running(#""onFailure": "rollback", "onInterrupted": "fail""#)
        try world.put(Self.trigger("e", ""))
        world.crash()
        try world.settle()
        #expect(world.states([bad]) == [.failed])
        #expect(world.digest(try #require(world.starts.last)) == Sample.digest(1))
    }

    @Test("what failed and waits for its next attempt when its trigger goes has failed for good, and is rolled back")
    func retryOfRemoved() throws {
        var (world, bad) = try Self.running(#""onFailure": "rollback", "retry": {"attempts": 3}"#)
        try world.end(bad, failing: "exit 1", retryAfter: 0)
        #expect(world.states([bad]) == [.pending])
        try world.remove("t")
        #expect(world.states([bad]) == [.failed])
        #expect(world.digest(try #require(world.starts.last)) == Sample.digest(1))
    }

    @Test("a trigger of the config file that deploys elsewhere after a start is not taken for what ran before")
    func configured() throws {
        var world = try World([Self.trigger()])
        try world.deploy(1, "t")
        let bad = try #require(try world.push(2, "t", pushed: world.situation.now + 1))
        world.crash()
        world.situation.configured["t"] = try Sample.trigger(Self.trigger("elsewhere"))
        try world.settle()
        #expect(world.states([bad]) == [.failed] && world.state.live.isEmpty)
        #expect(world.starts.count == 2, "nothing of it goes to either environment")
    }

    @Test("settings are forgotten with what needed them")
    func forgotten() throws {
        var world = try World([])
        for number in 1...20 {
            try world.put(Self.trigger("e", target: "x\(number)"))
            try world.deploy(number, "t")
        }
        #expect(world.state.deployments.values.count { $0.settings != nil } == 1)
        let (decoded, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        #expect(decoded.deployments == world.state.deployments)
    }
}
