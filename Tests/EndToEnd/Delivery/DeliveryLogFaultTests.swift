import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("a log of deliveries that cannot be written", .needsRoot("strace"))
    struct DeliveryLogFaultTests {
        private static let faults = ["ENOSPC", "EIO"]

        @Test("pushes and deliveries go on, it is told, and when there is room again deliveries are recorded again", arguments: faults)
        func fault(error: String) throws {
            let receiver = try Receiver()
            let hub = try Hub()
            _ = try hub.addWebhook(receiver.url, pattern: #"{"type": ["io.signalbox.image.pushed"]}"#)
            try push(1, hub, receiver)
            try hub.wait(for: "the first delivery to be recorded") { try listed($0).count == 1 }

            let segment = hub.data + "/deliveries/log/00000000000000000001.log"
            let calls = try SystemCalls(["pwrite64", "pwritev", "pwritev2", "write"], of: hub.process.processIdentifier, on: segment, fault: "error=\(error)")
            for number in 2...4 { try push(number, hub, receiver) }
            #expect(try hub.client().request("GET", "/readyz").status == 200, "the registry has nothing to do with it")
            try hub.wait(for: "it to be told") { try unrecorded($0) > 0 }
            #expect(try hub.client().request("GET", "/api/v1/deliveries").status == 503)
            #expect(try calls.detach().contains(where: \.isInjected))

            try hub.wait(for: "it to be opened again") { try $0.request("GET", "/api/v1/deliveries").status == 200 }
            try push(5, hub, receiver)
            try hub.wait(for: "the delivery to be recorded") { try listed($0).first?["eventId"]?.string == receiver.deliveries.last?.id }

            // What was not recorded may come again after a crash, and nothing is left out.
            hub.kill()
            try hub.restart()
            try push(6, hub, receiver)
            let bodies = Dictionary(grouping: receiver.deliveries, by: \.id).mapValues { Set($0.map(\.body)).count }
            #expect(bodies.count == 6 && bodies.values.allSatisfy { $0 == 1 })
        }

        private func push(_ number: Int, _ hub: Hub, _ receiver: Receiver) throws {
            try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)")
            try receiver.wait(for: "push \(number)") { Set($0.map(\.id)).count == number }
        }

        private func listed(_ client: Client) throws -> [JSONValue] {
            try client.request("GET", "/api/v1/deliveries").json["deliveries"]?.array ?? []
        }

        private func unrecorded(_ client: Client) throws -> Int {
            let name = "signalbox_delivery_attempts_unrecorded_total "
            let line = try client.request("GET", "/metrics").text.split(separator: "\n").first { $0.hasPrefix(name) }
            return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
        }
    }
}
