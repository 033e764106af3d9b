import Crypto
import EventLog
import Events
import IO
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(5))) struct EndpointTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    @Test("whatever fails and whenever the hub is killed, each event is delivered, and nothing that was recorded is repeated", arguments: UInt64(0)..<3)
    func kills(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (bench, receiver) = (try Bench(), Receiver())
        let isOrdered = Bool.random(using: &random)
        var webhook: Webhook?
        var names: [String] = []
        for round in 0..<4 {
            let webhooks = try await bench.webhooks(receiver)
            if webhook == nil {
                webhook = try await webhooks.add(pattern: Self.guards) { input in
                    input.settings.ordering = isOrdered ? .fifo : .parallel
                    input.settings.maxInFlight = Int.random(in: 1...8, using: &random)
                }.webhook
            }
            receiver.answer((0..<Int.random(in: 0...60, using: &random)).map { _ in .answered([204, 204, 500, 503].randomElement(using: &random) ?? 204) })
            let batch = (0..<Int.random(in: 1...80, using: &random)).map { "r\(round)-\($0)" }
            names += batch
            let goal = receiver.deliveries.count + Int.random(in: 0...batch.count, using: &random)
            try await bench.commitGuards(batch)
            try await until { receiver.deliveries.count >= goal }
            if Bool.random(using: &random) { await webhooks.saveProgress() }
            if round < 3 {
                await webhooks.crash()
            } else {
                try await webhooks.settle(try #require(webhook).id, at: bench.log.durableSequence)
                #expect(webhooks.view(try #require(webhook).id)?.status?.dead == 0)
                await webhooks.stop()
            }
        }
        #expect(Set(receiver.deliveries.compactMap(\.guardName)) == Set(names), "none is skipped")
        let bodies = Dictionary(grouping: receiver.deliveries, by: { $0.id ?? "" }).mapValues { Set($0.map(\.body)).count }
        #expect(bodies.values.allSatisfy { $0 == 1 })
    }

    @Test("a dead receiver holds up nobody, and its backlog is not in memory")
    func isolation() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver, firstProbe: 300_000)
        let dead = try await webhooks.add("http://dead.example/", pattern: Self.guards, schedule: []).webhook
        let silent = try await webhooks.add("http://silent.example/", pattern: Self.guards).webhook
        let fine = try await webhooks.add("http://fine.example/", pattern: Self.guards).webhook
        let names = (0..<5000).map { "g\($0)" }
        for start in stride(from: 0, to: 5000, by: 500) { try await bench.commitGuards(Array(names[start..<start + 500])) }
        try await webhooks.settle(fine.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: "http://fine.example/").map(\.guardName) == names)
        let status = try #require(webhooks.view(dead.id)?.status)
        #expect(status.isFailing && status.failingSince != nil && status.open <= 26)
        #expect(status.position < bench.log.durableSequence)
        #expect(receiver.deliveries(to: "http://dead.example/").count <= 26)
        #expect(webhooks.view(silent.id)?.status?.inFlight == 16)
        try await until { webhooks.endpointQueue(dead.id) <= 8 }
        await webhooks.stop()
    }

    @Test("a pause keeps the position, and what came meanwhile is delivered after it")
    func pause() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await webhooks.set(webhook.id) { $0.settings.state = .paused }
        try await bench.commitGuards(["b", "c"])
        try await webhooks.set(webhook.id) { $0.settings.url = "http://other.example/" }
        #expect(receiver.deliveries.count == 1)
        #expect((webhooks.view(webhook.id)?.status?.position ?? .max) < bench.log.durableSequence)
        try await webhooks.set(webhook.id) { $0.settings.state = .enabled }
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: "http://other.example/").map(\.guardName) == ["b", "c"])
        await webhooks.stop()
    }

    @Test("a pattern that changes holds for what comes after, and no event is lost or sent twice on the way")
    func patternChanges() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        for round in 0..<20 {
            try await bench.commitGuards((0..<10).map { "r\(round)-\($0)" })
            let isAll = round.isMultiple(of: 2)
            try await webhooks.set(webhook.id) { $0.settings.pattern = isAll ? try JSONValue.parse(#"{"source":[{"prefix":"/"}]}"#) : try JSONValue.parse(Self.guards) }
        }
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let names = receiver.deliveries.compactMap(\.guardName)
        #expect(Set(names).count == 200 && names.count == 200)
        await webhooks.stop()
    }

    @Test("an event that cannot be read for a while is not given up, and goes out when it can be read again")
    func unreadable() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [3600]).webhook.id
        try await bench.commitGuards(["a"])
        try await until { webhooks.view(webhook)?.status?.failures == 1 }
        let paused: @Sendable (inout WebhookInput) -> Void = { $0.settings.state = .paused }
        let enabled: @Sendable (inout WebhookInput) -> Void = { $0.settings.state = .enabled }
        // The event is the last of its segment, and there are more segments behind it than a log keeps open.
        let first = try #require(try Files.list(bench.folder.path + "/log").filter { $0.hasSuffix(".log") }.min())
        for number in 0..<40 {
            let log = bench.log
            try await bench.pool.run { () throws(LogError) in try log.seal(startedBefore: .max) }
            if number == 0 { try await webhooks.set(webhook, paused) }
            try await bench.commitGuards(["later\(number)"])
        }
        let path = bench.folder.path + "/log/" + first
        try Files.rename(path, to: path + ".away")
        try await webhooks.set(webhook, enabled)
        try await until { receiver.deliveries.count == 41 && webhooks.view(webhook)?.status?.inFlight == 0 }
        let status = try #require(webhooks.view(webhook)?.status)
        #expect(status.open == 1 && status.dead == 0 && status.failures == 0 && !status.isFailing)
        try Files.rename(path + ".away", to: path)
        for state in [paused, enabled] { try await webhooks.set(webhook, state) }
        try await webhooks.settle(webhook, at: bench.log.durableSequence)
        #expect(receiver.deliveries.count == 42 && receiver.deliveries.last?.guardName == "a")
        let shown = try await webhooks.deliveries(Webhooks.DeliveryQuery()).deliveries.first
        #expect(shown?.state == .delivered && shown?.attemptCount == 2)
        await webhooks.stop()
    }

    @Test("in a batch several events share a request, the same ones the same id")
    func batches() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { input in
            input.settings.format = "cloudevents-batch"
            input.settings.batch.events = 10
            input.settings.maxInFlight = 1
        }.webhook
        let names = (0..<35).map { "g\($0)" }
        try await bench.commitGuards(names)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let batches = try receiver.deliveries.map { try JSONValue.parse($0.body).array ?? [] }
        #expect(batches.allSatisfy { (1...10).contains($0.count) })
        let got = batches.flatMap { $0 }.compactMap { $0["data"]?["guard"]?["name"]?.string }
        #expect(Set(got) == Set(names))
        let bodies = Dictionary(grouping: receiver.deliveries, by: { $0.id ?? "" }).mapValues { Set($0.map(\.body)).count }
        #expect(bodies.values.allSatisfy { $0 == 1 })
        #expect(receiver.deliveries.allSatisfy { $0.id?.hasPrefix("batch_") == true })
        await webhooks.stop()
    }

    @Test("a batch that failed is sent again under its id with the same events")
    func batchAgain() async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500), count: 2)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [1, 1, 1]) { input in
            input.settings.format = "cloudevents-batch"
            input.settings.batch.events = 10
        }.webhook
        try await bench.commitGuards((0..<20).map { "g\($0)" })
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let ids = receiver.deliveries.compactMap(\.id)
        #expect(ids.count == 4 && Set(ids.prefix(2)) == Set(ids.suffix(2)) && Set(ids).count == 2)
        await webhooks.stop()
    }

    @Test("what goes together again is no more than a batch may have in bytes")
    func batchBytes() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        try await bench.commitGuards((0..<10).map { "g\($0)" })
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let size = try #require(receiver.deliveries.map(\.body.count).max())
        try await webhooks.set(webhook.id) { input in
            input.settings.state = .paused
            input.settings.format = "cloudevents-batch"
            input.settings.batch.bytes = 2 * size
        }
        for view in try await webhooks.deliveries(Webhooks.DeliveryQuery()).deliveries { _ = try await webhooks.resend(try #require(view.id)) }
        try await webhooks.set(webhook.id) { $0.settings.state = .enabled }
        try await until { webhooks.view(webhook.id)?.status?.open == 0 }
        let batches = try receiver.deliveries.dropFirst(10).map { try JSONValue.parse($0.body).array?.count ?? 0 }
        #expect(batches.reduce(0, +) == 10 && batches.allSatisfy { $0 <= 2 }, "\(batches)")
        await webhooks.stop()
    }

    @Test("who has not consented gets nothing, and who has is told who calls")
    func handshake() async throws {
        let (bench, receiver) = (try Bench(), Receiver(consent: .refused(.badRate(["no"]))))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]) { $0.settings.handshake = true }.webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries.isEmpty)
        #expect(webhooks.view(webhook.id)?.status?.lastAttempt?.outcome.text.contains("did not consent") == true)
        await webhooks.stop()
        let willing = Receiver(consent: .granted(rate: 60_000))
        let again = try await bench.webhooks(willing)
        try await bench.commitGuards(["b"])
        try await again.settle(webhook.id, at: bench.log.durableSequence)
        #expect(willing.deliveries.map(\.guardName) == ["b"])
        #expect(willing.deliveries.first?.headers["webhook-request-origin"] == "hub.example")
        await again.stop()
    }

    @Test("a data folder of the first version goes on where its cursor is, with its secret")
    func upgrade() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let secret = try SigningSecret.random()
        try await bench.commit([.webhookCreated(WebhookSettings(id: "wh_old", url: "http://old.example/"))])
        try await bench.commitGuards(["a", "b", "c"])
        try bench.folder.write("webhooks/wh_old.secret", AEAD.seal(secret.bytes, key: bench.key, associatedData: Array("wh_old".utf8)))
        try bench.folder.write("webhooks/wh_old.cursor", "00000000000000000002\n")
        for names in [["b", "c"], []] {
            let count = receiver.deliveries.count
            let webhooks = try await bench.webhooks(receiver)
            try await webhooks.settle("wh_old", at: bench.log.durableSequence)
            await webhooks.stop()
            #expect(receiver.deliveries.dropFirst(count).map(\.guardName) == names)
        }
        #expect(try Files.list(bench.directory) == ["wh_old.secret"], "the position is kept elsewhere now")
        let delivery = try #require(receiver.deliveries.first)
        let timestamp = try #require(delivery.headers["webhook-timestamp"].flatMap { Int64($0) })
        let expected = try Signer(WebhookCredentials(secrets: [secret])).signatures(id: try #require(delivery.id), timestamp: timestamp, body: delivery.body)
        #expect(delivery.headers["webhook-signature"] == expected)
    }
}

extension Webhooks {
    func set(_ id: String, _ change: @Sendable (inout WebhookInput) throws -> Void) async throws {
        try await update(id, context: Bench.context) { input in
            var input = input
            try change(&input)
            return input
        }
    }

    func endpointQueue(_ id: String) -> Int {
        state.withLock { $0.endpoints[id] }?.core.withLock { $0.main.queue.count } ?? 0
    }
}
