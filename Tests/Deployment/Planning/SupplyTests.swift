import Testing

@testable import Deployment

@Suite struct SupplyTests {
    private static func trigger(_ name: String, _ environment: String, _ gates: String = "") throws -> Trigger {
        try Sample.trigger(#"{"name": "\#(name)", "environment": "\#(environment)", "gates": {\#(gates)}, "target": {"type": "hook", "name": "x"}}"#)
    }

    private static func problems(_ triggers: [Trigger]) -> [String?] {
        let supply = Supply(triggers)
        return triggers.map { supply.problem(of: $0) }
    }

    @Test("environments that wait for each other are a problem of all their triggers, however long the circle is")
    func circle() throws {
        let circle = try [("a", "b"), ("b", "c"), ("c", "a")].map { try Self.trigger($0.0, $0.0, #""promotedFrom": "\#($0.1)""#) }
        let behind = try Self.trigger("d", "d", #""soak": {"environment": "a", "time": "1h"}"#)
        let problems = Self.problems(circle + [behind])
        #expect(problems.allSatisfy { $0?.contains("wait for other environments in turn") == true }, "\(problems)")
        #expect(problems[0]?.hasPrefix("gates.promotedFrom waits for b") == true && problems[3]?.hasPrefix("gates.soak waits for a") == true)
    }

    @Test("a circle into which another trigger brings images is none, nor are two gates")
    func open() throws {
        let triggers = try [
            Self.trigger("a", "a", #""promotedFrom": "b""#), Self.trigger("b", "b", #""promotedFrom": "a""#), Self.trigger("source", "b"),
            Self.trigger("both", "c", #""promotedFrom": "a", "soak": {"environment": "b", "time": "1h"}"#),
        ]
        #expect(Self.problems(triggers).allSatisfy { $0 == nil })
        #expect(Self.problems(triggers.reversed()).allSatisfy { $0 == nil })
    }

    @Test("an environment that nobody deploys to is a problem of who waits for it")
    func nobody() throws {
        #expect(Self.problems([try Self.trigger("a", "a", #""promotedFrom": "stagin""#)]) == ["gates.promotedFrom waits for stagin, and no trigger deploys there"])
    }
}
