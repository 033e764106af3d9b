import EventLog
import EventPattern
import Events
import IO
import TestSupport
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(5))) struct RedeliveryTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    /// A webhook whose receiver refused the first events for good.
    private func withDead(
        _ names: [String], _ body: (Bench, Receiver, Webhooks, Webhook) async throws -> Void
    ) async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500, response: Array("no".utf8)), count: names.count * 2)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]).webhook
        try await bench.commitGuards(names)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await body(bench, receiver, webhooks, webhook)
        await webhooks.stop()
    }

    @Test("a delivery that was given up is kept with all its attempts, and can be sent again under its id")
    func resend() async throws {
        try await withDead(["a", "b"]) { _, receiver, webhooks, webhook in
            #expect(webhooks.view(webhook.id)?.status?.dead == 2)
            var query = Webhooks.DeliveryQuery()
            query.state = .dead
            let dead = try await webhooks.deliveries(query).deliveries
            #expect(dead.count == 2)
            let view = try await webhooks.deliveryView(try #require(dead.last?.id))
            #expect(view.attempts.map(\.number) == [1, 2] && view.attempts.map(\.status) == [500, 500])
            #expect(view.attempts.allSatisfy { $0.response == Array("no".utf8) } && view.kind == "event")
            let before = try #require(receiver.deliveries.first { $0.id == view.eventID })
            let new = try await webhooks.resend(try #require(view.id))
            try await until { receiver.deliveries.count == 5 }
            try await until { webhooks.view(webhook.id)?.status?.open == 0 }
            let again = try #require(receiver.deliveries.last)
            #expect(again.id == before.id && again.body == before.body)
            let outcome = try await webhooks.deliveryView(new)
            #expect(outcome.state == .delivered && outcome.original == view.id && outcome.kind == "redelivery")
            #expect(outcome.attempts.map(\.number) == [1])
        }
    }

    @Test("all that failed since a time is sent again, and nothing else")
    func resendFailed() async throws {
        let names = (0..<30).map { "g\($0)" }
        try await withDead(names) { bench, receiver, webhooks, webhook in
            try await bench.commitGuards(["fine"])
            try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
            let count = receiver.deliveries.count
            try await webhooks.resendFailed(webhook.id, since: .max / 2)
            try await until { webhooks.view(webhook.id)?.status?.redelivery == nil }
            #expect(receiver.deliveries.count == count)
            try await webhooks.resendFailed(webhook.id, since: 0)
            try await until { webhooks.view(webhook.id)?.status?.redelivery == nil }
            #expect(Set(receiver.deliveries.dropFirst(count).compactMap(\.guardName)) == Set(names))
            #expect(receiver.deliveries.count == count + names.count)
        }
    }

    @Test("what was taken since it was given up is not sent again with all that failed, and nothing is sent twice at once")
    func recovered() async throws {
        let names = (0..<12).map { "g\($0)" }
        try await withDead(names) { bench, receiver, webhooks, webhook in
            var query = Webhooks.DeliveryQuery()
            query.state = .dead
            let dead = try await webhooks.deliveries(query).deliveries.reversed().map { $0 }
            func again(_ view: DeliveryView) async throws { _ = try await webhooks.resend(try #require(view.id)) }
            func done() async throws {
                try await until { webhooks.view(webhook.id)?.status.map { $0.redelivery == nil && $0.replay == nil && $0.open == 0 } == true }
            }
            // One is taken when it is sent again, one with a replay, and one is given up once more.
            try await again(dead[0])
            try await done()
            try await webhooks.replay(webhook.id, from: .sequence(dead[1].sequence), through: dead[1].sequence)
            try await done()
            receiver.answer([.answered(500), .answered(500)])
            try await again(dead[2])
            try await done()
            let count = receiver.deliveries.count
            try await webhooks.resendFailed(webhook.id, since: 0)
            try await done()
            let sent = receiver.deliveries.dropFirst(count).compactMap(\.id)
            #expect(sent.count == 10 && Set(sent) == Set(dead.dropFirst(2).map(\.eventID)))
            // Now nothing is given up any more.
            try await webhooks.resendFailed(webhook.id, since: 0)
            try await done()
            #expect(receiver.deliveries.count == count + 10)
        }
    }

    @Test("a set of numbers has what was put in, and is bounded")
    func sequences() {
        var random = SeededGenerator(seed: 11)
        var (set, model) = (SequenceSet(), Set<UInt64>())
        for _ in 0..<20_000 {
            let number = UInt64.random(in: 0...300_000, using: &random)
            if Int.random(in: 0..<3, using: &random) > 0 {
                set.insert(number)
                model.insert(number)
            } else {
                set.remove(number)
                model.remove(number)
            }
        }
        #expect((0...300_100).allSatisfy { set.contains($0) == model.contains($0) })
        set.insert(.max)
        #expect(set.contains(.max) && !set.contains(.max - 1))
        for page in UInt64(0)..<5000 { set.insert(page << 32) }
        #expect(!set.contains(4999 << 32))
    }

    @Test("all that failed is sent again in order where order is kept, and one that fails holds up the next")
    func resendFailedInOrder() async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500), count: 6)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]) { $0.settings.ordering = .fifo }.webhook
        try await bench.commitGuards(["a", "b", "c"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(webhooks.view(webhook.id)?.status?.dead == 3)
        receiver.answer([.answered(500)])
        try await webhooks.resendFailed(webhook.id, since: 0)
        try await until { webhooks.view(webhook.id)?.status?.redelivery == nil }
        #expect(receiver.deliveries.dropFirst(6).map(\.guardName) == ["a", "a", "b", "c"])
        await webhooks.stop()
    }

    @Test("a replay sends all matching events of a stretch again, in order, beside new ones")
    func replay() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        let names = (0..<700).map { "g\($0)" }
        try await bench.commitGuards(names)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let first = receiver.deliveries
        try await webhooks.replay(webhook.id, from: .sequence(11), through: 690)
        try await bench.commitGuards(["new"])
        try await until { webhooks.view(webhook.id)?.status?.replay == nil && receiver.deliveries.count >= 700 + 680 + 1 }
        await webhooks.stop()
        let again = receiver.deliveries.dropFirst(700).filter { $0.guardName != "new" }
        #expect(again.map(\.guardName) == Array(names[9..<689]), "record 1 is the webhook's own")
        #expect(again.map(\.id) == first[9..<689].map(\.id) && again.map(\.body) == first[9..<689].map(\.body))
        #expect(receiver.deliveries.count == 1381)
        await #expect(throws: WebhookError.self) { try await webhooks.replay(webhook.id, from: .sequence(5000), through: nil) }
    }

    @Test("one replay at a time, which can be called off")
    func cancel() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add("http://silent.example/", pattern: Self.guards).webhook
        try await bench.commitGuards((0..<100).map { "g\($0)" })
        try await until { webhooks.view(webhook.id)?.status?.inFlight == 16 }
        try await webhooks.replay(webhook.id, from: .time(0), through: nil)
        let error = await #expect(throws: WebhookError.self) { try await webhooks.replay(webhook.id, from: .time(0), through: nil) }
        #expect(error?.code == .conflict)
        try await webhooks.cancelReplay(webhook.id)
        #expect(webhooks.view(webhook.id)?.status?.replay == nil)
        await webhooks.stop()
        // Nor does it come back with the next start.
        let next = try await bench.webhooks(Receiver())
        #expect(next.view(webhook.id)?.status?.replay == nil)
        await next.stop()
    }

    @Test("a resend and a replay that were promised are made after a crash, each once where nothing was under way")
    func promised() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let before = try await bench.webhooks(receiver)
        let webhook = try await before.add(pattern: Self.guards).webhook
        try await bench.commitGuards(["a", "b", "c"])
        try await before.settle(webhook.id, at: bench.log.durableSequence)
        try await before.update(webhook.id, context: Bench.context) { input in
            var input = input
            input.settings.state = .paused
            return input
        }
        let id = try #require(try await before.deliveries(Webhooks.DeliveryQuery()).deliveries.last?.id)
        let promised = try await before.resend(id)
        try await before.replay(webhook.id, from: .sequence(3), through: 4)
        await before.crash()
        #expect(receiver.deliveries.count == 3)
        let after = try await bench.webhooks(receiver)
        try await after.update(webhook.id, context: Bench.context) { input in
            var input = input
            input.settings.state = .enabled
            return input
        }
        try await until { after.view(webhook.id)?.status?.replay == nil && receiver.deliveries.count >= 6 }
        try await until { after.view(webhook.id)?.status?.open == 0 }
        #expect(Set(receiver.deliveries.dropFirst(3).compactMap(\.guardName)) == ["a", "b", "c"])
        #expect(receiver.deliveries.count == 6)
        #expect(try await after.deliveryView(promised).state == .delivered)
        await after.stop()
    }

    @Test("a test event is signed, answered with what came of it, and kept; it is never tried again")
    func ping() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500, response: Array("oh".utf8))]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { $0.settings.state = .paused }.webhook
        let view = try await webhooks.test(webhook.id)
        #expect(view.state == .dead && view.kind == "test" && view.attempts.first?.status == 500)
        #expect(receiver.deliveries.count == 1 && receiver.deliveries[0].headers["webhook-signature"] != nil)
        #expect(try EventHeader(scanning: receiver.deliveries[0].body).type == "io.signalbox.webhook.ping")
        let id = try #require(view.id)
        let kept = try await webhooks.deliveryView(id)
        #expect(kept.attempts.first?.response == Array("oh".utf8) && kept.eventID == view.eventID)
        await #expect(throws: WebhookError.self) { try await webhooks.resend(id) }
        #expect(webhooks.view(webhook.id)?.status?.dead == 0)
        await webhooks.stop()
    }

    @Test("a dry run tells which of the last events a pattern would have matched")
    func dryRun() async throws {
        let bench = try Bench()
        let webhooks = try await bench.webhooks(Receiver())
        try await bench.commitGuards((0..<50).map { "g\($0)" })
        let run = try await webhooks.dryRun(try .parse(Array(#"{"data":{"guard":{"name":[{"prefix":"g4"}]}}}"#.utf8)), last: 20, on: BlockingPool(threads: 1))
        #expect(run.examined == 20 && run.matched == 10 && run.events.count == 10)
        await webhooks.stop()
    }
}
