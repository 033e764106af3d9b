import Events
import OCI
import Testing

@testable import Deployment

/// How long an image must have run elsewhere, without a break.
@Suite struct SoakTests {
    private static let hook = #""target": {"type": "hook", "name": "x"}"#
    private static let production =
        #"{"name": "t", "environment": "e", "gates": {"soak": {"environment": "staging", "time": "2h"}}, \#(hook)}"#
    private static let hour: Int64 = 3_600_000

    private static func staging(_ name: String = "s", _ members: String = "") -> String {
        #"{"name": "\#(name)", "environment": "staging", \#(members)\#(hook)}"#
    }

    /// Image 1 has just been deployed to staging, and waits for that of production.
    private static func world(_ staging: [String]) throws -> (World, id: String) {
        var world = try World(staging + [production])
        let id = try #require(try world.push(1, "t"))
        try world.end(try #require(try world.push(1, "s")))
        #expect(world.states([id]) == [.waiting])
        return (world, id)
    }

    private static func pass(_ time: Int64, _ world: inout World) throws {
        world.situation.now += time
        try world.settle()
    }

    private static func reason(_ world: World, _ id: String) -> String { world.state.deployments[id]?.reason ?? "" }

    @Test("an image that ran for the time without a break has soaked, also when a newer one follows it")
    func whole() throws {
        var (world, id) = try Self.world([Self.staging()])
        try Self.pass(2 * Self.hour - 1, &world)
        #expect(world.states([id]) == [.waiting])
        try Self.pass(1, &world)
        #expect(world.states([id]) == [.running])
        var other = try Self.world([Self.staging()])
        other.0.situation.now += 2 * Self.hour
        try other.0.end(try #require(try other.0.push(2, "s")))
        #expect(other.0.states([other.id]) == [.running])
    }

    @Test("one that fails after it ends its soak, as does one that takes its place")
    func brokenByAnother() throws {
        for reason in ["exit 1", nil] {
            var (world, id) = try Self.world([Self.staging()])
            try Self.pass(Self.hour, &world)
            let second = try #require(try world.push(2, "s"))
            try world.end(second, failing: reason)
            try Self.pass(9 * Self.hour, &world)
            #expect(world.states([id]) == [.waiting], "\(Self.reason(world, id))")
            #expect(Self.reason(world, id).contains("staging"))
        }
    }

    @Test("another image in another service of the repository is no break; in the same service it is, by whichever trigger", arguments: ["y", "x"])
    func otherService(target: String) throws {
        let worker = #"{"name": "worker", "environment": "staging", "target": {"type": "hook", "name": "\#(target)"}}"#
        var (world, id) = try Self.world([Self.staging(), worker])
        try Self.pass(Self.hour, &world)
        try world.end(try #require(try world.push(2, "worker")))
        try Self.pass(Self.hour - 1, &world)
        #expect(world.states([id]) == [.waiting])
        try Self.pass(1, &world)
        #expect(world.states([id]) == [target == "y" ? .running : .waiting], "\(Self.reason(world, id))")
    }

    @Test("a rollback to it begins the soak anew")
    func rolledBackTo() throws {
        var (world, id) = try Self.world([Self.staging("s", #""onFailure": "rollback", "#)])
        try Self.pass(Self.hour, &world)
        let second = try #require(try world.push(2, "s"))
        try world.end(second, failing: "exit 1")
        let rollback = try #require(world.situation.active.first)
        try world.end(rollback)
        try Self.pass(2 * Self.hour - 1, &world)
        #expect(world.states([id]) == [.waiting])
        try Self.pass(1, &world)
        #expect(world.states([id]) == [.running])
    }

    @Test("a rollback from it ends its soak for good, though it was over")
    func rolledBackFrom() throws {
        var world = try World([Self.staging(), Self.production])
        try world.end(try #require(try world.push(1, "s")))
        try world.end(try #require(try world.push(2, "s")))
        try Self.pass(3 * Self.hour, &world)
        world.commit(
            try world.situation.rollback(
                "staging", to: nil, trigger: nil, repository: nil, actor: .anonymous, reason: nil))
        try world.settle()
        let id = try #require(try world.push(2, "t"))
        #expect(world.states([id]) == [.waiting])
        try world.end(try #require(world.starts.last), failing: "exit 1")
        #expect(world.states([id]) == [.waiting])
    }

    @Test("a later failure of the image itself makes its soak count for nothing")
    func failsItself() throws {
        var (world, id) = try Self.world([Self.staging(), Self.staging("worker")])
        try Self.pass(2 * Self.hour, &world)
        let worker = try #require(try world.push(1, "worker"))
        #expect(world.states([id, worker]) == [.running, .running])
        try world.end(id, failing: "exit 1")
        try world.end(worker, failing: "exit 1")
        world.commit(try world.situation.retry(id))
        try world.settle()
        #expect(world.states([id]) == [.waiting])
    }
}
