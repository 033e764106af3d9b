import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Set `SIGNALBOX_CRASH_ROUNDS` for more kills than the default.
    @Suite("kill -9 under load")
    struct CrashTests {
        @Test("loses no acknowledged push and no event, and delivers every event to the webhook under one id")
        func survivesKills() async throws {
            // Now and then the receiver refuses or fails, so that retries cross the kills too.
            let receiver = try Receiver { $0 % 53 == 5 ? 503 : 204 }
            let hub = try Hub()
            let webhook = try hub.addWebhook(
                receiver.url, settings: #""ordering": "fifo", "retry": {"schedule": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}"#)
            let ledger = Monitor(Ledger())
            var known: [JSONValue] = []

            for round in 1...rounds("SIGNALBOX_CRASH_ROUNDS", default: 5) {
                let first = ledger.with { $0.pushes.count }
                await crash(hub, ledger, round: round)
                try hub.restart()
                #expect(ledger.with { $0.pushes.count } > first, "the kill came under load")
                #expect(ledger.with { $0.surprises } == [])
                try checkContent(hub, ledger.with { $0 }, from: first)
                known = try checkEvents(hub, ledger.with { $0 }, known: known)
            }

            let sequences = Set(known.compactMap(\.sequence).filter { $0 > webhook.sequence })
            let deliveries = try receiver.wait(for: "every event at the webhook", seconds: 300) {
                sequences.isSubset(of: Set($0.compactMap { try? $0.event.sequence }))
            }
            try checkDeliveries(deliveries, events: known, secret: webhook.secret)
        }

        /// Pushes from several threads, and kills the hub at a random moment after a random number of pushes.
        private func crash(_ hub: Hub, _ ledger: Monitor<Ledger>, round: Int) async {
            let goal = ledger.with { $0.pushes.count } + Int.random(in: 1...60)
            await withTaskGroup { group in
                for writer in 0..<4 {
                    let seed = UInt64(round * 1_000_000 + writer * 100_000)
                    group.addTask {
                        Writer(hub: hub, ledger: ledger, name: "r\(round)-w\(writer)", seed: seed).run()
                    }
                }
                group.addTask {
                    _ = try? ledger.wait(for: "some pushes") { $0.pushes.count >= goal || !$0.surprises.isEmpty ? true : nil }
                    // The moment within a push is random too: this waits for nothing.
                    usleep(UInt32.random(in: 0...8000))
                    hub.kill()
                }
            }
        }

        private func checkContent(_ hub: Hub, _ ledger: Ledger, from first: Int) throws {
            let client = try hub.client()
            let deleted = Set(ledger.deletions)
            for push in ledger.pushes[first...] {
                let manifest = try client.manifest(push.repository, push.tag)
                // A deletion that was under way at the kill may have happened, though nobody was told.
                if deleted.contains(push) {
                    #expect(manifest.status == 404, "\(push) was deleted")
                    continue
                }
                if manifest.status == 404, try hub.isDeleted(push) { continue }
                #expect(manifest.status == 200 && sha256(manifest.body) == push.digest, "\(push): \(manifest)")
                for blob in ledger.blobs[push] ?? [] {
                    #expect(try client.blob(push.repository, blob.digest).body == blob.bytes, "\(push)")
                }
            }
        }

        private func checkEvents(_ hub: Hub, _ ledger: Ledger, known: [JSONValue]) throws -> [JSONValue] {
            let events = try hub.events()
            #expect(events.compactMap(\.sequence) == Array(1...Int64(max(events.count, 1))), "gapless")
            #expect(Array(events.prefix(known.count)) == known, "a record never changes")
            #expect(Set(events.compactMap { $0["id"]?.string }).count == events.count)
            var pushed: [Ledger.Push: Int] = [:]
            for event in events where event.type == "io.signalbox.image.pushed" {
                if let push = Ledger.Push(event) { pushed[push, default: 0] += 1 }
            }
            for push in ledger.pushes {
                #expect(pushed[push] == 1, "one event for \(push)")
            }
            let deleted = Set(events.filter { $0.type == "io.signalbox.image.deleted" }.compactMap { Ledger.Push($0) })
            #expect(deleted.isSuperset(of: ledger.deletions))
            return events
        }

        private func checkDeliveries(_ deliveries: [Delivery], events: [JSONValue], secret: String) throws {
            var order: [String: [Int64]] = [:]
            var delivered: Set<Int64> = []
            let bySequence = Dictionary(uniqueKeysWithValues: events.compactMap { event in event.sequence.map { ($0, event) } })
            for delivery in deliveries {
                let event = try delivery.event
                let sequence = try #require(event.sequence)
                #expect(delivery.isSigned(with: secret))
                #expect(delivery.id == event["id"]?.string)
                #expect(event == bySequence[sequence], "the body is the record")
                if delivered.insert(sequence).inserted { order[event["data"]?["repository"]?.string ?? "", default: []].append(sequence) }
            }
            for (repository, sequences) in order { #expect(sequences == sequences.sorted(), "the first attempts for \(repository) are in order") }
        }
    }
}

extension Hub {
    /// Whether an event tells of the deletion of what was pushed.
    func isDeleted(_ push: Ledger.Push) throws -> Bool {
        try events().contains { $0.type == "io.signalbox.image.deleted" && Ledger.Push($0) == push }
    }
}

extension Ledger.Push {
    /// The push that an image event tells of.
    init?(_ event: JSONValue) {
        guard let data = event["data"], let repository = data["repository"]?.string, let tag = data["tag"]?.string,
            let digest = data["digest"]?.string
        else { return nil }
        self.init(repository: repository, tag: tag, digest: digest)
    }
}
