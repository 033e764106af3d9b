import Events
import JSON
import OCI
import Testing

@testable import Deployment

@Suite struct RollbackTests {
    private static let automatic =
        #"{"name": "t", "environment": "e", "onFailure": "rollback", "target": {"type": "hook", "name": "x"}}"#

    private static func rollback(_ world: inout World, to digest: Digest? = nil) throws -> String? {
        let payloads = try world.situation.rollback(
            "e", to: digest, trigger: nil, repository: nil, actor: .anonymous, reason: nil)
        world.commit(payloads, by: Sample.context)
        try world.settle()
        for case .deployment(let change) in payloads { return change.id }
        return nil
    }

    /// Two images went well, one after the other.
    private static func twoDeployed() throws -> (World, [String]) {
        var world = try World([automatic])
        var ids: [String] = []
        for number in 1...2 {
            world.situation.now += 1000
            let id = try #require(try world.push(number, "t"))
            try world.end(id)
            ids.append(id)
        }
        return (world, ids)
    }

    @Test("a failure puts the last success back, and the environment stays pinned until somebody unpins it")
    func automatic() throws {
        var (world, ids) = try Self.twoDeployed()
        let bad = try #require(try world.push(3, "t"))
        try world.end(bad, failing: "exit 1")
        let rollback = try #require(world.starts.last)
        #expect(world.state.deployments[rollback]?.version.digest == Sample.digest(2))
        #expect(world.state.deployments[rollback]?.creation.rollbackOf == bad)
        #expect(world.states([bad, rollback]) == [.failed, .running])
        try world.end(rollback)
        #expect(world.states([bad, rollback]) == [.rolledBack, .succeeded])
        #expect(world.state.pins["e"]?.digests == [Sample.digest(3)])
        #expect(try world.push(3, "t") == nil, "the bad image again")
        let good = try #require(try world.push(4, "t"))
        #expect(world.states([good]) == [.waiting])
        world.commit(try world.situation.unpin("e", reason: "mended"))
        try world.settle()
        #expect(world.states([good]) == [.running])
        #expect(world.starts.filter { $0 == bad || ids.contains($0) } == ids + [bad], "each of them ran once")
    }

    @Test("a rollback that fails is not rolled back, and the pin stays")
    func rollbackFails() throws {
        var (world, _) = try Self.twoDeployed()
        let bad = try #require(try world.push(3, "t"))
        try world.end(bad, failing: "exit 1")
        let rollback = try #require(world.starts.last)
        try world.end(rollback, failing: "exit 1")
        #expect(world.states([bad, rollback]) == [.failed, .failed])
        #expect(world.state.pins["e"] != nil)
        #expect(world.situation.active.isEmpty)
    }

