import Events
import JSON
import OCI
import Testing

@testable import Deployment

/// Going back in an environment to which several triggers deploy, or did.
@Suite struct EnvironmentRollbackTests {
    private static func trigger(_ name: String, _ target: String = "x", _ members: String = "") -> String {
        #"{"name": "\#(name)", "environment": "e", "onFailure": "rollback", \#(members)"target": {"type": "hook", "name": "\#(target)"}}"#
    }

    private static let web = RepositoryName("team/web")

    @Test("a failure puts back what went well last in the environment, whichever trigger deployed that")
    func lastOfAll() throws {
        var world = try World([Self.trigger("a"), Self.trigger("b")])
        try world.deploy(1, "a")
        try world.deploy(2, "b")
        let bad = try world.deploy(3, "a", failing: "exit 1")
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(2), "not the older one of its own trigger")
        #expect(world.state.deployments[rollback]?.trigger == "a", "by the way that the bad one took")
        try world.end(rollback)
        #expect(world.states([bad]) == [.rolledBack])
        let second = try world.rollback()
        #expect(world.digest(second) == Sample.digest(1))
    }

    @Test("of several repositories in one environment each goes back to its own last good image")
    func repositories() throws {
        let web = try #require(Self.web)
        var world = try World([Self.trigger("a"), Self.trigger("b", "y")])
        try world.deploy(1, "a")
        let first = try #require(try world.push(11, "b", repository: web))
        try world.end(first)
        try world.deploy(2, "a", failing: "exit 1")
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(1) && world.state.deployments[rollback]?.repository == Sample.app)
        try world.end(rollback)
        try world.unpin()
        world.situation.now += 1000
        let second = try #require(try world.push(12, "b", repository: web))
        try world.end(second, failing: "exit 1")
        let other = try #require(world.starts.last)
        #expect(world.digest(other) == Sample.digest(11) && world.state.deployments[other]?.repository == web)
    }

    @Test("after a trigger was replaced by one of another name, its failure goes back to what the old one deployed")
    func replaced() throws {
        var world = try World([])
        try world.put(Self.trigger("old"))
        try world.deploy(1, "old")
        try world.remove("old")
        try world.put(Self.trigger("new"))
        let bad = try world.deploy(2, "new", failing: "exit 1")
        let rollback = try #require(world.starts.last)
        #expect(world.digest(rollback) == Sample.digest(1) && world.state.deployments[rollback]?.trigger == "new")
        #expect(world.state.pins["e"]?.digests == [Sample.digest(2)])
        try world.end(rollback)
        #expect(world.states([bad]) == [.rolledBack])
    }

    @Test("by hand it goes on where the replaced trigger was")
    func replacedByHand() throws {
        var world = try World([])
        try world.put(Self.trigger("old"))
        for number in [1, 2] { try world.deploy(number, "old") }
        try world.remove("old")
        try world.put(Self.trigger("new"))
        try world.deploy(3, "new")
        let first = try world.rollback()
        #expect(world.digest(first) == Sample.digest(2) && world.state.deployments[first]?.trigger == "new")
        try world.end(first)
        let second = try world.rollback()
        #expect(world.digest(second) == Sample.digest(1))
    }

    @Test("by hand it goes back also where the replacement has deployed nothing yet, and where there is none")
    func nothingYet() throws {
        for name in [nil, "new"] {
            var world = try World([])
            try world.put(Self.trigger("old"))
            for number in [1, 2] { try world.deploy(number, "old") }
            try world.remove("old")
            if let name { try world.put(Self.trigger(name, "y")) }
            let rollback = try world.rollback(trigger: name)
            #expect(world.digest(rollback) == Sample.digest(1))
            #expect(world.states([rollback]) == [.running])
            let target = world.state.deployments[rollback].flatMap { world.situation.runTrigger($0)?.target.encoded["name"]?.string }
            #expect(target == (name == nil ? "x" : "y"), "with the target that is named, or that it was deployed with")
            try world.end(rollback)
            #expect(world.state.pins["e"]?.digests == [Sample.digest(2)])
        }
    }

    @Test("where a repository is deployed to two services by two triggers, it must be said which goes back")
    func services() throws {
        var world = try World([Self.trigger("web"), Self.trigger("worker", "y")])
        for number in [1, 2] {
            for name in ["web", "worker"] { try world.deploy(number, name) }
        }
        let error = #expect(throws: DeploymentError.self) { try world.rollback() }
        #expect(error?.message.contains("--trigger") == true, "\(error?.message ?? "")")
        for name in ["web", "worker"] {
            let id = try world.rollback(trigger: name)
            #expect(world.digest(id) == Sample.digest(1) && world.state.deployments[id]?.trigger == name)
            try world.end(id)
        }
    }

    @Test("a service goes back to what was there before its present image, not to a newer one of another service")
    func notForward() throws {
        var world = try World([Self.trigger("web"), Self.trigger("worker", "y")])
        for number in [1, 2] { try world.deploy(number, "web") }
        try world.deploy(3, "worker")
        let id = try world.rollback(trigger: "web")
        #expect(world.digest(id) == Sample.digest(1))
    }

    @Test("the previous image that a run is told is what a failure of it would put back")
    func previous() throws {
        var world = try World([Self.trigger("a"), Self.trigger("b")])
        func previous(_ number: Int) -> Digest? {
            let trigger = world.situation.trigger("a")
            let service = trigger.map { world.situation.service($0, Sample.app) }
            return service.flatMap { world.situation.previous(of: $0, than: Sample.digest(number), for: trigger) }?.version.digest
        }
        #expect(previous(1) == nil)
        try world.deploy(1, "a")
        #expect(previous(1) == nil && previous(2) == Sample.digest(1))
        try world.deploy(2, "b")
        #expect(previous(2) == Sample.digest(1) && previous(3) == Sample.digest(2))
        try world.deploy(3, "a", failing: "exit 1")
        #expect(previous(2) == Sample.digest(1), "not what the environment is pinned against")
    }

    @Test("a rollback by hand that failed is tried again only while no other trigger deployed something since")
    func retried() throws {
        var world = try World([Self.trigger("a"), Self.trigger("b")])
        for number in [1, 2] { try world.deploy(number, "a") }
        let rollback = try world.rollback()
        try world.end(rollback, failing: "exit 1")
        try world.unpin()
        try world.deploy(3, "b")
        #expect(throws: DeploymentError.self) { try world.situation.retry(rollback) }
    }
}
