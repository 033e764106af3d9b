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
                "127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]", "[::1]",
            ]
            let webhooks = try hosts.map { try hub.addWebhook("http://\($0):\(receiver.port)/hook") }
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            for webhook in webhooks { #expect(try outcome(hub, of: webhook.id).contains("must not be connected to")) }
            #expect(receiver.deliveries.isEmpty)
        }

        @Test("what may never be called is refused when a webhook is added, whatever is listed", arguments: ["{}", #"{ webhooks: { allowNetworks: ["0.0.0.0/0", "::/0"] } }"#])
        func never(config: String) throws {
            let hub = try hub(config)
            let client = try hub.client()
            for host in ["0.0.0.0", "169.254.169.254", "0xa9fea9fe", "[fe80::1]", "[::ffff:169.254.1.1]", "224.0.0.1"] {
                let answer = try client.request(
                    "POST", "/api/v1/webhooks", headers: ["Content-Type": "application/json"], body: Array(#"{"url": "http://\#(host)/"}"#.utf8))
                #expect(try answer.status == 400 && answer.json["pointer"]?.string == "/url", "\(host): \(answer)")
            }
        }

        @Test("a network that is listed may be called, and nothing beside it")
        func listed() throws {
            let (receiver, other) = (try Receiver(), try Receiver())
            let hub = try hub(#"{ webhooks: { allowNetworks: ["127.0.0.1/32", "169.254.0.0/16"] } }"#)
            _ = try hub.addWebhook(receiver.url)
            let refused = try hub.addWebhook("http://127.0.0.2:\(other.port)/")
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            try receiver.wait(for: "the event") { !$0.isEmpty }
            #expect(try outcome(hub, of: refused.id).contains("must not be connected to"))
            #expect(other.deliveries.isEmpty)
        }
    }
}
