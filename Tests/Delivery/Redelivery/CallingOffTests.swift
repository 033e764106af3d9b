import EventLog
import Events
import TestSupport
import Testing

@testable import Delivery

/// What is called off while its requests are under way.
@Suite(.timeLimit(.minutes(1))) struct CallingOffTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    @Test("an attempt under way of what was called off is the last one, and the next in its lane begins")
    func openSet() {
        var random = SeededGenerator(seed: 1)
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule([10, 20])
        rules.keepsOrder = true
        var set = OpenSet(rules)
        let (failing, broken, behind) = (DeliveryKey(.replay, 1), DeliveryKey(.replay, 2), DeliveryKey(.log, 9))
        for (key, lane) in [(failing, UInt64(5)), (broken, 6)] { _ = set.begin(key, sequence: key.number, lane: lane, at: 0) }
        #expect(set.begin(behind, sequence: 9, lane: 5, at: 0) == nil && set.blockedCount == 1)
        set.removeAll(from: .replay)
        #expect(set.count == 3)
        #expect(set.finished(failing, OpenSet.Ending(isSuccess: false), at: 1, using: &random)?.fate == .dead)
        set.abandoned(broken)
        #expect(set.count == 1 && set.requestsUnderWay == 0)
        let next = set.next(at: 1, hasNew: false)
        guard case .attempt(let delivery) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(delivery.key == behind)
    }

    @Test("after a replay to a receiver that fails was called off, another can be asked for at once")
    func again() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        try await bench.commitGuards(["a", "b", "c"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await webhooks.set(webhook.id) { input in
            input.settings.url = "http://dead.example/"
            input.settings.schedule = [3600, 3600]
        }
        try await webhooks.replay(webhook.id, from: .time(0), through: nil)
        try await until { receiver.deliveries(to: "http://dead.example/").count >= 1 }
        try await webhooks.cancelReplay(webhook.id)
        try await until { webhooks.view(webhook.id)?.status?.open == 0 }
        try await webhooks.set(webhook.id) { $0.settings.url = "http://fine.example/" }
        try await webhooks.replay(webhook.id, from: .time(0), through: nil)
        try await until { webhooks.view(webhook.id)?.status?.replay == nil }
        #expect(receiver.deliveries(to: "http://fine.example/").compactMap(\.guardName) == ["a", "b", "c"])
        await webhooks.stop()
    }

    @Test("one request asks for all, and the rate that the receiver allows holds from that one on")
    func allowedRate() async throws {
        let (bench, receiver) = (try Bench(), Receiver(consent: .granted(rate: 1)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { $0.settings.handshake = true }.webhook
        try await bench.commitGuards((0..<12).map { "g\($0)" })
        try await until { webhooks.view(webhook.id)?.status.map { $0.delivered == 1 && $0.inFlight == 0 } == true }
        try await webhooks.set(webhook.id) { $0.settings.rateLimit = 50 }
        try await until { webhooks.endpointQueue(webhook.id) == 11 }
        #expect(receiver.deliveries.count == 1 && receiver.asked == 1)
        await webhooks.stop()
    }

    @Test("a receiver that did not consent gets no test either")
    func consent() async throws {
        let (bench, receiver) = (try Bench(), Receiver(consent: .refused("no")))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { $0.settings.handshake = true }.webhook
        let view = try await webhooks.test(webhook.id)
        #expect(view.state == .dead && view.attempts.first?.error.contains("did not consent") == true)
        #expect(receiver.deliveries.isEmpty)
        await webhooks.stop()
    }
}
