import JSON
import Testing

extension EndToEnd {
    @Suite("where webhooks may go")
    struct AddressTests {
        /// A hub that others can reach, as far as it knows.
        private func hub(_ config: String) throws -> Hub {
            try Hub(["--allow-anonymous"], host: "0.0.0.0", config: config)
        }

        private func outcome(_ hub: Hub, of webhook: String) throws -> String {
            var text = ""
            try hub.wait(for: "the attempt") { client in
                text = try client.request("GET", "/api/v1/webhooks/\(webhook)").json["lastAttempt"]?.encodedText ?? ""
                return !text.isEmpty
            }
            return text
        }

        @Test("a hub that listens beyond loopback calls nobody on it, however the address is spelled")
        func refused() throws {
            let receiver = try Receiver()
            let hub = try hub("{}")
            let hosts = [
                "127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "169.254.169.254", "[fe80::1]",
            ]
            let webhooks = try hosts.map { try hub.addWebhook("http://\($0):\(receiver.port)/hook") }
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            for webhook in webhooks { #expect(try outcome(hub, of: webhook.id).contains("must not be connected to")) }
            #expect(receiver.deliveries.isEmpty)
        }

        @Test("a network that is listed may be called, and nothing beside it")
        func listed() throws {
            let (receiver, other) = (try Receiver(), try Receiver())
            let hub = try hub(#"{ webhooks: { allowNetworks: ["127.0.0.1/32", "169.254.0.0/16"] } }"#)
            _ = try hub.addWebhook(receiver.url)
            let refused = try ["127.0.0.2:\(other.port)", "169.254.169.254"].map { try hub.addWebhook("http://\($0)/") }
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            try receiver.wait(for: "the event") { !$0.isEmpty }
            for webhook in refused { #expect(try outcome(hub, of: webhook.id).contains("must not be connected to")) }
            #expect(other.deliveries.isEmpty)
        }
    }
}
