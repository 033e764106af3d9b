import Events
import JSON
import OCI
import Testing
import TestSupport

@testable import Deployment

/// Random events, outcomes, requests and crashes, against what must always hold.
@Suite struct PlannerPropertyTests {
    private static let hook = #""target": {"type": "hook", "name": "x"}"#

    static let triggers = [
        #"{"name": "one", "environment": "dev", "onFailure": "rollback", "retry": {"attempts": 2, "delay": 5}, \#(hook)}"#,
        #"{"name": "two", "environment": "dev", "concurrency": "queue", "onInterrupted": "fail", \#(hook)}"#,
        #"{"name": "three", "environment": "many", "concurrency": {"parallel": 3}, \#(hook)}"#,
        #"{"name": "free", "environment": "many", "concurrency": {"parallel": 2}, "allowDowngrade": true, \#(hook)}"#,
        """
        {"name": "prod", "environment": "prod", "onFailure": "rollback", \(hook), "gates": {
          "approvals": {"count": 2, "deadline": "10m"}, "scan": {"maxSeverity": "high", "wait": "20m"},
          "soak": {"environment": "dev", "time": 30}}}
        """,
    ]

    private static let repositories = ["team/app", "team/web"].compactMap { RepositoryName($0) }

    @Test("whatever happens, and wherever the hub crashes, no rule of deployments is broken", arguments: 0..<60)
    func invariants(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var world = try World(Self.triggers, trusts: true)
        for _ in 0..<150 {
            try Self.step(&world, &random)
            try world.settle { situation, payloads in try Self.check(situation, payloads) }
            Self.check(world)
        }
        try ModelTests.checkSnapshots(world, &random)
        let (decoded, scans) = try DeploymentState.decode(world.state.encoded(world.situation.scans))
        #expect(decoded.encoded(scans) == world.state.encoded(world.situation.scans), "a snapshot is the state")
    }

    // MARK: What happens

    static func step(_ world: inout World, _ random: inout SeededGenerator) throws {
        let ids = world.state.deployments.keys.sorted()
        let id = ids.randomElement(using: &random) ?? "none"
        let environment = ["dev", "many", "prod"].randomElement(using: &random) ?? "dev"
        let trigger = ["one", "two", "three", "free", "prod"].randomElement(using: &random) ?? "one"
        switch Int.random(in: 0..<20, using: &random) {
        case 0...5:
            let pushed = world.situation.now - Int64.random(in: 0...60_000, using: &random)
            _ = try world.push(
                Int.random(in: 1...12, using: &random), trigger, pushed: pushed,
                repository: repositories.randomElement(using: &random) ?? Sample.app)
        case 6...9:
            guard let running = world.situation.active.sorted().randomElement(using: &random) else { return }
            let fails = Int.random(in: 0..<3, using: &random) == 0
            try world.end(running, failing: fails ? "exit 1" : nil, retryAfter: Bool.random(using: &random) ? 0 : nil)
        case 10...12:
            request(&world) { situation throws(DeploymentError) in
                try situation.approve(
                    id, digest: nil, actor: .anonymous, name: ["ann", "bob", "eve"].randomElement(using: &random), comment: nil,
                    isRejection: Int.random(in: 0..<8, using: &random) == 0)
            }
        case 13:
            var summary = Sample.scan(Int.random(in: 0..<4, using: &random) == 0 ? [.critical: 1] : [.low: 3])
            summary.scanner = ["Trivy", "Grype"].randomElement(using: &random) ?? "Trivy"
            let sequence = world.situation.scans.sequence + 1
            world.situation.scans.pass(sequence)
            let image = ScanTable.Image(
                repository: repositories.randomElement(using: &random) ?? Sample.app,
                digest: Sample.digest(Int.random(in: 1...12, using: &random)))
            world.situation.scans.add(
                ScanTable.Entry(summary: summary, sequence: sequence, time: world.situation.now), on: image)
        case 14: request(&world) { situation throws(DeploymentError) in try situation.cancel(id, actor: .anonymous, reason: nil) }
        case 15: request(&world) { situation throws(DeploymentError) in try situation.retry(id) }
        case 16:
            request(&world) { situation throws(DeploymentError) in
                try situation.rollback(
                    environment, to: nil, trigger: trigger, repository: repositories.randomElement(using: &random),
                    actor: .anonymous, reason: nil)
            }
        case 17: request(&world) { situation throws(DeploymentError) in try situation.unpin(environment, reason: nil) }
        case 18: world.crash(losing: Int.random(in: 0...3, using: &random))
        default: world.situation.now += Int64.random(in: 1...120_000, using: &random)
        }
    }

    private static func request(_ world: inout World, _ decide: (Situation) throws(DeploymentError) -> [Event.Payload]) {
        guard let payloads = try? decide(world.situation) else { return }
        world.commit(payloads, by: Sample.context)
        for case .deployment(let change) in payloads {
            // The target of one that was cancelled ends at some time; here at once.
            if case .cancelled = change.step { world.situation.active.remove(change.id) }
        }
    }

    // MARK: What must hold

