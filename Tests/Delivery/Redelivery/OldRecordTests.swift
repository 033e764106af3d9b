import EventLog
import TestSupport
import Testing

@testable import Delivery

/// A delivery that goes on for longer than its first records are kept.
@Suite("Deliveries whose first records are gone", .timeLimit(.minutes(1)))
struct OldRecordTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    /// Fills the log of deliveries, so that what is in it now goes with the next saving.
    private func crowdOut(_ webhooks: Webhooks) async throws {
        let other = DeliveryRecord.Attempt(
            webhook: "wh_other", source: .test, number: 0, sequence: 0, eventID: "", eventType: "", attempt: 1, time: 1, latency: 0, status: 200,
            error: "", fate: .delivered)
        for number in 1...800 {
            _ = webhooks.attempts.append(.attempt(other), response: [UInt8](repeating: 0x61, count: 4096))
            // What is written together is in one segment.
            if number % 100 == 0 { try await webhooks.attempts.sync() }
        }
    }

    private func number(_ id: String) throws -> UInt64 { try #require(DeliveryID.number(id)) }

    private func onlyID(_ webhooks: Webhooks, of webhook: String) async throws -> String {
        var query = Webhooks.DeliveryQuery()
        query.webhook = webhook
        return try #require(try await webhooks.deliveries(query).deliveries.first?.id)
    }

    @Test("one that waits is shown, sent again and called off by its id, with no record left or with the last", arguments: [false, true])
    func waiting(keepsLast: Bool) async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .answered(501)]))
        let webhooks = try await bench.webhooks(receiver, deliveryBytes: 1 << 20)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0, 3600]).webhook
        receiver.hold(after: 1)
        try await bench.commitGuards(["a"])
        try await until { receiver.deliveries.count == 2 }
        let id = try await onlyID(webhooks, of: webhook.id)
        if keepsLast { try await crowdOut(webhooks) }
        receiver.hold(after: .max)
        try await until { webhooks.view(webhook.id)?.status?.inFlight == 0 }
        if !keepsLast { try await crowdOut(webhooks) }
        await webhooks.saveProgress()
        let oldest = try #require(webhooks.attempts.log?.oldestSequence)
        #expect(try oldest > number(id))
        var view = try await webhooks.deliveryView(id)
        #expect(view.id == id && view.state == .retrying && view.attemptCount == 2 && view.eventType == "io.signalbox.guard.created")
        #expect(view.attempts.map(\.status) == (keepsLast ? [501] : []))
        let again = try await webhooks.resend(id)
        try await until { receiver.deliveries.count == 3 && webhooks.view(webhook.id)?.status?.inFlight == 0 }
        view = try await webhooks.deliveryView(again)
        #expect(view.state == .delivered && view.original == id && receiver.deliveries.last?.id == receiver.deliveries.first?.id)
        #expect(try await webhooks.cancel(id).state == .cancelled)
        #expect(webhooks.view(webhook.id)?.status?.open == 0)
        await webhooks.crash()
        let next = try await bench.webhooks(receiver, deliveryBytes: 1 << 20)
        #expect(next.view(webhook.id)?.status?.open == 0)
        await next.stop()
    }

    @Test("one that was given up is shown and sent again by its id while its last record is there")
    func dead() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .answered(501)]))
        let webhooks = try await bench.webhooks(receiver, deliveryBytes: 1 << 20)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]).webhook
        receiver.hold(after: 1)
        try await bench.commitGuards(["a"])
        try await until { receiver.deliveries.count == 2 }
        let id = try await onlyID(webhooks, of: webhook.id)
        try await crowdOut(webhooks)
        receiver.hold(after: .max)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        await webhooks.saveProgress()
        #expect(try #require(webhooks.attempts.log?.oldestSequence) > number(id))
        let view = try await webhooks.deliveryView(id)
        #expect(view.state == .dead && view.attempts.map(\.number) == [2])
        _ = try await webhooks.resend(id)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries.count == 3)
        await webhooks.stop()
    }
}
