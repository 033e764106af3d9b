import EventLog
import Events
import TestSupport
import Testing

@testable import Delivery

/// What is called off is not given up: nothing that sends again what failed brings it back.
@Suite(.timeLimit(.minutes(1))) struct CalledOffUnderWayTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    private func list(_ webhooks: Webhooks, _ state: DeliveryView.State? = nil) async throws -> [DeliveryView] {
        var query = Webhooks.DeliveryQuery()
        query.state = state
        return try await webhooks.deliveries(query).deliveries
    }

    private func resendFailed(_ webhooks: Webhooks, _ id: String) async throws {
        try await webhooks.resendFailed(id, since: 0)
        try await until { webhooks.view(id)?.status.map { $0.redelivery == nil && $0.open == 0 } == true }
    }

    @Test("a delivery that is called off while an attempt is under way is cancelled when that fails, listed once, and not sent again with what failed")
    func underWay() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .answered(501)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0, 3600]).webhook
        receiver.hold(after: 1)
        try await bench.commitGuards(["a"])
        try await until { receiver.deliveries.count == 2 }
        let id = try #require(try await list(webhooks).first?.id)
        #expect(try await webhooks.cancel(id).state == .cancelled)
        #expect(try await list(webhooks).map(\.id) == [id])
        #expect(try await list(webhooks, .pending).isEmpty)
        receiver.hold(after: .max)
        try await until { webhooks.view(webhook.id)?.status?.open == 0 }
        let view = try await webhooks.deliveryView(id)
        #expect(view.state == .cancelled && view.reason == "it was called off" && view.attempts.map(\.status) == [500, 501])
        #expect(try await list(webhooks).map(\.id) == [id])
        #expect(try await list(webhooks, .dead).isEmpty)
        #expect(try await list(webhooks, .cancelled).first?.attemptCount == 2)
        #expect(webhooks.view(webhook.id)?.status?.dead == 0)
        try await resendFailed(webhooks, webhook.id)
        await webhooks.crash()
        let next = try await bench.webhooks(receiver)
        #expect(next.view(webhook.id)?.status.map { $0.dead == 0 && $0.open == 0 } == true)
        try await resendFailed(next, webhook.id)
        #expect(receiver.deliveries.count == 2)
        await next.stop()
    }

    @Test("an attempt that is under way when its delivery is called off, and succeeds, is a success")
    func succeeds() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0, 3600]).webhook
        receiver.hold(after: 1)
        try await bench.commitGuards(["a"])
        try await until { receiver.deliveries.count == 2 }
        let id = try #require(try await list(webhooks).first?.id)
        _ = try await webhooks.cancel(id)
        receiver.hold(after: .max)
        try await until { webhooks.view(webhook.id)?.status?.open == 0 }
        #expect(try await list(webhooks).map(\.state) == [.delivered])
        #expect(try await webhooks.deliveryView(id).state == .delivered)
        await webhooks.stop()
    }

    @Test("what was called off when it was sent again is not sent with all that failed, and what a redelivery as a whole had under way is")
    func sentAgain() async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500), count: 5)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]) { $0.settings.maxInFlight = 1 }.webhook
        try await bench.commitGuards(["a", "b"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        // Both are given up. The first is sent again by itself, waits for its second attempt and is called off.
        try await webhooks.set(webhook.id) { $0.settings.schedule = [3600] }
        let dead = try await list(webhooks, .dead)
        let first = try #require(dead.min { $0.sequence < $1.sequence }?.id)
        let again = try await webhooks.resend(first)
        try await until { receiver.deliveries.count == 5 && webhooks.view(webhook.id)?.status?.inFlight == 0 }
        #expect(try await webhooks.cancel(again).state == .cancelled)
        // The second is under way when all of the redelivery is called off.
        receiver.answer([.answered(500)])
        receiver.hold(after: 5)
        try await webhooks.resendFailed(webhook.id, since: 0)
        try await until { receiver.deliveries.count == 6 }
        try await webhooks.cancelRedelivery(webhook.id)
        receiver.hold(after: .max)
        try await until { webhooks.view(webhook.id)?.status?.open == 0 }
        #expect(receiver.deliveries.last?.guardName == "b" && webhooks.view(webhook.id)?.status?.dead == 2)
        try await resendFailed(webhooks, webhook.id)
        #expect(receiver.deliveries.map(\.guardName).dropFirst(5) == ["b", "b"])
        await webhooks.stop()
    }

    @Test("an event that was given up twice is in a redelivery once, also where the redelivery is read again from where it is")
    func once() async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500), count: 6)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]) { $0.settings.maxInFlight = 1 }.webhook
        try await bench.commitGuards(["a", "b"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let dead = try await list(webhooks, .dead)
        _ = try await webhooks.resend(try #require(dead.min { $0.sequence < $1.sequence }?.id))
        try await until { webhooks.view(webhook.id)?.status?.dead == 3 }
        try await webhooks.set(webhook.id) { $0.settings.schedule = [3600] }
        receiver.answer([.answered(500)])
        receiver.hold(after: 6)
        try await webhooks.resendFailed(webhook.id, since: 0)
        try await until { receiver.deliveries.count == 7 }
        // With another pattern everything that was read is read again.
        try await webhooks.set(webhook.id) { $0.settings.pattern = nil }
        receiver.hold(after: .max)
        try await until {
            webhooks.view(webhook.id)?.status.map { $0.inFlight == 0 && $0.redelivery.map { $0.position == $0.through } == true } == true
        }
        #expect(receiver.deliveries.map(\.guardName).filter { $0 != nil }.dropFirst(6) == ["a", "b"])
        await webhooks.stop()
    }

    @Test("what somebody asked for again by itself is not sent a second time with all that failed")
    func askedFor() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .answered(500)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]).webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await webhooks.set(webhook.id) { $0.settings.state = .paused }
        _ = try await webhooks.resend(try #require(try await list(webhooks, .dead).first?.id))
        try await webhooks.resendFailed(webhook.id, since: 0)
        try await webhooks.set(webhook.id) { $0.settings.state = .enabled }
        try await until { webhooks.view(webhook.id)?.status.map { $0.redelivery == nil && $0.open == 0 } == true }
        #expect(receiver.deliveries.count == 3)
        await webhooks.stop()
    }
}
