import Events
import Testing

@testable import Deployment

/// When a newer image takes the place of one that waits.
@Suite struct LatestTests {
    private static func trigger(_ members: String = "") -> String {
        #"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}\#(members.isEmpty ? "" : ", ")\#(members)}"#
    }

    private func approve(_ world: inout World, _ id: String) throws {
        world.commit(
            try world.situation.approve(id, digest: nil, actor: .anonymous, name: nil, comment: nil, isRejection: false), by: Sample.context)
        try world.settle()
    }

    @Test("what was superseded can be asked for again when the newer one is gone")
    func supersededAgain() throws {
        var world = try World([Self.trigger()])
        let running = try #require(try world.push(1, "t"))
        let first = try #require(try world.push(2, "t"))
        world.situation.now += 1000
        let second = try #require(try world.push(3, "t"))
        #expect(world.states([running, first, second]) == [.running, .superseded, .pending])
        #expect(throws: DeploymentError.self, "the newer one waits") { _ = try world.situation.retry(first) }
        world.commit(try world.situation.cancel(second, actor: .anonymous, reason: nil))
        world.commit(try world.situation.retry(first))
        try world.settle()
        #expect(world.states([first, second]) == [.pending, .cancelled])
    }

    @Test("a newer image whose scan is bad, or that is rejected, costs no good one that waits", arguments: [true, false])
    func hopelessNewer(isRejected: Bool) throws {
        let gates = #""gates": {"approvals": {}, "scan": {"maxSeverity": "low"}, "windows": {"cron": "0 9 * * *", "duration": "1h"}}"#
        var world = try World([Self.trigger(gates)])
        world.situation.now = 1_790_000_000_000 / 86_400_000 * 86_400_000
        let good = try #require(try world.push(1, "t"))
        try approve(&world, good)
        world.situation.scans.set(Sample.digest(1), .init(summary: Sample.scan([:]), sequence: 1, time: 0))
        world.situation.now += 1000
        let bad = try #require(try world.push(2, "t"))
        #expect(world.states([good, bad]) == [.waiting, .waiting], "nobody knows yet whether the newer one is any good")
        if isRejected {
            world.commit(
                try world.situation.approve(bad, digest: nil, actor: .anonymous, name: nil, comment: nil, isRejection: true))
        } else {
            world.situation.scans.set(Sample.digest(2), .init(summary: Sample.scan([.critical: 1]), sequence: 2, time: 0))
        }
        world.crash()
        try world.settle()
        #expect(world.states([good, bad]) == [.waiting, .cancelled])
        // What holds every image alike is no reason to keep an older one.
        world.situation.now += 1000
        let better = try #require(try world.push(3, "t"))
        world.situation.scans.set(Sample.digest(3), .init(summary: Sample.scan([:]), sequence: 3, time: 0))
        try approve(&world, better)
        #expect(world.states([good, better]) == [.superseded, .waiting])
        world.situation.now += 9 * 3_600_000
        try world.settle()
        #expect(world.starts == [better])
    }

    private static let version = #""policy": {"semver": "*"}, "gates": {"approvals": {}}"#

    private func explain(_ world: World, _ number: Int, _ tag: String) throws -> Explanation {
        let candidate = Candidate(
            trigger: "t", repository: Sample.app, version: ImageVersion(tag: tag, digest: Sample.digest(number), pushed: world.situation.now),
            sequence: .max, time: world.situation.now, actor: "ci")
        return world.situation.explain(candidate, Array(#"{"type":"io.signalbox.image.pushed"}"#.utf8), try #require(world.situation.trigger("t")))
    }

    @Test("an older image that is pushed while a newer one waits for approval is known, and can be asked for when that one is rejected")
    func olderFix() throws {
        var world = try World([Self.trigger(Self.version)])
        let newer = try #require(try world.push(2, "t", tag: "2.0.0"))
        let step = try explain(world, 1, "1.9.9").steps.first { $0.name == "concurrency" }
        #expect(step?.outcome == .stop && step?.reason.contains("2.0.0 (\(newer)), which is newer, waits in its place") == true)
        let fix = try #require(try world.push(1, "t", tag: "1.9.9"))
        #expect(world.states([newer, fix]) == [.waiting, .superseded])
        let error = #expect(throws: DeploymentError.self) { _ = try world.situation.retry(fix) }
        #expect(error?.message.contains("cancel that first (signalbox deployments cancel \(newer))") == true)
        world.commit(try world.situation.approve(newer, digest: nil, actor: .anonymous, name: nil, comment: nil, isRejection: true))
        #expect(try explain(world, 3, "1.9.8").deploys)
        world.commit(try world.situation.retry(fix))
        try world.settle()
        try approve(&world, fix)
        #expect(world.starts == [fix])
    }

    @Test("in a queue an older image waits beside a newer one that is not approved yet; whichever is approved first, none goes over a newer one", arguments: [true, false])
    func olderInQueue(isNewerFirst: Bool) throws {
        var world = try World([Self.trigger(Self.version + #", "concurrency": "queue""#)])
        let newer = try #require(try world.push(2, "t", tag: "2.0.0"))
        let fix = try #require(try world.push(1, "t", tag: "1.9.9"))
        #expect(world.states([newer, fix]) == [.waiting, .waiting])
        try approve(&world, isNewerFirst ? newer : fix)
        #expect(try world.push(3, "t", tag: "1.9.7") == nil, "what is approved is on its way")
        try world.end(isNewerFirst ? newer : fix)
        #expect(world.states([newer, fix]) == (isNewerFirst ? [.succeeded, .superseded] : [.waiting, .succeeded]))
    }

    @Test("an older image that passes its gates runs before a newer one that has not")
    func olderThatPasses() throws {
        var world = try World([Self.trigger(#""policy": {"semver": "*"}, "gates": {"scan": {"maxSeverity": "low"}}"#)])
        let newer = try #require(try world.push(2, "t", tag: "2.0.0"))
        world.situation.scans.set(Sample.digest(1), .init(summary: Sample.scan([:]), sequence: 1, time: 0))
        #expect(try explain(world, 1, "1.9.9").deploys)
        let fix = try #require(try world.push(1, "t", tag: "1.9.9"))
        #expect(world.states([newer, fix]) == [.waiting, .running])
        let third = try #require(try world.push(3, "t", tag: "1.9.10"))
        #expect(world.states([newer, third]) == [.waiting, .superseded], "of two that have not passed theirs the newer one waits")
        try world.end(fix)
        world.situation.scans.set(Sample.digest(2), .init(summary: Sample.scan([:]), sequence: 2, time: 0))
        try world.settle()
        #expect(world.starts == [fix, newer])
    }

    @Test("of those that have not passed their gates the newest waits, beside the one that has")
    func newestOfTheUnknown() throws {
        var world = try World([Self.trigger(#""gates": {"approvals": {}, "windows": {"cron": "0 9 * * *", "duration": "1h"}}"#)])
        world.situation.now = 1_790_000_000_000 / 86_400_000 * 86_400_000
        var ids: [String] = []
        for number in 1...4 {
            world.situation.now += 1000
            ids.append(try #require(try world.push(number, "t")))
            if number == 2 { try approve(&world, ids[1]) }
        }
        #expect(world.states(ids) == [.superseded, .waiting, .superseded, .waiting])
        world.situation.now += 9 * 3_600_000
        try world.settle()
        #expect(world.starts == [ids[1]])
        try approve(&world, ids[3])
        try world.end(ids[1])
        #expect(world.starts == [ids[1], ids[3]])
    }
}