    /// Looks at a decision before it is taken.
    private static func check(_ situation: Situation, _ payloads: [Event.Payload]) throws {
        for case .deployment(let change) in payloads {
            guard case .started = change.step else { continue }
            let deployment = try #require(situation.state.deployments[change.id])
            let trigger = try #require(situation.trigger(deployment.trigger))
            #expect(deployment.state.isQueued, "\(deployment.state) does not run")
            let running = situation.running[deployment.environment] ?? []
            #expect(running.count < trigger.concurrency.limit)
            for other in running { #expect(running.count < situation.trigger(other.trigger)?.concurrency.limit ?? 1) }
            guard deployment.kind == .trigger else { continue }
            let pins = situation.pins(in: deployment.environment, holding: situation.service(of: deployment))
            #expect(pins.isEmpty, "nothing goes by trigger where it is pinned")
            if !trigger.allowsDowngrade {
                #expect(!running.contains { $0.lane == deployment.lane }, "one of a lane at a time")
                if let current = situation.state.current(deployment.lane), !current.isRolledBack {
                    #expect(!deployment.version.wasPushed(before: current.version), "never an older one over a newer one")
                    #expect(current.version.digest != deployment.version.digest)
                }
                let place = deployment.lane.place
                #expect(!running.contains { $0.lane.place == place && $0.version.digest != deployment.version.digest }, "one image at a time")
                if let version = situation.state.current(place)?.success.version, version.digest != deployment.version.digest {
                    #expect(!deployment.version.wasPushed(before: version), "nor over one that another trigger deployed")
                }
            }
            if trigger.name == "prod" { try checkGates(situation, deployment) }
        }
    }

    private static func checkGates(_ situation: Situation, _ deployment: Deployment) throws {
        #expect(Set(deployment.approvals.map(\.approver)).count >= 2, "two people have approved this very digest")
        let reports = situation.scans.reports(on: deployment.version.digest, in: deployment.repository)
        #expect(!reports.isEmpty && reports.allSatisfy { $0.summary.counts.critical == 0 })
        let outcomes = situation.state.outcomes(of: deployment.version.digest, in: "dev")
        #expect(!outcomes.isEmpty && outcomes.allSatisfy { !$0.counting.isEmpty }, "it went well last wherever it ran there")
    }

    /// Looks at what came of it.
    private static func check(_ world: World) {
        for environment in ["dev", "many", "prod"] {
            let running = world.situation.running[environment] ?? []
            #expect(running.count <= (environment == "many" ? 3 : 1))
            #expect(running.count { $0.trigger == "free" } <= 2)
        }
        for deployment in world.state.deployments.values {
            let steps = deployment.transitions.map(\.step)
            for (step, next) in zip(steps, steps.dropFirst()) where step == "superseded" {
                #expect(next == "retried", "a superseded deployment goes on only when somebody asks: \(steps)")
            }
            #expect(deployment.state.isLive == world.state.live.contains(deployment.id))
        }
        var (passed, seen): (Set<Lane>, Set<Lane>) = ([], [])
        let underWay = Promotion.UnderWay(world.state)
        for deployment in world.state.liveDeployments.sorted(by: { $1.version.wasPushed(before: $0.version) }) where deployment.state.isQueued && deployment.kind == .trigger {
            guard let trigger = world.situation.trigger(deployment.trigger), trigger.concurrency == .latest else { continue }
            let isGood = world.situation.gates(of: deployment, trigger, underWay).allSatisfy {
                $0.isOpen || ["window", "freeze", "pinned", "paused"].contains($0.gate)
            }
            // What was started waits beside a newer one until all of that one's gates are open.
            #expect(deployment.attempt > 0 || !(isGood ? passed : seen).contains(deployment.lane), "one waits, beside one that may not be good")
            seen.insert(deployment.lane)
            if isGood { passed.insert(deployment.lane) }
        }
    }

    @Test("approvals are of one deployment and so of one digest, and end with a change of the trigger")
    func approvalsAreBound() throws {
        var world = try World([
            #"{"name": "p", "environment": "e", "gates": {"approvals": {"count": 1}}, \#(Self.hook)}"#
        ])
        let first = try #require(try world.push(1, "p"))
        Self.request(&world) { situation throws(DeploymentError) in
            try situation.approve(first, digest: Sample.digest(1), actor: .anonymous, name: nil, comment: nil, isRejection: false)
        }
        world.situation.configured["p"] = try Sample.trigger(
            #"{"name": "p", "environment": "e", "gates": {"approvals": {"count": 1}}, "timeout": 5, \#(Self.hook)}"#)
        try world.settle()
        #expect(world.states([first]) == [.waiting], "what was approved is not what would run now")
        let second = try #require(try world.push(2, "p"))
        #expect(world.states([first, second]) == [.superseded, .waiting])
        #expect(throws: DeploymentError.self) {
            try world.situation.approve(
                second, digest: Sample.digest(1), actor: .anonymous, name: nil, comment: nil, isRejection: false)
        }
        #expect(world.starts.isEmpty)
    }
}
