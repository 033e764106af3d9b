import Events
import JSON
import Testing

@testable import Delivery
@testable import EventLog

/// Which webhooks keep old records in the log, and what the others lose.
@Suite("webhooks and records that leave the log", .timeLimit(.minutes(5))) struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private static let now: Int64 = 1_000 * day

    private func need(_ state: WebhookSettings.State, position: UInt64 = 5, failingFor: Int64? = nil) -> Webhooks.Need {
        let settings = WebhookSettings(id: "w", url: "http://a.example/", state: state)
        return Webhooks.Need(
            webhook: Webhook(settings: settings, created: 1, createdAt: 0), position: position, failingSince: failingFor.map { Self.now - $0 })
    }

    private func holds(_ need: Webhooks.Need, age: Int64) -> Bool {
        let segment = EventLog.SealedSegment(path: "", first: 1, last: 10, bytes: 100, latest: Self.now - age)
        return need.holds(segment, now: Self.now, patience: 7 * Self.day)
    }

    @Test("records wait for a webhook while they are young, or its receiver is about to be given up; never for one that is disabled or done")
    func holds() {
        let young = Self.day, old = 100 * Self.day
        for state in [WebhookSettings.State.enabled, .paused] {
            #expect(holds(need(state), age: young))
            #expect(!holds(need(state), age: old))
            #expect(!holds(need(state, position: 10), age: young), "it has all of them")
        }
        #expect(holds(need(.enabled, failingFor: Self.day), age: old), "it is disabled in time")
        #expect(!holds(need(.enabled, failingFor: 6 * Self.day), age: old), "nothing was to be sent since, so that nobody disabled it")
        #expect(!holds(need(.paused, failingFor: Self.day), age: old), "nothing is tried, so that it is never disabled")
        for age in [0, young, old] { #expect(!holds(need(.disabled), age: age)) }
    }

    private func gaps(_ bench: Bench) throws -> [WebhookGap] {
        try bench.records.compactMap { record in
            guard case .webhookSkipped(_, let gap) = try Event(decoding: record.body).payload else { return nil }
            return gap
        }
    }

    @Test("what a webhook loses is a record and a sum, once, over restarts too; what it got, and what it was not to get, is not lost")
    func skips() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let pattern = #"{"type":["io.signalbox.guard.created"],"data":{"guard":{"name":["a","b","d","e"]}}}"#
        let id = try await webhooks.add(pattern: pattern).webhook.id
        let current = try await webhooks.add().webhook.id
        try await bench.commitGuards(["a"])
        try await webhooks.settle(id, at: bench.log.durableSequence)
        try await webhooks.update(id, context: Bench.context) { input in
            var input = input
            input.settings.state = .disabled
            return input
        }
        try await bench.commitGuards(["b", "c", "d"])
        let last = bench.log.durableSequence
        try await bench.commitGuards(["e"])
        try await webhooks.settle(current, at: bench.log.durableSequence)
        try await webhooks.skip(through: last)
        try await webhooks.skip(through: last)
        let gap = try #require(try gaps(bench).first)
        #expect(try gaps(bench).count == 1 && gap.events == 2 && gap.through == last)
        #expect(webhooks.view(id)?.webhook.lost == Webhook.Lost(events: 2, through: last))
        #expect(webhooks.view(current)?.webhook.lost == Webhook.Lost())
        await webhooks.stop()

        let again = try await bench.webhooks(receiver)
        #expect(again.view(id)?.webhook.lost.events == 2)
        try await again.skip(through: last)
        try await again.skip(through: last + 1)
        #expect(try gaps(bench).map(\.events) == [2, 1], "only what had not been said")
        #expect(again.view(id)?.webhook.lost == Webhook.Lost(events: 3, through: last + 1))
        let bytes = again.snapshot(through: 0).bytes()
        #expect(try WebhookState(snapshot: bytes, sequence: 1).webhooks[id]?.lost.events == 3, "a snapshot has it too")
        await again.stop()
    }
}
