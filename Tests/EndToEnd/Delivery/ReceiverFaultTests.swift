import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Receivers that do whatever receivers do, beside others that work.
    @Suite("faulty receivers")
    struct ReceiverFaultTests {
        /// Attempts soon, and more of them than any test needs.
        private static let retry = #""retry": {"schedule": [\#(Array(repeating: "1", count: 32).joined(separator: ","))]}"#
        private static let pushes = #"{"type": ["io.signalbox.image.pushed"]}"#

        private func ids(_ events: [JSONValue]) -> Set<String> { Set(events.compactMap { $0["id"]?.string }) }

        @Test("each event comes to each live receiver, over kills of the hub, whatever the other receivers do")
        func faults() throws {
            // What holds a connection holds it until the end: nothing here can have waited for it.
            let end = Monitor(false)
            let hold: @Sendable () throws -> Void = { _ = try end.wait(for: "the end of the test", seconds: 600) { $0 ? true : nil } }
            let silent = try SocketServer { _ in try hold() }
            let hanging = try SocketServer { connection in
                _ = try connection.readDelivery()
                try hold()
            }
            let trickling = try SocketServer { connection in
                _ = try connection.readDelivery()
                try connection.send("HTTP/1.1 200 OK\r\nX: ")
                while !end.with({ $0 }) {
                    try connection.send("x")
                    usleep(20_000)
                }
            }
            let dying = try SocketServer { connection in _ = try connection.read(100) }
            let breaking = try SocketServer { connection in
                _ = try connection.readDelivery()
                try connection.send("HTTP/1.1 200 OK\r\nContent-Le")
            }
            let failing = try Receiver { _ in 500 }
            let shaky = try Receiver { $0 % 3 == 1 ? 503 : 204 }
            let (parallel, ordered) = (try Receiver(), try Receiver { $0 % 7 == 3 ? 500 : 200 })
            let hub = try Hub()
            for url in [silent.url, hanging.url, trickling.url, dying.url, breaking.url, failing.url, "http://127.0.0.1:1/"] {
                _ = try hub.addWebhook(url, pattern: Self.pushes, settings: Self.retry)
            }
            for receiver in [shaky, parallel] { _ = try hub.addWebhook(receiver.url, pattern: Self.pushes, settings: Self.retry) }
            _ = try hub.addWebhook(ordered.url, pattern: Self.pushes, settings: Self.retry + #", "ordering": "fifo""#)

            for round in 0..<3 {
                for number in 0..<10 {
                    try hub.push(Image(seed: UInt64(round * 100 + number)), to: "team/app\(number % 2)", as: "v\(round)-\(number)")
                }
                hub.kill()
                try hub.restart()
            }
            let events = try hub.events().filter { $0.type == "io.signalbox.image.pushed" }
            #expect(events.count == 30)
            for receiver in [shaky, parallel, ordered] {
                let deliveries = try receiver.wait(for: "every event", seconds: 240) { ids(events).isSubset(of: Set($0.map(\.id))) }
                let bodies = Dictionary(grouping: deliveries, by: \.id).mapValues { Set($0.map(\.body)).count }
                #expect(bodies.values.allSatisfy { $0 == 1 }, "an id stands for one body")
                #expect(ids(events) == Set(bodies.keys), "and nothing comes that is no event")
            }
            try checkOrder(ordered.deliveries)
            end.with { $0 = true }
        }

        /// Of each repository, what was taken for the first time was taken in the order of the log.
        private func checkOrder(_ deliveries: [Delivery]) throws {
            var seen: [String: [Int64]] = [:]
            var ids: Set<String> = []
            for delivery in deliveries where delivery.status < 300 && ids.insert(delivery.id).inserted {
                let event = try delivery.event
                seen[event["data"]?["repository"]?.string ?? "", default: []].append(event.sequence ?? 0)
            }
            #expect(seen.count == 2)
            for (_, sequences) in seen { #expect(sequences == sequences.sorted()) }
        }

        @Test("429 with Retry-After, then a success: the same delivery again, under its id")
        func retryAfter() throws {
            let receiver = try Receiver(fields: { $0 == 0 ? "Retry-After: 1\r\n" : "" }, answer: { $0 == 0 ? 429 : 204 })
            let hub = try Hub()
            _ = try hub.addWebhook(receiver.url, pattern: Self.pushes, settings: Self.retry)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let deliveries = try receiver.wait(for: "the delivery") { !$0.isEmpty }
            #expect(deliveries.map(\.status) == [429, 204])
            #expect(Set(deliveries.map(\.id)).count == 1 && Set(deliveries.map(\.body)).count == 1)
        }

        @Test("410 ends a webhook with a record, and another gets what comes after")
        func gone() throws {
            let (gone, other) = (try Receiver { _ in 410 }, try Receiver())
            let hub = try Hub()
            let webhook = try hub.addWebhook(gone.url, pattern: Self.pushes, settings: Self.retry)
            _ = try hub.addWebhook(other.url)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let isDisabled: (Delivery) -> Bool = { (try? $0.event.type) == "io.signalbox.webhook.disabled" }
            try other.wait(for: "the record") { $0.contains(where: isDisabled) }
            try hub.push(Image(seed: 2), to: "team/app", as: "v2")
            try other.wait(for: "the second push") { $0.contains { (try? $0.event["data"]?["tag"]) == .string("v2") } }
            #expect(Set(gone.deliveries.map(\.id)).count == 1)
            let shown = try hub.client().request("GET", "/api/v1/webhooks/\(webhook.id)")
            #expect(try shown.json["state"] == .string("disabled"), "\(shown)")
        }

        @Test("a redirect is a failure and is not followed")
        func redirect() throws {
            let target = try Receiver()
            let url = target.url
            let receiver = try Receiver(fields: { $0 < 2 ? "Location: \(url)\r\n" : "" }, answer: { $0 == 0 ? 302 : $0 == 1 ? 307 : 204 })
            let hub = try Hub()
            _ = try hub.addWebhook(receiver.url, pattern: Self.pushes, settings: Self.retry)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try receiver.wait(for: "the delivery") { !$0.isEmpty }.map(\.status) == [302, 307, 204])
            #expect(target.deliveries.isEmpty)
        }
    }
}
