import Events
import JSON
import OCI
import Testing

@testable import Deployment

@Suite struct ApprovalTests {
    private static func trigger(_ members: String = "", name: String = "t", environment: String = "e") -> String {
        #"{"name": "\#(name)", "environment": "\#(environment)", "target": {"type": "hook", "name": "x"}\#(members.isEmpty ? "" : ", ")\#(members)}"#
    }

    private static func approve(_ world: inout World, _ id: String, as name: String?, verified: Bool = false) throws {
        let payloads = try world.situation.approve(
            id, digest: nil, actor: verified ? .user(name ?? "") : .anonymous, name: verified ? nil : name, comment: nil,
            isRejection: false)
        world.commit(payloads, by: Sample.context)
        try world.settle()
    }

    @Test("only those whom the hub knows count where approvers are named, unless the operator trusts the field")
    func approvers() throws {
        let gates = #""gates": {"approvals": {"count": 1, "from": ["ann", "bob"]}}"#
        var world = try World([Self.trigger(gates)])
        let id = try #require(try world.push(1, "t"))
        #expect(throws: DeploymentError.self) { try Self.approve(&world, id, as: nil) }
        #expect(throws: DeploymentError.self) { try Self.approve(&world, id, as: "ann") }
        #expect(throws: DeploymentError.self) { try Self.approve(&world, id, as: "eve", verified: true) }
        #expect(world.states([id]) == [.waiting])
        try Self.approve(&world, id, as: "ann", verified: true)
        #expect(world.states([id]) == [.running])
        var trusting = try World([Self.trigger(gates)], trusts: true)
        let other = try #require(try trusting.push(1, "t"))
        try Self.approve(&trusting, other, as: "bob")
        #expect(trusting.states([other]) == [.running])
        trusting.crash()
        trusting.situation.trustsApproverField = false
        try trusting.settle()
        #expect(trusting.states([other]) == [.waiting], "a word that was only claimed ends with the trust in it")
    }

    @Test("one person approves once, and nobody in time is a cancellation")
    func approvalDeadline() throws {
        var world = try World([Self.trigger(#""gates": {"approvals": {"count": 2, "deadline": "1h"}}"#)])
        let id = try #require(try world.push(1, "t"))
        try Self.approve(&world, id, as: nil)
        try Self.approve(&world, id, as: nil)
        #expect(world.state.deployments[id]?.approvals.count == 1)
        world.situation.now += 3_600_000
        try world.settle()
        #expect(world.states([id]) == [.cancelled])
    }

    @Test("an approval does not live again when its trigger is changed and changed back", arguments: [false, true])
    func approvalOfChangedTrigger(isOver: Bool) throws {
        var world = try World([], trusts: true)
        let gates = #""gates": {"approvals": {"count": 2}}"#
        let (trigger, other) = (try Sample.trigger(Self.trigger(gates)), try Sample.trigger(Self.trigger(gates + #", "timeout": 5"#)))
        world.commit(try world.situation.create(trigger, limit: 5))
        let id = try #require(try world.push(1, "t"))
        try Self.approve(&world, id, as: "ann")
        if isOver { world.commit(try world.situation.cancel(id, actor: .anonymous, reason: nil)) }
        for change in [other, trigger] {
            world.commit(try world.situation.update(change))
            try world.settle()
        }
        if isOver { world.commit(try world.situation.retry(id)) }
        try world.settle()
        #expect(world.state.deployments[id]?.reason == "0 of 2 approvals")
        try Self.approve(&world, id, as: "bob")
        #expect(world.states([id]) == [.waiting])
        world.crash()
        try Self.approve(&world, id, as: "ann")
        #expect(world.states([id]) == [.running])
    }

    @Test("an approval does not outlive its deadline when its deployment is asked for once more", arguments: [
        (1_800_000, Deployment.State.running), (3_600_000, .waiting),
    ] as [(Int64, Deployment.State)])
    func approvalAfterDeadline(passed: Int64, state: Deployment.State) throws {
        var world = try World([Self.trigger(#""gates": {"approvals": {"deadline": "1h"}}"#)])
        let id = try #require(try world.push(1, "t"))
        try Self.approve(&world, id, as: nil)
        try world.end(id, failing: "exit 1")
        world.situation.now += passed
        world.commit(try world.situation.retry(id))
        try world.settle()
        #expect(world.states([id]) == [state])
        let (decoded, _) = try DeploymentState.decode(world.state.encoded(ScanTable()))
        #expect(decoded.deployments == world.state.deployments)
    }
}
