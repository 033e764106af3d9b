import EventLog
import Events
import Testing

@testable import Delivery

@Suite("What waits", .timeLimit(.minutes(5)))
struct PendingTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    /// All pages of what waits.
    private func all(
        _ webhooks: Webhooks, limit: Int = 7, _ change: (inout Webhooks.DeliveryQuery) -> Void = { _ in },
        between: (_ pages: Int) async throws -> Void = { _ in }
    ) async throws -> [DeliveryView] {
        var query = Webhooks.DeliveryQuery()
        query.state = .pending
        query.limit = limit
        change(&query)
        var found: [DeliveryView] = []
        var pages = 0
        repeat {
            let page = try await webhooks.deliveries(query)
            #expect(page.deliveries.count <= limit)
            found += page.deliveries
            query.cursor = page.next
            pages += 1
            try await between(pages)
        } while query.cursor != nil
        return found
    }

    @Test("for a receiver that is down it is what is tried again and all of the backlog, in order, page by page")
    func backlog() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver, firstProbe: 3_600_000)
        let webhook = try await webhooks.add("http://dead.example/", pattern: Self.guards, schedule: [3600]).webhook
        try await webhooks.add("http://other.example/", pattern: #"{"source":["nobody"]}"#)
        let first = bench.log.durableSequence + 1
        try await bench.commitGuards((0..<300).map { "g\($0)" })
        try await until { webhooks.view(webhook.id)?.status.map { $0.isFailing && $0.inFlight == 0 } == true }
        let tried = receiver.deliveries.count
        for limit in [7, 1000] {
            let views = try await all(webhooks, limit: limit)
            #expect(views.map(\.sequence) == Array(first..<(first + 300)))
            #expect(views.prefix(tried).allSatisfy { $0.state == .retrying && $0.attemptCount == 1 && $0.id != nil && $0.due != nil })
            #expect(views.prefix(tried).allSatisfy { $0.attempts.last?.error == "nobody is there" })
            #expect(views.dropFirst(tried).allSatisfy { $0.state == .pending && $0.id == nil && $0.attempts.isEmpty && $0.kind == "event" })
            #expect(views.allSatisfy { $0.webhook == webhook.id && $0.eventType == "io.signalbox.guard.created" && !$0.eventID.isEmpty })
        }
        let last = try #require(try await all(webhooks).last)
        #expect(try await all(webhooks) { $0.event = last.eventID }.map(\.sequence) == [last.sequence])
        #expect(try await all(webhooks) { $0.event = "\(first + 50)" }.map(\.sequence) == [first + 50])
        #expect(try await all(webhooks) { $0.until = 1 }.isEmpty)
        #expect(try await all(webhooks) { $0.since = .max }.isEmpty)
        #expect(try await all(webhooks) { $0.webhook = "wh_none" }.isEmpty)
        await webhooks.stop()
        // The same after a start, when nothing is in memory yet.
        let again = try await bench.webhooks(receiver, firstProbe: 3_600_000)
        #expect(try await all(again, limit: 100).count == 300)
        await again.stop()
    }

    @Test("what begins between two pages is on one of them")
    func moving() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver, firstProbe: 3_600_000)
        let webhook = try await webhooks.add("http://dead.example/", pattern: Self.guards, schedule: [3600]) { $0.settings.state = .paused }.webhook
        let first = bench.log.durableSequence + 1
        try await bench.commitGuards((0..<100).map { "g\($0)" })
        let views = try await all(
            webhooks, limit: 5,
            between: { page in
                guard page == 1 else { return }
                try await webhooks.set(webhook.id) { $0.settings.state = .enabled }
                try await until { webhooks.view(webhook.id)?.status.map { $0.isFailing && $0.inFlight == 0 } == true }
            })
        // The record of the change is no event of the pattern.
        #expect(views.map(\.sequence) == Array(first..<(first + 100)))
        #expect(views.prefix(5).allSatisfy { $0.state == .pending } && views.contains { $0.state == .retrying })
        await webhooks.stop()
    }

    @Test("what somebody asked for again comes before the log's, webhook by webhook")
    func askedFor() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let first = try await webhooks.add(pattern: Self.guards).webhook
        let second = try await webhooks.add("http://second.example/", pattern: Self.guards).webhook
        try await bench.commitGuards(["a", "b", "c"])
        for webhook in [first, second] { try await webhooks.settle(webhook.id, at: bench.log.durableSequence) }
        let sent = try await webhooks.deliveries(Webhooks.DeliveryQuery()).deliveries.filter { $0.webhook == first.id }.reversed().map { $0 }
        #expect(try await all(webhooks).isEmpty)
        for webhook in [first, second] { try await webhooks.set(webhook.id) { $0.settings.state = .paused } }
        let resent = try await webhooks.resend(try #require(sent[1].id))
        try await webhooks.replay(first.id, from: .sequence(sent[0].sequence), through: sent[1].sequence)
        try await bench.commitGuards(["d"])
        let views = try await all(webhooks, limit: 1)
        #expect(views.map(\.webhook) == [first.id, first.id, first.id, first.id, second.id])
        #expect(views.map(\.kind) == ["redelivery", "replay", "replay", "event", "event"])
        #expect(views.map(\.eventID).prefix(3) == [sent[1].eventID, sent[0].eventID, sent[1].eventID])
        #expect(views.first?.id == resent && views.first?.original == sent[1].id)
        #expect(try await all(webhooks) { $0.webhook = second.id }.count == 1)
        await webhooks.stop()
    }

    @Test("all that failed and is asked for again waits until it begins")
    func failed() async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500), count: 6)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]).webhook
        try await bench.commitGuards(["a", "b", "c"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await webhooks.set(webhook.id) { $0.settings.state = .paused }
        try await webhooks.resendFailed(webhook.id, since: 0)
        let views = try await all(webhooks, limit: 2)
        #expect(views.count == 3 && Set(views.map(\.eventID)).count == 3)
        #expect(views.allSatisfy { $0.kind == "redelivery" && $0.state == .pending })
        await webhooks.stop()
    }

    @Test("webhooks for which nothing waits cost no page")
    func manyWebhooks() async throws {
        let bench = try Bench()
        let webhooks = try await bench.webhooks(Receiver(), limit: 40)
        for _ in 0..<30 { try await webhooks.add("http://fine.example/", pattern: #"{"source":["nobody"]}"#) }
        try await bench.commitGuards(["a"])
        let last = try await webhooks.add(pattern: Self.guards) { $0.settings.state = .paused }.webhook
        try await bench.commitGuards(["b"])
        var query = Webhooks.DeliveryQuery()
        query.state = .pending
        let page = try await webhooks.deliveries(query)
        #expect(page.deliveries.map(\.webhook) == [last.id] && page.next == nil)
        await webhooks.stop()
    }

    @Test("a place in a list that was none is an error", arguments: ["", "1", "1.2", "1.9.3", "1.0.-3", "1.0.18446744073709551616", "a.0.3", "1.0.3.4"])
    func cursors(text: String) async throws {
        #expect(PendingCursor(text) == nil)
        let bench = try Bench()
        let webhooks = try await bench.webhooks(Receiver())
        var query = Webhooks.DeliveryQuery()
        query.state = .pending
        query.cursor = text
        let error = await #expect(throws: WebhookError.self) { try await webhooks.deliveries(query) }
        #expect(error?.pointer == "cursor" && error?.code == .invalid)
        await webhooks.stop()
    }

    @Test("a place in a list reads back as it was written")
    func cursorText() {
        for source in [DeliveryKey.Source.log, .replay, .resend, .failed] {
            let cursor = PendingCursor(webhook: .max, key: DeliveryKey(source, 7))
            #expect(PendingCursor(cursor.text) == cursor)
        }
    }

    @Test("a list after the end of an earlier answer has what was tried since, however many others wait for their next attempt")
    func after() async throws {
        let outcomes = (0..<2200).map { $0.isMultiple(of: 2) ? AttemptOutcome.answered(500) : .answered(204) }
        let (bench, receiver) = (try Bench(), Receiver(outcomes))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [3600]).webhook
        for start in stride(from: 0, to: 2200, by: 550) { try await bench.commitGuards((start..<(start + 550)).map { "g\($0)" }) }
        try await until { webhooks.view(webhook.id)?.status.map { $0.open == 1100 && $0.inFlight == 0 && $0.delivered == 1100 } == true }
        var query = Webhooks.DeliveryQuery()
        query.limit = 1000
        query.after = try await webhooks.deliveries(query).end
        #expect(try await webhooks.deliveries(query).deliveries.isEmpty)
        try await bench.commitGuards(["a", "b", "c"])
        try await until { webhooks.view(webhook.id)?.status.map { $0.delivered == 1103 && $0.inFlight == 0 } == true }
        let last = bench.log.durableSequence
        query.limit = 2
        let page = try await webhooks.deliveries(query)
        query.cursor = page.next
        #expect(query.cursor != nil)
        let rest = try await webhooks.deliveries(query)
        #expect(Set((page.deliveries + rest.deliveries).map(\.sequence)) == Set((last - 2)...last) && rest.next == nil)
        query.state = .pending
        let error = await #expect(throws: WebhookError.self) { try await webhooks.deliveries(query) }
        #expect(error?.pointer == "after" || error?.pointer == "cursor")
        await webhooks.stop()
    }
}
