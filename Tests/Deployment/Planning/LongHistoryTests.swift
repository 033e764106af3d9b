import Events
import OCI
import Testing

@testable import Deployment

/// What must hold however much has happened, and whatever was asked for twice.
@Suite struct LongHistoryTests {
    private static let hook = #""target": {"type": "hook", "name": "x"}"#

    @Test("a rejection ends the approvals that came before it: asked for once more, a deployment starts from none")
    func rejection() throws {
        var world = try World(
            [#"{"name": "p", "environment": "e", "gates": {"approvals": {"count": 1}, "promotedFrom": "dev"}, \#(Self.hook)}"#], trusts: true)
        let id = try #require(try world.push(1, "p"))
        func answer(_ name: String, isRejection: Bool) throws {
            world.commit(
                try world.situation.approve(id, digest: nil, actor: .anonymous, name: name, comment: nil, isRejection: isRejection))
            try world.settle()
        }
        try answer("ann", isRejection: false)
        #expect(world.state.deployments[id]?.waitingFor == ["promotion"])
        try answer("bob", isRejection: true)
        #expect(world.states([id]) == [.cancelled])
        world.commit(try world.situation.retry(id))
        try world.settle()
        #expect(world.state.deployments[id]?.waitingFor == ["approval", "promotion"])
    }

    @Test("approvals for what a trigger was before take no room from those for what it is")
    func outdatedApprovals() throws {
        func trigger(_ count: Int) -> String {
            #"{"name": "p", "environment": "e", "gates": {"approvals": {"count": \#(count)}}, \#(Self.hook)}"#
        }
        var world = try World([], trusts: true)
        try world.put(trigger(100))
        let id = try #require(try world.push(1, "p"))
        func approve(_ name: String) throws {
            world.commit(
                try world.situation.approve(id, digest: nil, actor: .anonymous, name: name, comment: nil, isRejection: false))
            try world.settle()
        }
        for number in 0..<99 { try approve("early \(number)") }
        try world.put(trigger(2))
        try approve("ann")
        #expect(world.states([id]) == [.waiting])
        try approve("bob")
        #expect(world.states([id]) == [.running])
        #expect(world.state.deployments[id]?.approvals.map(\.approver) == ["ann", "bob"])
    }

    @Test("a rollback undoes what was tried last, however much has happened elsewhere since")
    func rollback() throws {
        let prod = try Sample.trigger(#"{"name": "prod", "environment": "prod", \#(Self.hook)}"#)
        var state = DeploymentState()
        var sequence: UInt64 = 0
        func apply(_ id: String, _ environment: String, _ number: Int, _ steps: [DeploymentChange.Step]) {
            for step in steps {
                sequence += 1
                let change = DeploymentChange(
                    id: id, trigger: environment, environment: environment, repository: Sample.app, tag: "t\(number)",
                    digest: Sample.digest(number), step: step)
                state.apply(.deployment(change), Sample.system, sequence: sequence, time: World.beginning + Int64(sequence))
            }
        }
        func steps(_ isGood: Bool) -> [DeploymentChange.Step] {
            let creation = Creation(kind: .trigger, reason: "", pushed: 1, event: sequence, pushedBy: "ci")
            let result = RunResult(attempt: 1, reason: "", output: nil)
            return [.created(creation), .started(attempt: 1), isGood ? .succeeded(result) : .failed(result, retryAt: nil)]
        }
        apply("one", "prod", 1, steps(true))
        apply("two", "prod", 2, steps(true))
        apply("bad", "prod", 3, steps(false))
        for number in 0..<(DeploymentState.finishedLimit + 50) { apply("d\(number)", "dev", number + 10, steps(true)) }
        #expect(state.deployments.count <= DeploymentState.finishedLimit)
        #expect(state.deployments["one"] == nil && state.deployments["two"] != nil && state.deployments["bad"] != nil)

        var situation = Situation(state: state, now: World.beginning)
        situation.configured["prod"] = prod
        let payloads = try situation.rollback("prod", to: nil, trigger: nil, repository: nil, actor: .anonymous, reason: nil)
        for payload in payloads {
            switch payload {
            case .environment(let pin): #expect(pin.digest == Sample.digest(3), "the pin knows what is bad")
            case .deployment(let change): #expect(change.digest == Sample.digest(2), "the last good one, not the one before it")
            default: Issue.record("unexpected \(payload)")
            }
        }
    }

    @Test("no more than so many deployments wait in all, of however many repositories")
    func flood() throws {
        var situation = try World([#"{"name": "p", "environment": "e", "gates": {"approvals": {}}, \#(Self.hook)}"#]).situation
        for number in 0..<(Situation.liveLimit + 20) {
            let candidate = Candidate(
                trigger: "p", repository: try #require(RepositoryName("r\(number)")),
                version: ImageVersion(tag: "1", digest: Sample.digest(number), pushed: 1), sequence: UInt64(number + 1), time: 1, actor: "x")
            for payload in situation.admit(candidate) {
                situation.state.apply(payload, Sample.system, sequence: situation.state.sequence + 1, time: 1)
            }
        }
        #expect(situation.state.live.count == Situation.liveLimit)
        #expect(situation.state.finished.count == 20)
    }
}
