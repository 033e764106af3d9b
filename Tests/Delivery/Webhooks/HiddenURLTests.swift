import EventLog
import Events
import HTTP
import Testing

@testable import Delivery

/// What is secret in a webhook's URL goes to its receiver alone.
@Suite(.timeLimit(.minutes(5))) struct HiddenURLTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#
    private static let url = "https://hooks.example/services/T00/aBcDeFgHiJkLmNoPqRsTuVwX?token=tok-12345&x=1"
    private static let shown = "https://hooks.example/services/T00/...?..."

    @Test("no event has a URL's query or a part of its path that looks like a secret, and requests go to the whole URL")
    func hidden() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let other = try await webhooks.add("http://other.example/").webhook
        let webhook = try await webhooks.add(Self.url, pattern: Self.guards).webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: Self.url).map(\.guardName) == ["a"])
        #expect(webhooks.view(webhook.id)?.webhook.settings.url == Self.shown)
        // Another query is another receiver, although it shows as the same.
        let changed = Self.url.replacing("tok-12345", with: "tok-67890")
        try await webhooks.update(webhook.id, context: Bench.context) { input in
            #expect(input.settings.url == Self.url)
            var input = input
            input.settings.url = changed
            return input
        }
        try await bench.commitGuards(["b"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: changed).map(\.guardName) == ["b"])
        await webhooks.disable(webhook.id, "for the test")
        await webhooks.stop()
        // The same after a start, and what is not about the URL leaves it as it is.
        let next = try await bench.webhooks(receiver)
        try await next.update(webhook.id, context: Bench.context) { input in
            var input = input
            input.settings.state = .enabled
            return input
        }
        try await bench.commitGuards(["c"])
        try await next.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: changed).map(\.guardName) == ["b", "c"])
        try await next.delete(webhook.id, context: Bench.context)
        try await next.settle(other.id, at: bench.log.durableSequence)
        await next.stop()
        let texts = try bench.records.map(\.body) + receiver.deliveries(to: "http://other.example/").map(\.body)
        for text in texts.map({ String(decoding: $0, as: UTF8.self) }) {
            #expect(!text.contains("tok-") && !text.contains("aBcDeF"), "\(text)")
        }
        #expect(texts.contains { String(decoding: $0, as: UTF8.self).contains(#"/services/T00/...?..."#) })
    }

    @Test("a webhook that an earlier version recorded with its whole URL goes on, shows it no more, and keeps it when it is disabled")
    func earlier() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let first = try await bench.webhooks(receiver)
        let template = try await first.add("http://plain.example/", pattern: Self.guards).webhook
        await first.stop()
        // As it would be in an old log: the record has everything, and the secrets know nothing of the URL.
        let old = {
            var old = template.settings
            old.url = "http://old.example/hook?token=tok-12345"
            return old
        }()
        try await bench.commit([.webhookUpdated(old)])
        let count = try bench.records.count
        let webhooks = try await bench.webhooks(receiver)
        #expect(webhooks.view(old.id)?.webhook.settings.shown.url == "http://old.example/hook?...")
        await webhooks.disable(old.id, "for the test")
        #expect(webhooks.view(old.id)?.webhook.settings.state == .disabled)
        await webhooks.stop()
        let next = try await bench.webhooks(receiver)
        try await next.update(old.id, context: Bench.context) { input in
            #expect(input.settings.url == old.url)
            var input = input
            input.settings.state = .enabled
            return input
        }
        try await bench.commitGuards(["a"])
        try await next.settle(old.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: old.url).map(\.guardName) == ["a"])
        try await next.delete(old.id, context: Bench.context)
        await next.stop()
        for record in try bench.records.dropFirst(count) {
            #expect(!String(decoding: record.body, as: UTF8.self).contains("tok-"))
        }
    }

    @Test("a URL is bounded, and what is shown is not taken for the URL", arguments: [
        ("http://a.example/" + String(repeating: "a", count: 2032), "must have at most 2048 bytes, not 2049"),
        ("http://a.example/hook?...", "give the whole URL"), ("http://a.example/.../x", "give the whole URL"),
        ("http://me:pass-word@a.example/", "has a user name"),
    ])
    func refused(url: String, reason: String) async throws {
        let error = #expect(throws: WebhookError.self) { try WebhookInput(url: url).check() }
        #expect(error?.message.contains(reason) == true && error?.pointer == "/url", "\(error?.message ?? "")")
        #expect(error?.message.contains("pass-word") == false)
    }

    @Test("the longest URL is taken")
    func longest() throws {
        try WebhookInput(url: "http://a.example/" + String(repeating: "a", count: 2031)).check()
    }
}
