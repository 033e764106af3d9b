import Events
import JSON
import OCI
import Testing

@testable import Deployment

@Suite struct PlannerTests {
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

    @Test("one runs, one waits, and a newer one takes the place of the one that waits")
    func latest() throws {
        var world = try World([Self.trigger()])
        let first = try world.push(1, "t")
        let second = try world.push(2, "t")
        let third = try world.push(3, "t")
        #expect(world.states([first, second, third]) == [.running, .superseded, .pending])
        try world.end(try #require(first))
        #expect(world.states([first, second, third]) == [.succeeded, .superseded, .running])
        #expect(world.starts == [first, third])
    }

    @Test("a queue deploys every image in its turn")
    func queue() throws {
        var world = try World([Self.trigger(#""concurrency": "queue""#)])
        let ids = try (1...4).map { try #require(try world.push($0, "t")) }
        for id in ids { try world.end(id) }
        #expect(world.starts == ids)
    }

    @Test("of a parallel trigger N run at once, but never two of one repository unless downgrades are allowed")
    func parallel() throws {
        let names = (0..<5).compactMap { RepositoryName("team/app\($0)") }
        var world = try World([Self.trigger(#""concurrency": {"parallel": 3}"#)])
        for (index, name) in names.enumerated() { _ = try world.push(index, "t", repository: name) }
        #expect(world.situation.active.count == 3)
        var lane = try World([Self.trigger(#""concurrency": {"parallel": 3}"#)])
        for number in 1...3 { _ = try lane.push(number, "t") }
        #expect(lane.situation.active.count == 1)
        var free = try World([Self.trigger(#""concurrency": {"parallel": 3}, "allowDowngrade": true"#)])
        for number in 1...5 { _ = try free.push(number, "t") }
        #expect(free.situation.active.count == 3)
    }

    @Test("an image that is not newer than what runs, or is on its way, becomes no deployment")
    func older() throws {
        var world = try World([Self.trigger()])
        let now = world.situation.now
        let first = try #require(try world.push(5, "t", pushed: now))
        #expect(try world.push(4, "t", pushed: now - 1) == nil)
        try world.end(first)
        #expect(try world.push(4, "t", pushed: now - 1) == nil)
        #expect(try world.push(5, "t", pushed: now + 5) == nil, "the same digest")
        let downgrade = Self.trigger(#""allowDowngrade": true"#)
        world.situation.configured["t"] = try Sample.trigger(downgrade)
        #expect(try world.push(4, "t", pushed: now - 1) != nil)
    }

    @Test("a failure is tried again after its delay, and a newer image takes the place of one that waits for that")
    func retry() throws {
        var world = try World([Self.trigger(#""retry": {"attempts": 3, "delay": 10}"#)])
        let first = try #require(try world.push(1, "t"))
        try world.end(first, failing: "exit 1", retryAfter: 0)
        #expect(world.states([first]) == [.pending])
        let due = try #require(try world.settle())
        #expect(due == world.situation.now + 10_000)
        world.situation.now = due
        try world.settle()
        #expect(world.state.deployments[first]?.attempt == 2)
        try world.end(first, failing: "exit 1", retryAfter: 60_000)
        #expect(world.state.deployments[first]?.retryAt == due + 60_000, "the other side asked for more than the 20 s")
        let second = try #require(try world.push(2, "t"))
        #expect(world.states([first, second]) == [.superseded, .running])
    }

    @Test("a failure that will not pass, and the last attempt, end a deployment")
    func finalFailure() throws {
        var world = try World([Self.trigger(#""retry": {"attempts": 2, "delay": 0}"#)])
        let first = try #require(try world.push(1, "t"))
        try world.end(first, failing: "no such hook")
        #expect(world.states([first]) == [.failed])
        let second = try #require(try world.push(2, "t"))
        try world.end(second, failing: "exit 1", retryAfter: 0)
        try world.end(second, failing: "exit 1", retryAfter: 0)
        #expect(world.states([second]) == [.failed])
        world.commit(try world.situation.retry(second))
        try world.settle()
        try world.end(second, failing: "exit 1", retryAfter: 0)
        #expect(world.states([second]) == [.running], "asked for by hand, it has all its attempts again")
    }

    @Test("a production deployment waits for approval, scan, soak and its window, all at once")
    func gates() throws {
        let opens = World.beginning + 3_600_000
        let from = Timestamp.text(opens).replacing(".000Z", with: "Z")
        let until = Timestamp.text(opens + 3_600_000).replacing(".000Z", with: "Z")
        let window = #"{"from": "\#(from)", "until": "\#(until)"}"#
        let gates = """
            "gates": {"approvals": {"count": 1}, "scan": {"maxCounts": {"critical": 0}}, "promotedFrom": "staging",
            "soak": {"environment": "staging", "time": "2h"}, "windows": [\(window)]}
            """
        var world = try World([Self.trigger(name: "s", environment: "staging"), Self.trigger(gates)])
        let production = try #require(try world.push(1, "t"))
        #expect(world.state.deployments[production]?.waitingFor == ["approval", "promotion", "scan", "soak", "window"])
        let staging = try #require(try world.push(1, "s"))
        try world.end(staging)
        #expect(world.state.deployments[production]?.waitingFor == ["approval", "scan", "soak", "window"])
        try Self.approve(&world, production, as: nil)
        world.situation.scans.set(
            Sample.digest(1), ScanTable.Entry(summary: Sample.scan([.high: 9]), sequence: 9, time: world.situation.now))
        #expect(try world.settle() == opens, "nothing before the window opens")
        world.situation.now = opens
        #expect(try world.settle() == opens + 3_600_000)
        #expect(world.state.deployments[production]?.waitingFor == ["soak"])
        world.situation.now = World.beginning + 7_200_000 - 1
        try world.settle()
        #expect(world.starts == [staging])
        world.situation.now = World.beginning + 7_200_000 - 1 + 1
        try world.settle()
        #expect(world.state.deployments[production]?.waitingFor == ["window"], "soaked, and the window is shut again")
    }

    @Test("a scan that is not good enough, and one that does not come, cancel")
    func scans() throws {
        var world = try World([Self.trigger(#""gates": {"scan": {"maxSeverity": "medium", "wait": "1h"}}"#)])
        let first = try #require(try world.push(1, "t"))
        world.situation.scans.set(
            Sample.digest(1), ScanTable.Entry(summary: Sample.scan([.high: 2]), sequence: 9, time: 0))
        try world.settle()
        #expect(world.states([first]) == [.cancelled])
        #expect(world.state.deployments[first]?.reason == "scan: Trivy found 2 high, and at most medium is allowed")
        let second = try #require(try world.push(2, "t"))
        let end = try #require(try world.settle())
        world.situation.now = end
        try world.settle()
        #expect(world.states([second]) == [.cancelled])
        let third = try #require(try world.push(3, "t"))
        world.situation.scans.set(
            Sample.digest(3), ScanTable.Entry(summary: Sample.scan([.medium: 2]), sequence: 10, time: 0))
        try world.settle()
        #expect(world.states([third]) == [.running])
    }

    @Test("what a crash cut off is interrupted and runs again, or fails where the trigger says so")
    func interrupted() throws {
        for (onInterrupted, state) in [("retry", Deployment.State.running), ("fail", .failed)] {
            var world = try World([Self.trigger(#""onInterrupted": "\#(onInterrupted)""#)])
            let id = try #require(try world.push(1, "t"))
            world.crash()
            try world.settle()
            #expect(world.states([id]) == [state])
            #expect(world.state.deployments[id]?.transitions.map(\.step).contains("interrupted") == true)
        }
    }

    @Test("what a crash cut off runs again though a newer one waits for its gates")
    func interruptedBesideNewer() throws {
        var world = try World([Self.trigger(#""gates": {"approvals": {"count": 1}}"#)], trusts: true)
        let first = try #require(try world.push(1, "t"))
        try Self.approve(&world, first, as: "ann")
        world.situation.now += 1000
        let second = try #require(try world.push(2, "t"))
        world.crash()
        try world.settle()
        #expect(world.states([first, second]) == [.running, .waiting])
        try Self.approve(&world, second, as: "ann")
        world.crash()
        try world.settle()
        #expect(world.states([first, second]) == [.superseded, .running], "the newer one is sure to run")
        #expect(throws: DeploymentError.self) { _ = try world.situation.retry(first) }
    }

    @Test("what waits for its next attempt is not dropped for a newer one that waits for its gates")
    func retryBesideNewer() throws {
        let members = #""gates": {"approvals": {"count": 1}}, "retry": {"attempts": 2}"#
        var world = try World([Self.trigger(members)], trusts: true)
        let first = try #require(try world.push(1, "t"))
        try Self.approve(&world, first, as: "ann")
        world.situation.now += 1000
        let second = try #require(try world.push(2, "t"))
        try world.end(first, failing: "busy", retryAfter: 0)
        #expect(world.states([first, second]) == [.pending, .waiting])
    }

    @Test("what waits, waits on after a crash, with its approvals")
    func waitingSurvives() throws {
        var world = try World([Self.trigger(#""gates": {"approvals": {"count": 2}}"#)], trusts: true)
        let id = try #require(try world.push(1, "t"))
        try Self.approve(&world, id, as: "ann")
        world.crash()
        try world.settle()
        #expect(world.states([id]) == [.waiting])
        try Self.approve(&world, id, as: "bob")
        #expect(world.states([id]) == [.running])
    }

    @Test("what waits for a trigger that this version cannot read waits on, until the trigger can be read or is no more")
    func unreadable() throws {
        var world = try World([])
        let readable = try Sample.trigger(Self.trigger(#""gates": {"approvals": {}}"#)).definition
        var other = readable
        other["later"] = .bool(true)
        world.commit([.trigger(TriggerChange(.created, name: "t", definition: readable))])
        let id = try #require(try world.push(1, "t"))
        world.commit([.trigger(TriggerChange(.updated, name: "t", definition: other))])
        try world.settle()
        #expect(world.states([id]) == [.waiting])
        #expect(world.state.deployments[id]?.reason == "trigger t cannot be read by this version")
        world.commit([.trigger(TriggerChange(.updated, name: "t", definition: readable))])
        try world.settle()
        #expect(world.state.deployments[id]?.waitingFor == ["approval"])
        world.commit([TriggerChange(.updated, name: "t", definition: other), TriggerChange(.deleted, name: "t", definition: other)].map { .trigger($0) })
        try world.settle()
        #expect(world.states([id]) == [.cancelled])
    }

    @Test("a run during which the hub ends again and again is not tried for ever, unless somebody asks")
    func poison() throws {
        var world = try World([Self.trigger(#""onFailure": "rollback""#)])
        let good = try #require(try world.push(1, "t"))
        try world.end(good)
        let bad = try #require(try world.push(2, "t"))
        for attempt in 1...10 {
            #expect(world.states([bad]) == [.running] && world.state.deployments[bad]?.attempt == attempt)
            world.crash()
            try world.settle()
        }
        #expect(world.states([bad]) == [.failed])
        #expect(world.state.deployments[bad]?.reason.hasPrefix("interrupted 10 times") == true)
        #expect(world.situation.active.count == 1, "it is rolled back")
        for id in world.situation.active { try world.end(id) }
        try world.unpin()
        world.commit(try world.situation.retry(bad), by: Sample.context)
        try world.settle()
        world.crash()
        try world.settle()
        #expect(world.states([bad]) == [.running])
    }

    @Test("an explanation tells that too many wait already, as a push would find")
    func overflow() throws {
        var world = try World([Self.trigger(#""concurrency": "queue", "allowDowngrade": true, "gates": {"approvals": {}}"#)])
        let trigger = try #require(world.situation.trigger("t"))
        func candidate(_ number: Int) -> Candidate {
            let version = ImageVersion(tag: "t\(number)", digest: Sample.digest(number), pushed: World.beginning)
            return Candidate(
                trigger: "t", repository: Sample.app, version: version, sequence: UInt64(number), time: World.beginning, actor: "ci")
        }
        let limit = Situation.queueLimit
        let event = Array(#"{"type": "io.signalbox.image.pushed"}"#.utf8)
        for number in 1...limit {
            if number == limit { #expect(world.situation.explain(candidate(number), event, trigger).deploys) }
            world.commit(world.situation.admit(candidate(number)))
        }
        #expect(world.state.live.count == limit)
        let reason = "\(limit) deployments of team/app by trigger t wait already: no more are taken"
        #expect(world.situation.explain(candidate(limit + 1), event, trigger).verdict == "would not deploy (queue): \(reason)")
        world.commit(world.situation.admit(candidate(limit + 1)))
        let last = DeploymentID.event(UInt64(limit + 1), trigger: "t")
        #expect(world.state.deployments[last]?.reason == reason && world.states([last]) == [.cancelled])
    }

    @Test("a paused trigger takes no events and holds what waits")
    func paused() throws {
        var world = try World([Self.trigger()])
        let first = try world.push(1, "t")
        let second = try world.push(2, "t")
        world.commit(try world.situation.setPaused(true, trigger: "t"))
        try world.end(try #require(first))
        #expect(world.states([second]) == [.waiting])
        #expect(try world.push(3, "t") == nil)
        world.commit(try world.situation.setPaused(false, trigger: "t"))
        try world.settle()
        #expect(world.states([second]) == [.running])
    }

    @Test("the deployments of a trigger that is removed are cancelled, and what runs ends as it will")
    func removed() throws {
        var world = try World([])
        let trigger = try Sample.trigger(Self.trigger())
        world.commit(try world.situation.create(trigger, limit: 5))
        let first = try world.push(1, "t")
        let second = try world.push(2, "t")
        world.commit(try world.situation.delete(trigger: "t"))
        try world.settle()
        #expect(world.states([first, second]) == [.running, .cancelled])
        try world.end(try #require(first))
        #expect(world.states([first]) == [.succeeded])
    }
}
