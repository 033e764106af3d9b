import Events
import OCI
import Testing

@testable import Deployment

/// Older and newer in one environment, whichever triggers deploy there.
@Suite struct EnvironmentOrderTests {
    private static func trigger(_ name: String, _ members: String = "") -> String {
        let policy = members.contains("policy") ? "" : #", "policy": {"semver": "*"}"#
        return #"{"name": "\#(name)", "environment": "e", "target": {"type": "hook", "name": "x"}\#(policy)\#(members.isEmpty ? "" : ", " + members)}"#
    }

    @Test("an older image does not go over a newer one that another trigger deployed; the same one does")
    func acrossTriggers() throws {
        var world = try World([Self.trigger("a"), Self.trigger("b")])
        let newer = try #require(try world.push(2, "a", tag: "2.0.0"))
        try world.end(newer)
        #expect(try world.push(1, "b", tag: "1.9.0") == nil)
        #expect(try world.push(3, "b", tag: "2.0.0+rebuilt") == nil, "the same version is not newer")
        let same = try #require(try world.push(2, "b", tag: "2.0.0"), "to another service, say")
        try world.end(same)
        let next = try #require(try world.push(4, "b", tag: "2.1.0"))
        try world.end(next)
        #expect(try world.push(5, "a", tag: "2.0.5") == nil)
        #expect(try world.push(1, "b", tag: "1.9.0", repository: try #require(RepositoryName("team/other"))) != nil)
    }

    @Test("a trigger that is deleted and made again goes on where it was, under its own name and another")
    func madeAgain() throws {
        var world = try World([])
        world.commit(try world.situation.create(Sample.trigger(Self.trigger("a")), limit: 9))
        let first = try #require(try world.push(2, "a", tag: "2.0.0"))
        try world.end(first)
        world.commit(try world.situation.delete(trigger: "a"))
        world.commit(try world.situation.create(Sample.trigger(Self.trigger("a")), limit: 9))
        world.commit(try world.situation.create(Sample.trigger(Self.trigger("new")), limit: 9))
        for _ in 0..<2 {
            #expect(try world.push(1, "a", tag: "1.9.0") == nil)
            #expect(try world.push(1, "new", tag: "1.9.0") == nil)
            let (state, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
            world.situation.state = state
        }
        #expect(try world.push(3, "new", tag: "2.0.1") != nil)
    }

    @Test("what waits while another trigger deploys a newer one is superseded, and not tried again")
    func overtaken() throws {
        var world = try World([Self.trigger("a"), Self.trigger("b", #""gates": {"approvals": {}}, "concurrency": "queue""#)])
        let waiting = try #require(try world.push(1, "b", tag: "1.9.0"))
        #expect(world.states([waiting]) == [.waiting])
        let newer = try #require(try world.push(2, "a", tag: "2.0.0"))
        #expect(world.states([waiting, newer]) == [.waiting, .running])
        try world.end(newer)
        #expect(world.states([waiting]) == [.superseded])
        let error = #expect(throws: DeploymentError.self) { try world.situation.retry(waiting) }
        #expect(error?.message.contains("1.9.0 is older than 2.0.0") == true, "\(error?.message ?? "")")
    }

    @Test("two images of one repository do not run side by side, whose triggers they are; one image does")
    func sideBySide() throws {
        let parallel = #""concurrency": {"parallel": 3}"#
        var world = try World(["a", "b", "c", "d"].map { Self.trigger($0, parallel) })
        let first = try #require(try world.push(2, "a", tag: "2.0.0"))
        let same = try #require(try world.push(2, "b", tag: "2.0.0"))
        let older = try #require(try world.push(1, "c", tag: "1.9.0"))
        let newer = try #require(try world.push(3, "d", tag: "2.1.0"))
        #expect(world.states([first, same, older, newer]) == [.running, .running, .pending, .pending])
        try world.end(first)
        #expect(world.states([older, newer]) == [.superseded, .pending])
        try world.end(same)
        #expect(world.states([newer]) == [.running])
    }

    @Test("what the policy does not order is in nobody's way, and allowDowngrade lifts the rule")
    func lines() throws {
        var world = try World([
            Self.trigger("edge", #""policy": "glob:edge-*""#), Self.trigger("stable", #""policy": {"semver": "^1"}"#),
            Self.trigger("free", #""allowDowngrade": true"#),
        ])
        let now = world.situation.now
        let stable = try #require(try world.push(1, "stable", tag: "1.0.0", pushed: now))
        try world.end(stable)
        let edge = try #require(try world.push(2, "edge", tag: "edge-1", pushed: now - 9))
        try world.end(edge)
        let next = try #require(try world.push(3, "stable", tag: "1.0.1", pushed: now - 20))
        try world.end(next)
        #expect(try world.push(4, "free", tag: "0.9.0") != nil)
    }
}
