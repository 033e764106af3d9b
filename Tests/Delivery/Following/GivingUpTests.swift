import EventLog
import Events
import IO
import Synchronization
import Testing

@testable import Delivery

@Suite("A webhook that is given up", .timeLimit(.minutes(5)))
struct GivingUpTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#
    private static let day: Int64 = 86_400_000

    /// Failed attempts of a webhook that came to nothing, at times before now.
    private func seed(_ bench: Bench, _ webhook: String, ago times: [Int64]) throws {
        let log = DeliveryLog.open(DeliveryLog.Options(directory: bench.deliveries)).log
        for (number, time) in times.enumerated() {
            let attempt = DeliveryRecord.Attempt(
                webhook: webhook, source: .log, number: 1, sequence: 1, eventID: "", eventType: "", attempt: number + 1,
                time: Wall.milliseconds - time, latency: 0, status: 500, error: "", fate: .dead)
            _ = log.append(.attempt(attempt))
        }
        log.close()
    }

    /// What becomes of a webhook with such a past when one more attempt fails.
    private func afterOneMore(
        ago times: [Int64], _ body: (Bench, Receiver, Webhooks, String) async throws -> Void
    ) async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let before = try await bench.webhooks(receiver)
        let webhook = try await before.add("http://dead.example/", pattern: Self.guards, schedule: [3600, 3600, 3600]).webhook.id
        await before.stop()
        try seed(bench, webhook, ago: times)
        let webhooks = try await bench.webhooks(receiver)
        try await bench.commitGuards(["a"])
        try await until { receiver.deliveries.count == 1 && webhooks.view(webhook)?.status?.inFlight == 0 }
        try await body(bench, receiver, webhooks, webhook)
        await webhooks.stop()
    }

    @Test("five days without a success disable it with a record, over restarts; what is owed is kept")
    func fiveDays() async throws {
        // Every 12 hours for 5 days and an hour.
        let hour = Self.day / 24
        try await afterOneMore(ago: (0...10).reversed().map { Int64($0) * 12 * hour + hour }) { bench, receiver, webhooks, id in
            try await until { webhooks.view(id)?.webhook.settings.state == .disabled }
            // The record comes first, then what follows from it.
            try await until { webhooks.state.withLock { $0.endpoints[id] }?.core.withLock { $0.open.rules.isHeld } == true }
            #expect(webhooks.view(id)?.webhook.reason == "it has failed for 5 days")
            let last = try #require(try bench.records.last)
            #expect(try Event(decoding: last.body).payload.type == .webhookDisabled)
            try await bench.commitGuards(["b"])
            #expect(receiver.deliveries.count == 1)
            // Who enables it means it: it is tried anew, and one failure does not disable it again.
            try await webhooks.set(id) { $0.settings.state = .enabled }
            try await until { receiver.deliveries.count == 3 && webhooks.view(id)?.status?.inFlight == 0 }
            #expect(receiver.deliveries.map(\.guardName) == ["a", "a", "b"], "what waited is tried at once")
            #expect(webhooks.view(id)?.webhook.settings.isEnabled == true)
            // The receiver is mended.
            try await webhooks.set(id) { $0.settings.state = .paused }
            try await webhooks.set(id) { input in
                input.settings.url = "http://fine.example/"
                input.settings.state = .enabled
            }
            try await webhooks.settle(id, at: bench.log.durableSequence)
            #expect(receiver.deliveries(to: "http://fine.example/").map(\.guardName) == ["a", "b"])
        }
    }

    @Test("failures that lie far apart are of different times", arguments: [[6 * day], [7 * day, 6 * day], [3 * day, 60_000]])
    func apart(times: [Int64]) async throws {
        try await afterOneMore(ago: times) { bench, _, webhooks, id in
            #expect(webhooks.view(id)?.webhook.settings.isEnabled == true)
            let types = try bench.records.map { try Event(decoding: $0.body).payload.type }
            #expect(!types.contains(.webhookDisabled))
        }
    }

    @Test("failures far apart are not taken together by a start either")
    func folded() throws {
        var state = SavedEndpoint(position: 0)
        for (number, time) in [Self.day, 7 * Self.day].enumerated() {
            let attempt = DeliveryRecord.Attempt(
                webhook: "wh_1", source: .log, number: UInt64(number + 1), sequence: 1, eventID: "", eventType: "", attempt: 1, time: time,
                latency: 0, status: 500, error: "", fate: .dead)
            state.apply(.attempt(attempt), number: UInt64(number + 1))
        }
        #expect(state.circuit.failingSince == 7 * Self.day && state.circuit.failures == 2)
    }
}
