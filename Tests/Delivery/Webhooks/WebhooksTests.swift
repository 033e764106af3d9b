import EventLog
import Events
import IO
import TestSupport
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(5))) struct WebhooksTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#
    private static let names = (0..<20).map { "g\($0)" }

    @Test("every matching record is delivered in order, once, signed, byte for byte")
    func delivers() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let (webhook, secret) = try await webhooks.add()
        try await bench.commitGuards(Self.names)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        await webhooks.stop()
        let got = receiver.deliveries
        #expect(got.map(\.body) == (try bench.records.dropFirst().map(\.body)))
        #expect(Set(got.compactMap(\.id)).count == Self.names.count)
        let signer = Signer(WebhookCredentials(secrets: [secret]))
        for delivery in got {
            let id = try #require(delivery.id)
            #expect(try EventHeader(scanning: delivery.body).id == id)
            let timestamp = try #require(delivery.headers["webhook-timestamp"].flatMap { Int64($0) })
            #expect(delivery.headers["webhook-signature"] == (try signer.signatures(id: id, timestamp: timestamp, body: delivery.body)))
        }
    }

    @Test("a receiver that fails gets the same id again, and nothing is skipped")
    func retries() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .failed("refused"), .answered(204), .answered(302)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add().webhook
        try await bench.commitGuards(["a", "b", "c"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let status = try #require(webhooks.view(webhook.id)?.status)
        #expect(status.delivered == 3 && status.dead == 0 && status.failures == 0 && status.failingSince == nil)
        await webhooks.stop()
        #expect(receiver.deliveries.prefix(3).map(\.guardName) == ["a", "b", "c"], "first attempts are in order")
        #expect(receiver.deliveries.count == 6)
        let bodies = Dictionary(grouping: receiver.deliveries, by: { $0.id ?? "" }).mapValues { Set($0.map(\.body)).count }
        #expect(bodies.count == 3 && bodies.values.allSatisfy { $0 == 1 })
    }

    @Test("a pattern filters, and what does not match is done with")
    func filters() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: #"{"data":{"guard":{"name":["b","d"]}}}"#).webhook
        try await bench.commitGuards(["a", "b", "c", "d", "e"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        await webhooks.stop()
        #expect(receiver.deliveries.map(\.guardName) == ["b", "d"])
    }

    @Test("after a restart a webhook goes on from its cursor with its secret")
    func restarts() async throws {
        let (bench, first, second) = (try Bench(), Receiver(), Receiver())
        let before = try await bench.webhooks(first)
        let (webhook, secret) = try await before.add()
        try await bench.commitGuards(["a", "b"])
        try await before.settle(webhook.id, at: bench.log.durableSequence)
        await before.stop()
        try await bench.commitGuards(["c", "d"])
        let after = try await bench.webhooks(second)
        try await after.settle(webhook.id, at: bench.log.durableSequence)
        await after.stop()
        #expect(first.deliveries.map(\.guardName) == ["a", "b"])
        #expect(second.deliveries.map(\.guardName) == ["c", "d"])
        let delivery = try #require(second.deliveries.first)
        let timestamp = try #require(delivery.headers["webhook-timestamp"].flatMap { Int64($0) })
        let expected = try Signer(WebhookCredentials(secrets: [secret])).signatures(
            id: try #require(delivery.id), timestamp: timestamp, body: delivery.body)
        #expect(delivery.headers["webhook-signature"] == expected)
    }

    @Test("an answer of 410 disables the webhook with a record, for the next start too")
    func gone() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(410)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        try await bench.commitGuards(["a", "b"])
        try await until { webhooks.view(webhook.id)?.webhook.settings.state == .disabled }
        await webhooks.stop()
        let last = try #require(try bench.records.last)
        #expect(try EventHeader(scanning: last.body).type == "io.signalbox.webhook.disabled")
        #expect(Set(receiver.deliveries.map(\.guardName)).isSubset(of: ["a", "b"]))
        let again = try await bench.webhooks(receiver)
        #expect(again.view(webhook.id)?.webhook.settings.state == .disabled)
        #expect(again.view(webhook.id)?.webhook.reason == "the receiver answered 410 Gone")
        // Nothing is lost: whoever enables it again gets what is left.
        try await again.update(webhook.id, context: Bench.context) { input in
            var input = input
            input.settings.state = .enabled
            return input
        }
        try await again.settle(webhook.id, at: bench.log.durableSequence)
        #expect(Set(receiver.deliveries.map(\.guardName)) == ["a", "b"])
        await again.stop()
    }

    @Test("after an answer of 410 no further request is begun, not even while that is being recorded")
    func goneAtOnce() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(410)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { $0.settings.maxInFlight = 1 }.webhook
        try await bench.commitGuards(Self.names)
        try await until { webhooks.view(webhook.id)?.webhook.settings.state == .disabled }
        await webhooks.stop()
        #expect(receiver.deliveries.map(\.guardName) == ["g0"])
    }

    @Test("a 410 of the receiver that a webhook had before does not disable it")
    func goneBefore() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(410)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add("http://old.example/", pattern: Self.guards) { $0.settings.maxInFlight = 1 }.webhook
        receiver.hold(after: 0)
        try await bench.commitGuards(["a"])
        try await until { receiver.deliveries.count == 1 }
        try await webhooks.set(webhook.id) { $0.settings.url = "http://new.example/" }
        receiver.hold(after: .max)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(webhooks.view(webhook.id)?.webhook.settings.state == .enabled)
        await webhooks.stop()
        #expect(receiver.deliveries.map(\.url) == ["http://old.example/", "http://new.example/"])
    }

    @Test("a change that would need more signing secrets than there may be is refused, and the webhook goes on")
    func secretTooMany() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        for _ in 1..<WebhookCredentials.maximumSecrets {
            _ = try await webhooks.rotateSecret(webhook.id, to: nil, overlap: nil, context: Bench.context)
        }
        await #expect { try await webhooks.set(webhook.id) { $0.credentials.schemes = [.v1, .v1a] } } throws: { ($0 as? WebhookError)?.code == .tooMany }
        #expect(webhooks.view(webhook.id)?.problem == nil)
        _ = try await webhooks.rotateSecret(webhook.id, to: nil, overlap: 0, context: Bench.context)
        try await webhooks.set(webhook.id) { $0.credentials.schemes = [.v1, .v1a] }
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        await webhooks.stop()
        let signature = try #require(receiver.deliveries.first?.headers["webhook-signature"])
        #expect(signature.split(separator: " ").map { $0.prefix { $0 != "," } } == ["v1a", "v1"])
    }

    @Test("a webhook whose secrets could not be read gets all that came meanwhile when they can be")
    func secretsAway() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let before = try await bench.webhooks(receiver)
        let webhook = try await before.add(pattern: Self.guards).webhook
        await before.stop()
        let file = bench.directory + "/" + (try #require(try Files.list(bench.directory).first))
        try Files.rename(file, to: bench.folder.path + "/away")
        let webhooks = try await bench.webhooks(receiver)
        try await bench.commitGuards(["a"])
        await webhooks.followBroken()
        #expect(webhooks.view(webhook.id)?.problem != nil && receiver.deliveries.isEmpty)
        try Files.rename(bench.folder.path + "/away", to: file)
        await webhooks.followBroken()
        #expect(webhooks.view(webhook.id)?.problem == nil)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        await webhooks.stop()
        #expect(receiver.deliveries.map(\.guardName) == ["a"])
    }

    @Test("deleting a webhook ends its deliveries and removes its files")
    func deletes() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let deleted = try await webhooks.add("http://deleted.example/", pattern: Self.guards).webhook
        let kept = try await webhooks.add("http://kept.example/", pattern: Self.guards).webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(deleted.id, at: bench.log.durableSequence)
        try await webhooks.delete(deleted.id, context: Bench.context)
        #expect(try Files.list(bench.directory).allSatisfy { $0.hasPrefix(kept.id + ".") })
        #expect(webhooks.view(deleted.id) == nil)
        try await bench.commitGuards(["b"])
        try await webhooks.settle(kept.id, at: bench.log.durableSequence)
        await webhooks.stop()
        #expect(receiver.deliveries(to: "http://deleted.example/").map(\.guardName) == ["a"])
        #expect(receiver.deliveries(to: "http://kept.example/").map(\.guardName) == ["a", "b"])
        await #expect(throws: WebhookError.self) { try await webhooks.delete(deleted.id, context: Bench.context) }
    }

    @Test("a receiver that never answers holds up nobody else, nor the stop")
    func silent() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        try await webhooks.add("http://silent.example/", pattern: Self.guards)
        let other = try await webhooks.add("http://other.example/", pattern: Self.guards).webhook
        try await bench.commitGuards(Self.names)
        try await webhooks.settle(other.id, at: bench.log.durableSequence)
        try await until { !receiver.deliveries(to: "http://silent.example/").isEmpty }
        await webhooks.stop()
        #expect(receiver.deliveries(to: "http://other.example/").map(\.guardName) == Self.names)
        #expect(receiver.deliveries(to: "http://silent.example/").map(\.guardName) == Array(Self.names.prefix(16)))
    }

    @Test("there are no more webhooks than the limit, however many ask at once, and a refused one leaves no file")
    func limit() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver, limit: 3)
        let added = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? await webhooks.add(pattern: Self.guards)) != nil } }
            return await group.reduce(into: 0) { count, isAdded in count += isAdded ? 1 : 0 }
        }
        #expect(added == 3)
        #expect(webhooks.list().count == 3)
        #expect(try Files.list(bench.directory).count { $0.hasSuffix(".secret") } == 3)
        let error = await #expect(throws: WebhookError.self) { try await webhooks.add() }
        #expect(error?.code == .tooMany)
        await webhooks.stop()
    }
}
