import Foundation
import JSON
import TestSupport
import Testing

extension EndToEnd {
    /// Set `SIGNALBOX_BACKLOG` to 10000000 for the full run; `Benchmarks/backlog` measures the program that ships.
    @Suite("a backlog")
    struct BacklogTests {
        @Test("what waits for a receiver that is down costs disk and not memory")
        func memoryIsConstant() throws {
            let most = rounds("SIGNALBOX_BACKLOG", default: 24_000)
            let hub = try Hub()
            let webhook = try hub.addWebhook("http://127.0.0.1:1/", pattern: #"{"type": ["io.signalbox.image.pushed"]}"#)
            for number in 1...2 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v1") }
            #expect(try hub.terminate() == 0)
            let few = try peak(with: most / 10, behind: webhook.id, hub)
            let many = try peak(with: most - most / 10, behind: webhook.id, hub)
            // Their bodies alone are some 800 bytes each, and would be there more than once.
            #expect(many < few + most * 300, "\(few >> 10) KiB with \(most / 10) records, \(many >> 10) KiB with \(most)")
        }

        /// The most memory that the hub takes with so many records more, once it has looked at all of them for its other work and
        /// knows that the receiver is down.
        private func peak(with count: Int, behind webhook: String, _ hub: Hub) throws -> Int {
            try TagMoves.append(count, toLogIn: hub.data + "/log")
            try hub.restart()
            try hub.wait(for: "the webhook to fail, and the tree to be whole", seconds: 240) { client in
                let metrics = try client.request("GET", "/metrics").text
                let view = try client.request("GET", "/api/v1/webhooks/\(webhook)").json
                return view["failing"]?.bool == true && (view["lag"]?.int ?? 0) > count - 100
                    && figure("signalbox_tree_size", metrics) == figure("signalbox_log_sequence", metrics)
            }
            let peak = try hub.peakMemory()
            #expect(try hub.terminate() == 0)
            return peak
        }

        private func figure(_ name: String, _ metrics: String) -> Substring? {
            metrics.split(separator: "\n").first { $0.hasPrefix(name + " ") }?.dropFirst(name.count + 1)
        }
    }
}
