import Events
import OCI
import TestSupport
import Testing

@testable import Deployment

/// Random pushes, outcomes, requests, changes of triggers, crashes and restarts, held to a model that is simple enough to see that it is right.
@Suite struct ModelTests {
    private static let repositories = ["team/app", "team/web"].compactMap { RepositoryName($0) }
    private static let names = ["one", "two", "three"]
    private static let environments = ["dev", "stage"]

    @Test("no image that is pinned out is started unasked, none over a newer one, and none that did not go well last is promoted", arguments: 0..<40)
    func model(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 1000)
        var world = try World([])
        var model = DeploymentModel()
        for (name, gate) in [("prod", #""promotedFrom": "dev""#), ("soaked", #""soak": {"environment": "dev", "time": 60}"#)] {
            try world.put(#"{"name": "\#(name)", "environment": "\#(name)", "policy": {"semver": "*"}, "concurrency": "queue", "gates": {\#(gate)}, "target": {"type": "hook", "name": "x"}}"#)
        }
        for _ in 0..<160 {
            try Self.step(&world, &model, &random)
            try world.settle()
            model.follow(world)
            for deployment in world.state.liveDeployments where deployment.waitingFor == ["promotion"] {
                let isOnItsWay = world.state.liveDeployments.contains {
                    $0.environment == "dev" && $0.version.digest == deployment.version.digest && $0.state != .waiting
                }
                let isPromoted = model.isPromoted(deployment.version.digest, from: "dev", world.situation.now)
                #expect(!isPromoted || isOnItsWay, "a gate that should be open is not")
            }
            for environment in Self.environments + ["prod", "soaked"] {
                #expect(Set(world.state.pins[environment]?.digests ?? []) == model.pinned(environment))
            }
        }
        try Self.checkSnapshots(world, &random)
    }

    /// Wherever a snapshot is taken, the rest of the history makes the same of it.
    static func checkSnapshots(_ world: World, _ random: inout SeededGenerator) throws {
        let whole = world.state.encoded(ScanTable())
        #expect(world.replayed().encoded(ScanTable()) == whole, "history replays to the same state")
        for _ in 0..<2 where !world.journal.isEmpty {
            let cut = Int.random(in: 0...world.journal.count, using: &random)
            let (state, _) = try DeploymentState.decode(world.replayed(through: cut).encoded(ScanTable()))
            let end = world.replayed(from: state, after: cut).encoded(ScanTable())
            #expect(end == whole, "a snapshot after \(cut) of \(world.journal.count) records, and the rest")
        }
    }

    private static func put(_ world: inout World, _ name: String, _ random: inout SeededGenerator) throws {
        var members = [
            #""onFailure": "\#(Bool.random(using: &random) ? "rollback" : "none")""#,
            #""retry": {"attempts": \#(Int.random(in: 1...2, using: &random)), "delay": 5}"#,
            #""onInterrupted": "\#(Bool.random(using: &random) ? "retry" : "fail")""#,
            #""concurrency": \#(["\"latest\"", "\"queue\"", #"{"parallel": 3}"#].randomElement(using: &random) ?? "\"queue\"")"#,
        ]
        if Int.random(in: 0..<5, using: &random) == 0 { members.append(#""allowDowngrade": true"#) }
        let environment = environments.randomElement(using: &random) ?? "dev"
        let target = ["x", "y"].randomElement(using: &random) ?? "x"
        try world.put(
            #"{"name": "\#(name)", "environment": "\#(environment)", "policy": {"semver": "*"}, \#(members.joined(separator: ", ")), "target": {"type": "hook", "name": "\#(target)"}}"#)
    }

    /// One of the newest images; there are new ones as time goes.
    private static func image(_ world: World, _ random: inout SeededGenerator) -> Int {
        let newest = 3 + world.journal.count / 25
        return Int.random(in: max(1, newest - 4)...newest, using: &random)
    }

    private static func step(_ world: inout World, _ model: inout DeploymentModel, _ random: inout SeededGenerator) throws {
        let id = world.state.deployments.keys.sorted().randomElement(using: &random) ?? "none"
        let environment = (environments + ["prod"]).randomElement(using: &random) ?? "dev"
        let name = names.randomElement(using: &random) ?? "one"
        switch Int.random(in: 0..<24, using: &random) {
        case 0...6:
            let repository = repositories.randomElement(using: &random) ?? Sample.app
            let number = image(world, &random)
            for trigger in names + ["prod", "soaked"] where Int.random(in: 0..<3, using: &random) > 0 {
                _ = try world.push(
                    number + (repository == Sample.app ? 0 : 1000), trigger, tag: "1.\(number).0", repository: repository)
            }
        case 7...12:
            guard let running = world.situation.active.sorted().randomElement(using: &random) else { return }
            let fails = Int.random(in: 0..<5, using: &random) < 2
            try world.end(running, failing: fails ? "exit 1" : nil, retryAfter: Bool.random(using: &random) ? 0 : nil)
        case 13, 14:
            let digest = Bool.random(using: &random) ? Sample.digest(image(world, &random)) : nil
            let situation = world.situation
            guard let payloads = try? situation.rollback(
                environment, to: digest, trigger: Bool.random(using: &random) ? name : nil,
                repository: repositories.randomElement(using: &random), actor: .anonymous, reason: nil)
            else { return }
            for case .deployment(let change) in payloads {
                if case .created = change.step, digest != nil { model.named.insert(change.id) }
            }
            commit(&world, payloads)
        case 15: if let payloads = try? world.situation.retry(id) { commit(&world, payloads) }
        case 16: if let payloads = try? world.situation.cancel(id, actor: .anonymous, reason: nil) { commit(&world, payloads) }
        case 17:
            let one = Bool.random(using: &random) ? name : nil
            if let payloads = try? world.situation.unpin(environment, trigger: one, reason: nil) { commit(&world, payloads) }
        case 18, 19: try put(&world, name, &random)
        case 20: if world.state.triggers[name] != nil { try world.remove(name) }
        case 21:
            world.crash(losing: Int.random(in: 0...3, using: &random))
            model.begin()
        case 22:
            let (state, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
            world.situation.state = state
        default: world.situation.now += Int64.random(in: 1...90_000, using: &random)
        }
    }

    private static func commit(_ world: inout World, _ payloads: [Event.Payload]) {
        world.commit(payloads, by: Sample.context)
        for case .deployment(let change) in payloads {
            // The target of one that was cancelled ends at some time; here at once.
            if case .cancelled = change.step { world.situation.active.remove(change.id) }
        }
    }
}
