import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("webhooks")
    struct WebhookTests {
        @Test("an event that was acknowledged while the receiver was down arrives when it is back, under one id; in order where asked for")
        func retries() throws {
            let receiver = try Receiver { $0 < 3 ? 500 : 204 }
            let hub = try Hub()
            let webhook = try hub.addWebhook(receiver.url, settings: #""ordering": "fifo", "retry": {"schedule": [1, 1, 1, 1, 1, 1]}"#)
            for number in 1...5 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let events = try hub.events(after: webhook.sequence)
            let deliveries = try receiver.wait(for: "every event", seconds: 120) { accepted in
                Set(accepted.map(\.id)).isSuperset(of: events.compactMap { $0["id"]?.string })
            }
            let accepted = try deliveries.filter { $0.status == 204 }.map { try $0.event }
            #expect(accepted.count == events.count && accepted.allSatisfy(events.contains), "each once, byte for byte the record")
            #expect(accepted.compactMap(\.sequence) == accepted.compactMap(\.sequence).sorted(), "one repository, in order")
            #expect(deliveries.allSatisfy { $0.isSigned(with: webhook.secret) })
        }

        @Test("a webhook with a pattern gets what matches, and only that")
        func pattern() throws {
            let receiver = try Receiver()
            let hub = try Hub()
            _ = try hub.addWebhook(
                receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"], "data": {"repository": [{"prefix": "prod/"}]}}"#)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            try hub.push(Image(seed: 2), to: "prod/app", as: "v1")
            try hub.push(Image(seed: 3), to: "team/app", as: "v2")
            try hub.push(Image(seed: 4), to: "prod/app", as: "v2")
            let deliveries = try receiver.wait(for: "two events") { $0.count >= 2 }
            #expect(try deliveries.map { try $0.event["data"]?["repository"]?.string } == ["prod/app", "prod/app"])
        }

        @Test("a push never waits for a receiver, whatever the receiver does")
        func neverWaits() throws {
            // It accepts the connection and never answers.
            let silent = try Receiver { _ in
                Thread.sleep(forTimeInterval: 3600)
                return 204
            }
            let hub = try Hub()
            for _ in 0..<20 { _ = try hub.addWebhook(silent.url) }
            for number in 1...50 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.events().count >= 50)
        }

        @Test("after a removal nothing more is sent")
        func removal() throws {
            let removed = try Receiver()
            let kept = try Receiver()
            let hub = try Hub()
            let webhook = try hub.addWebhook(removed.url)
            _ = try hub.addWebhook(kept.url)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            try removed.wait(for: "the first push") { $0.contains { (try? $0.event.type) == "io.signalbox.image.pushed" } }
            #expect(try hub.client().request("DELETE", "/api/v1/webhooks/\(webhook.id)").status == 204)
            let before = removed.deliveries.count
            try hub.push(Image(seed: 2), to: "team/app", as: "v2")
            try kept.wait(for: "the second push") { $0.contains { (try? $0.event["data"]?["tag"]) == .string("v2") } }
            #expect(removed.deliveries.count == before)
        }
    }
}
