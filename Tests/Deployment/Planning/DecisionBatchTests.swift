import Events
import OCI
import TestSupport
import Testing

@testable import Deployment

/// Decisions that are one transaction.
@Suite struct DecisionBatchTests {
    private static let hook = #""target": {"type": "hook", "name": "x"}"#

    /// Much waits.
    private static let triggers = [
        #"{"name": "one", "environment": "dev", "concurrency": "queue", "onFailure": "rollback", "gates": {"scan": {"maxSeverity": "high", "wait": "20m"}}, \#(hook)}"#,
        #"{"name": "two", "environment": "dev", "concurrency": {"parallel": 2}, "gates": {"approvals": {}}, "retry": {"attempts": 2, "delay": 5}, \#(hook)}"#,
        #"{"name": "three", "environment": "many", "concurrency": {"parallel": 3}, \#(hook)}"#,
        #"{"name": "free", "environment": "many", "allowDowngrade": true, "gates": {"promotedFrom": "dev"}, \#(hook)}"#,
        """
        {"name": "prod", "environment": "prod", "concurrency": "queue", "onFailure": "rollback", \(hook), "gates": {
          "approvals": {"deadline": "10m"}, "promotedFrom": "dev"}}
        """,
    ]

    private static func disturb(_ world: inout World, _ random: inout SeededGenerator) throws {
        let environment = ["dev", "many", "prod"].randomElement(using: &random) ?? "dev"
        let trigger = ["one", "two", "three", "free", "prod"].randomElement(using: &random) ?? "one"
        let situation = world.situation
        switch Int.random(in: 0..<6, using: &random) {
        case 0: world.commit((try? situation.pin(environment, actor: .anonymous, reason: nil)) ?? [])
        case 1: world.commit((try? situation.unpin(environment, reason: nil)) ?? [])
        case 2...3: world.commit((try? situation.setPaused(!situation.isPaused(trigger), trigger: trigger)) ?? [])
        case 4:
            let all = try triggers.map { try Sample.trigger($0) }
            world.situation.configured[trigger] = situation.configured[trigger] != nil ? nil : all.first { $0.name == trigger }
        default: world.situation.now += 1_200_000
        }
        try world.settle()
    }

    @Test("together they come to the same records, in the same order, as one by one")
    func together() throws {
        var saved = 0
        for seed in 0..<25 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var world = try World(Self.triggers, trusts: true)
            for _ in 0..<150 {
                var (alone, same) = (world, random)
                alone.atOnce = 1
                func step(_ world: inout World, _ random: inout SeededGenerator) throws {
                    guard Int.random(in: 0..<6, using: &random) > 0 else { return try Self.disturb(&world, &random) }
                    try PlannerPropertyTests.step(&world, &random)
                    try world.settle()
                }
                try step(&alone, &same)
                try step(&world, &random)
                saved += alone.boundaries.count - world.boundaries.count
                let records = [alone, world].map { $0.journal.map { "\($0.payload)" } }
                try #require(records[0] == records[1], "seed \(seed)")
            }
        }
        #expect(saved > 100, "much was together")
    }

    @Test("what concerns all that wait is a few transactions, however many they are", arguments: [#""queue""#, #"{"parallel": 2}"#])
    func many(concurrency: String) throws {
        var world = try World([#"{"name": "t", "environment": "e", "concurrency": \#(concurrency), "gates": {"approvals": {}}, \#(Self.hook)}"#])
        var ids: [String?] = []
        for number in 1...300 {
            world.situation.now += 1
            ids.append(try world.push(number, "t"))
        }
        func transactions(_ change: (inout World) throws -> Void) throws -> Int {
            let before = world.boundaries.count
            try change(&world)
            try world.settle()
            return world.boundaries.count - before
        }
        #expect(try transactions { $0.commit(try $0.situation.pin("e", actor: .anonymous, reason: nil)) } <= 3)
        #expect(world.state.liveDeployments.allSatisfy { $0.waitingFor == ["approval", "pinned"] })
        #expect(try transactions { try $0.unpin() } <= 3)
        #expect(try transactions { $0.situation.configured["t"] = try Sample.trigger(#"{"name": "t", "environment": "e", "concurrency": \#(concurrency), \#(Self.hook)}"#) } <= 4)
        #expect(world.states(ids).count { $0 == .pending } == 299)
        #expect(try transactions { $0.commit(try $0.situation.setPaused(true, trigger: "t")) } <= 3)
        #expect(world.states(ids).count { $0 == .waiting } == 299)
        #expect(try transactions { $0.situation.configured["t"] = nil } <= 3)
        #expect(world.states(ids).count { $0 == .cancelled } == 299)
    }
}
