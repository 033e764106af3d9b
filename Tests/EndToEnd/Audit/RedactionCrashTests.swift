import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("kill -9 during a redaction", .needsRoot("strace"))
    struct RedactionCrashTests {
        /// As long as what a redaction puts in: so the segment keeps its length, and indexes of the old one would seem to fit.
        private static let secret = "Agent-of-Erika-Mustermann" + String(repeating: "x", count: 72)
        private static let request = "request-of-erika"

        @Test("at each step: the record is whole or redacted, indexes and verification say the same, and the command finishes what it began")
        func everyStep() throws {
            let hub = try Hub(["--allow-sparse"])
            let sequence = try fill(hub)
            #expect(try hub.terminate() == 0)
            try SplitLog.split(hub.data + "/log", before: sequence + 3)
            // The record's segment is sealed, and has all its indexes.
            #expect(try query(hub.data, "--request", Self.request) == 1)
            for suffix in [".idx", ".terms"] { #expect(FileManager.default.fileExists(atPath: hub.data + "/log/00000000000000000001" + suffix)) }

            let whole = try DataCopy(of: hub.data)
            let steps = try KillSteps.of(redact(whole.data, sequence), below: whole.data)
            #expect(try size(whole.data) == size(hub.data), "the segment has another length: nothing tells its old indexes from new ones")
            #expect(steps.contains { $0.call.hasPrefix("rename") } && steps.contains { $0.call.hasPrefix("unlink") }, "\(steps)")
            var (before, after, kills) = (0, 0, 0)
            for step in steps {
                let copy = try DataCopy(of: hub.data)
                if try run(KillSteps.command(redact(copy.data, sequence), killedAt: step)).status != 0 { kills += 1 }
                let isWhole = try holds(copy.data, Self.secret)
                if isWhole { before += 1 } else { after += 1 }
                try expect(copy.data, sequence, isRedacted: !isWhole, "killed at \(step)")
                let verified = try run([Place.binary, "audit", "verify", "--data", copy.data])
                #expect([0, 3].contains(verified.status) || (isWhole && verified.out.contains("run 'signalbox audit redact")), "\(step): \(verified)")

                try succeed(redact(copy.data, sequence))
                #expect(try !holds(copy.data, Self.secret) && !holds(copy.data, Self.request), "\(step)")
                try expect(copy.data, sequence, isRedacted: true, "finished after \(step)")
                let finished = try run([Place.binary, "audit", "verify", "--data", copy.data])
                #expect(finished.status == 0, "\(step): \(finished)")
            }
            #expect(before > 0 && after > 0 && KillSteps.isEnough(kills), "\(kills) kills, before and after the record changed: \(before), \(after)")
        }

        /// Pushes, one of them with what is to be taken out; its record.
        private func fill(_ hub: Hub) throws -> Int64 {
            let client = try hub.client()
            for number in 0..<40 {
                let text = """
                    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],"annotations":{"n":"\(number)"}}
                    """
                var headers = ["Content-Type": "application/vnd.oci.image.manifest.v1+json"]
                if number == 20 { headers.merge(["User-Agent": Self.secret, "X-Request-ID": Self.request]) { $1 } }
                #expect(try client.request("PUT", "/v2/team/app/manifests/t\(number)", headers: headers, body: Array(text.utf8)).status == 201)
            }
            return try #require(try hub.events().first { $0["data"]?["request"]?["id"]?.string == Self.request }?.sequence)
        }

        private func redact(_ data: String, _ sequence: Int64) -> [String] {
            [Place.binary, "audit", "redact", "\(sequence)", "--reason", "asked", "--data", data]
        }

        private func size(_ data: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: data + "/log/00000000000000000001.log")[.size] as? Int
        }

        private func query(_ data: String, _ conditions: String...) throws -> Int {
            try succeed([Place.binary, "audit", "query", "--data", data, "--json"] + conditions).split(separator: "\n").count
        }

        /// What the indexes find is what the record holds.
        private func expect(_ data: String, _ sequence: Int64, isRedacted: Bool, _ context: Comment) throws {
            #expect(try query(data, "--request", Self.request) == (isRedacted ? 0 : 1), context)
            #expect(try query(data, "--principal", "redacted-\(sequence)") == (isRedacted ? 1 : 0), context)
            #expect(try query(data, "--tag", "t20") == 1 && query(data, "--tag", "t21") == 1, context)
        }

        private func holds(_ data: String, _ text: String) throws -> Bool {
            for case let file as String in try #require(FileManager.default.enumerator(atPath: data)) {
                guard let content = FileManager.default.contents(atPath: data + "/" + file) else { continue }
                if content.range(of: Data(text.utf8)) != nil { return true }
            }
            return false
        }
    }
}