    @Test("after a rollback that failed, the next one goes to the same image and keeps the pin against the bad one")
    func afterFailedRollback() throws {
        var (world, _) = try Self.twoDeployed()
        let bad = try #require(try world.push(3, "t"))
        try world.end(bad, failing: "exit 1")
        try world.end(try #require(world.starts.last), failing: "exit 1")
        let again = try #require(try Self.rollback(&world))
        #expect(world.state.deployments[again]?.version.digest == Sample.digest(2))
        #expect(world.state.pins["e"]?.digests == [Sample.digest(3)])
        try world.end(again)
        #expect(world.states([bad, again]) == [.rolledBack, .succeeded])
    }

    @Test("a rollback that failed can be asked for again where there is one good image only")
    func afterFailedRollbackToTheOnly() throws {
        var world = try World([Self.automatic])
        try world.end(try #require(try world.push(1, "t")))
        world.situation.now += 1000
        try world.end(try #require(try world.push(2, "t")), failing: "exit 1")
        try world.end(try #require(world.starts.last), failing: "exit 1")
        let again = try #require(try Self.rollback(&world))
        #expect(world.state.deployments[again]?.version.digest == Sample.digest(1))
    }

    @Test("a rollback while the bad image is being deployed stops it, and goes to the last success")
    func whileRunning() throws {
        var (world, ids) = try Self.twoDeployed()
        world.situation.now += 1000
        let bad = try #require(try world.push(3, "t"))
        let rollback = try #require(try Self.rollback(&world))
        #expect(world.states([bad, rollback]) == [.cancelled, .pending], "it starts when the target is gone")
        #expect(world.state.deployments[rollback]?.version.digest == Sample.digest(2))
        try world.end(bad, failing: "stopped")
        try world.end(rollback)
        #expect(world.states([ids[1], bad, rollback]) == [.succeeded, .rolledBack, .succeeded])
        #expect(world.state.pins["e"]?.digests == [Sample.digest(3)])
    }

    @Test("a rollback that is tried again pins again, and is refused when something else went well since")
    func retried() throws {
        var (world, _) = try Self.twoDeployed()
        try world.end(try #require(try world.push(3, "t")), failing: "exit 1")
        let rollback = try #require(world.starts.last)
        try world.end(rollback, failing: "exit 1")
        world.commit(try world.situation.unpin("e", reason: nil))
        world.commit(try world.situation.retry(rollback))
        try world.settle()
        #expect(world.states([rollback]) == [.running])
        #expect(world.state.pins["e"]?.digests == [Sample.digest(3)])
        try world.end(rollback, failing: "exit 1")
        world.commit(try world.situation.unpin("e", reason: nil))
        world.situation.now += 1000
        let newer = try #require(try world.push(4, "t"))
        #expect(throws: DeploymentError.self, "something runs") { _ = try world.situation.retry(rollback) }
        try world.end(newer)
        #expect(throws: DeploymentError.self, "newer and good") { _ = try world.situation.retry(rollback) }
    }

    @Test("by hand it goes to the success before, or to a digest that went well once")
    func byHand() throws {
        var (world, ids) = try Self.twoDeployed()
        let first = try #require(try Self.rollback(&world))
        #expect(world.state.deployments[first]?.version.digest == Sample.digest(1))
        try world.end(first)
        #expect(world.states([ids[1]]) == [.rolledBack])
        #expect(throws: DeploymentError.self, "what was rolled back is not gone back to unasked") { _ = try Self.rollback(&world) }
        let second = try #require(try Self.rollback(&world, to: Sample.digest(2)))
        #expect(world.state.deployments[second]?.version.digest == Sample.digest(2))
        #expect(throws: DeploymentError.self, "one at a time") { _ = try Self.rollback(&world) }
        try world.end(second)
        #expect(throws: DeploymentError.self) { _ = try Self.rollback(&world, to: Sample.digest(9)) }
    }

    @Test("by hand after a failure, it goes to the last success")
    func byHandAfterFailure() throws {
        var (world, _) = try Self.twoDeployed()
        world.situation.configured["t"] = try Sample.trigger(Self.automatic.replacing("\"rollback\"", with: "\"none\""))
        let bad = try #require(try world.push(3, "t"))
        try world.end(bad, failing: "exit 1")
        let rollback = try #require(try Self.rollback(&world))
        #expect(world.state.deployments[rollback]?.version.digest == Sample.digest(2))
        try world.end(rollback)
        #expect(world.states([bad]) == [.rolledBack])
    }

    @Test("what waited while something newer was put back by hand is not deployed over it")
    func newerPutBack() throws {
        var (world, _) = try Self.twoDeployed()
        world.situation.configured["t"] = try Sample.trigger(Self.automatic.replacing("{", with: #"{"policy": {"alphabetical": "asc"}, "#, maxReplacements: 1))
        try world.end(try #require(try Self.rollback(&world)))
        let waiting = try #require(try world.push(5, "t", tag: "t1-again"))
        #expect(world.states([waiting]) == [.waiting], "newer than the first, and the environment is pinned")
        try world.end(try #require(try Self.rollback(&world, to: Sample.digest(2))))
        #expect(world.states([waiting]) == [.superseded], "older than the second")
        #expect(world.state.deployments[waiting]?.attempt == 0)
    }

    @Test("where several things run in one environment, it must be said which")
    func ambiguous() throws {
        var (world, _) = try Self.twoDeployed()
        let other = try #require(RepositoryName("team/web"))
        let id = try #require(try world.push(7, "t", repository: other))
        try world.end(id)
        #expect(throws: DeploymentError.self) { _ = try Self.rollback(&world) }
    }

    @Test("what was rolled back first stays out when the environment is rolled back again, until it is unpinned")
    func twice() throws {
        var (world, _) = try Self.twoDeployed()
        world.situation.now += 1000
        try world.end(try #require(try world.push(3, "t")))
        try world.end(try #require(try Self.rollback(&world)))
        try world.end(try #require(try Self.rollback(&world)))
        #expect(world.situation.state.current(Lane(environment: "e", trigger: "t", repository: Sample.app))?.version.digest == Sample.digest(1))
        for number in [3, 2] { #expect(try world.push(number, "t") == nil, "image \(number) again") }
        let (decoded, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        world.situation.state = decoded
        for number in [3, 2] { #expect(try world.push(number, "t") == nil, "image \(number) after a start") }
        world.commit(try world.situation.unpin("e", reason: nil))
        #expect(try world.push(3, "t") != nil)
    }

    @Test("a rollback survives a crash at every step")
    func crashes() throws {
        for lost in 0...4 {
            var (world, _) = try Self.twoDeployed()
            let bad = try #require(try world.push(3, "t"))
            try world.end(bad, failing: "exit 1")
            world.crash(losing: lost)
            try world.settle()
            for _ in 0..<4 {
                for id in world.situation.active.sorted() {
                    try world.end(id, failing: world.state.deployments[id]?.version.digest == Sample.digest(3) ? "exit 1" : nil)
                }
            }
            if world.state.deployments[bad] == nil { continue }  // the crash took the event's deployment; it is read again
            #expect(world.states([bad]) == [.rolledBack], "losing \(lost)")
            #expect(world.state.pins["e"] != nil)
            #expect(world.state.liveDeployments.isEmpty)
        }
    }
}

extension Sequence {
    fileprivate var isEmpty: Bool { !contains { _ in true } }
}
