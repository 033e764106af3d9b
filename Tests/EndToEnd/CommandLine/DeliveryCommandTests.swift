import JSON
import Testing

extension EndToEnd {
    @Suite("commands about deliveries")
    struct DeliveryCommandTests {
        private func signalbox(_ hub: Hub, _ arguments: String...) throws -> Finished {
            try run([Place.binary] + arguments, environment: ["SIGNALBOX_URL": hub.url])
        }

        @Test("what was given up is listed and shown, and sent again it arrives under its id")
        func resend() throws {
            let receiver = try Receiver { $0 < 2 ? 500 : 204 }
            let hub = try Hub()
            let webhook = try hub.addWebhook(
                receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#, settings: #""retry": {"schedule": [0]}"#)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            var listed: [JSONValue] = []
            try hub.wait(for: "the delivery to be given up") { _ in
                let out = try signalbox(hub, "deliveries", "list", "--state", "dead", "--webhook", webhook.id, "--json").out
                listed = try out.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
                return !listed.isEmpty
            }
            #expect(listed.count == 1 && listed[0]["attemptCount"]?.int == 2)
            let id = try #require(listed[0]["id"]?.string)
            let table = try signalbox(hub, "deliveries", "list").out
            #expect(table.contains("image.pushed") && table.contains("dead") && table.contains("HTTP 500"))
            let shown = try signalbox(hub, "deliveries", "show", id).out
            #expect(shown.split(separator: "\n").count { $0.contains("HTTP 500") } == 2)

            let again = try signalbox(hub, "deliveries", "resend", id)
            #expect(again.status == 0 && again.out.contains("made again as"), "\(again)")
            let deliveries = try receiver.wait(for: "it to arrive") { !$0.isEmpty }
            #expect(deliveries.map(\.status) == [500, 500, 204])
            #expect(Set(deliveries.map(\.id)).count == 1 && Set(deliveries.map(\.body)).count == 1)
        }

        @Test("what waits is listed, oldest first, and cannot be followed")
        func pending() throws {
            let hub = try Hub()
            let webhook = try hub.addWebhook(
                "http://127.0.0.1:1/", pattern: #"{"type": ["io.signalbox.image.pushed"]}"#, settings: #""state": "paused""#)
            for number in 1...3 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let rows = try signalbox(hub, "deliveries", "list", "--state", "pending", "--webhook", webhook.id).out.split(separator: "\n")
            #expect(rows.count == 4 && rows.dropFirst().allSatisfy { $0.hasPrefix("- ") && $0.contains("pending") }, "\(rows)")
            let lines = try signalbox(hub, "deliveries", "list", "--state", "pending", "--limit", "2", "--json").out.split(separator: "\n")
            let sequences = try lines.map { try JSONValue.parse(Array($0.utf8))["sequence"]?.string.flatMap { Int($0) } }
            #expect(sequences.count == 2 && (sequences[0] ?? 0) < (sequences[1] ?? 0))
            let followed = try signalbox(hub, "deliveries", "list", "--state", "pending", "--follow")
            #expect(followed.status == 2 && followed.err.contains("--follow"), "\(followed)")
        }

        @Test("a replay brings everything again, in order and under the ids it had")
        func replay() throws {
            let receiver = try Receiver()
            let hub = try Hub()
            let webhook = try hub.addWebhook(
                receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#, settings: #""ordering": "fifo""#)
            for number in 1...3 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try receiver.wait(for: "the events") { $0.count == 3 }
            let begun = try signalbox(hub, "webhook", "replay", webhook.id, "--from", "1")
            #expect(begun.status == 0 && begun.out.contains("replay"), "\(begun)")
            let deliveries = try receiver.wait(for: "the replay") { $0.count == 6 }
            #expect(deliveries[3...].map(\.id) == deliveries[..<3].map(\.id))
            #expect(deliveries[3...].map(\.body) == deliveries[..<3].map(\.body))
        }

        @Test("a test says what the receiver answered, and fails where it did not take it")
        func test() throws {
            let receiver = try Receiver { $0 == 0 ? 204 : 503 }
            let hub = try Hub()
            // A test goes out whatever the pattern is, and the record of it does not.
            let webhook = try hub.addWebhook(receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#)
            let taken = try signalbox(hub, "webhook", "test", webhook.id)
            #expect(taken.status == 0 && taken.out.contains("HTTP 204"), "\(taken)")
            let refused = try signalbox(hub, "webhook", "test", webhook.id)
            #expect(refused.status == 1 && refused.err.contains("HTTP 503"), "\(refused)")
            #expect(receiver.deliveries.count == 2 && receiver.deliveries.allSatisfy { $0.isSigned(with: webhook.secret) })
        }

        @Test("a delivery that holds others up is called off, and they go on")
        func cancel() throws {
            let receiver = try Receiver { $0 == 0 ? 500 : 204 }
            let hub = try Hub()
            let webhook = try hub.addWebhook(
                receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#, settings: #""ordering": "fifo", "retry": {"schedule": [600000]}"#)
            for number in 1...2 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            var id = ""
            try hub.wait(for: "the first delivery to fail") { client in
                let shown = try client.request("GET", "/api/v1/webhooks/\(webhook.id)").json
                id = shown["blocking"]?.array?.first?["id"]?.string ?? ""
                return shown["blocked"]?.int == 1 && !id.isEmpty && shown["inFlight"]?.int == 0
            }
            let called = try signalbox(hub, "deliveries", "cancel", id)
            #expect(called.status == 0 && called.out.contains("called off"), "\(called)")
            try receiver.wait(for: "the other") { $0.count == 1 }
            #expect(try signalbox(hub, "deliveries", "show", id).out.contains("cancelled"))
            #expect(try signalbox(hub, "deliveries", "list", "--state", "cancelled").out.contains(id))
            let again = try signalbox(hub, "deliveries", "cancel", id)
            #expect(again.status == 1 && again.err.contains("is over"), "\(again)")
        }

        @Test("who follows deliveries goes on after a restart of the hub, and misses none")
        func followOverRestart() throws {
            let receiver = try Receiver()
            let hub = try Hub()
            _ = try hub.addWebhook(receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#)
            let child = try Child([Place.binary, "deliveries", "list", "--follow"], environment: ["SIGNALBOX_URL": hub.url])
            _ = try child.line(containing: "OUTCOME")
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            _ = try child.line(containing: "image.pushed")
            hub.kill()
            _ = try child.line(containing: "trying again")
            try hub.restart()
            for number in 2...4 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try receiver.wait(for: "all") { $0.count >= 4 }
            let sequences = try hub.events().filter { $0.type == "io.signalbox.image.pushed" }.compactMap { $0["sequence"]?.string }
            for sequence in sequences.dropFirst() { _ = try child.line(containing: "image.pushed \(sequence) ") }
            child.signal(2)
        }

        @Test("followed deliveries are shown as they happen")
        func follow() throws {
            let receiver = try Receiver()
            let hub = try Hub()
            _ = try hub.addWebhook(receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#)
            let child = try Child([Place.binary, "deliveries", "list", "--follow"], environment: ["SIGNALBOX_URL": hub.url])
            _ = try child.line(containing: "OUTCOME")
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try child.line(containing: "image.pushed").contains("delivered"))
            child.signal(2)
        }
    }
}
