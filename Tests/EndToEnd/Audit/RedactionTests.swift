import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("redaction")
    struct RedactionTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 60)
        }

        @Test("personal data leaves a record and every file of the log, and state, proofs and checkpoints stay")
        func redacts() throws {
            let hub = try Hub()
            let image = Image(seed: 1)
            let client = try hub.client()
            for blob in image.blobs { try client.upload(blob, to: "team/app") }
            let put = try client.request(
                "PUT", "/v2/team/app/manifests/v1",
                headers: ["Content-Type": image.manifest.mediaType, "User-Agent": "Agent-of-Erika-Mustermann"], body: image.manifest.bytes)
            #expect(put.status == 201)
            try hub.push(Image(seed: 2), to: "team/app", as: "v2")
            let before = try hub.events()
            let sequence = try #require(before.first { $0["data"]?["request"]?["userAgent"]?.string?.contains("Erika") == true && $0.type == "io.signalbox.image.pushed" }?.sequence)
            #expect(try signalbox(["audit", "redact", "\(sequence)", "--reason", "asked", "--data", hub.data]).status == 1, "the folder is in use")
            #expect(try hub.terminate() == 0)
            for other in before where other["data"]?["request"]?["userAgent"]?.string?.contains("Erika") == true {
                let done = try signalbox(["audit", "redact", "\(other.sequence ?? 0)", "--reason", "asked", "--data", hub.data])
                #expect(done.status == 0, "\(done)")
            }
            let again = try signalbox(["audit", "redact", "\(sequence)", "--reason", "asked", "--data", hub.data])
            #expect(again.status == 0 && again.out.contains("already"), "\(again)")
            #expect(try signalbox(["audit", "redact", "99", "--reason", "asked", "--data", hub.data]).status == 1)
            for case let file as String in try #require(FileManager.default.enumerator(atPath: hub.data)) {
                guard let content = FileManager.default.contents(atPath: hub.data + "/" + file) else { continue }
                #expect(content.range(of: Data("Erika".utf8)) == nil, "\(file)")
            }
            let verified = try signalbox(["audit", "verify", "--data", hub.data, "--json"])
            #expect(verified.status == 0, "\(verified)")
            #expect(try JSONValue.parse(Array(verified.out.utf8))["redacted"]?.int ?? 0 > 0)

            try hub.restart()
            let after = try hub.events()
            let redacted = try #require(after.first { $0.sequence == sequence })
            #expect(redacted["data"]?["actor"]?["name"]?.string == "redacted-\(sequence)")
            #expect(redacted["data"]?["tag"]?.string == "v1" && redacted["id"] == before.first { $0.sequence == sequence }?["id"])
            #expect(after.contains { $0.type == "io.signalbox.audit.redacted" && $0["data"]?["record"]?.string == "\(sequence)" })
            #expect(try hub.client().manifest("team/app", "v1").body == image.manifest.bytes)
            #expect(try hub.terminate() == 0)
            try hub.restart()
            let key = try #require(try succeed([Place.binary, "audit", "keys"], environment: ["SIGNALBOX_URL": hub.url]).split(separator: "\n").last)
            let proof = hub.folder.path + "/proof"
            try succeed([Place.binary, "audit", "prove", "\(sequence)", "--out", proof], environment: ["SIGNALBOX_URL": hub.url])
            try succeed([Place.binary, "audit", "check-proof", proof, "--key", String(key)])
            let remote = try signalbox(["audit", "verify", "--hub", hub.url, "--key", String(key)])
            #expect(remote.status == 0, "\(remote)")
        }

        @Test("a record that is passed off as redacted is found: no event says so, or it says something else")
        func forged() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let done = try signalbox(["audit", "redact", "2", "--reason", "asked", "--data", hub.data])
            #expect(done.status == 0, "\(done)")
            // Without its last record, the event about it, and the checkpoint over that, the redaction is nobody's word.
            let notes = hub.data + "/checkpoints/" + (try #require(try FileManager.default.contentsOfDirectory(atPath: hub.data + "/checkpoints").first { $0.hasSuffix(".notes") }))
            let checkpoints = try Data(contentsOf: URL(fileURLWithPath: notes))
            try checkpoints[..<(try #require(checkpoints.range(of: Data("checkpoint 2 ".utf8))).lowerBound)].write(to: URL(fileURLWithPath: notes))
            let segment = hub.data + "/log/00000000000000000001.log"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
            let notice = try #require(bytes.range(of: Data("audit.redacted".utf8))).lowerBound
            let start = try #require(bytes[..<notice].range(of: Data("SBF1".utf8), options: .backwards)).lowerBound
            try bytes[..<start].write(to: URL(fileURLWithPath: segment))
            try FileManager.default.removeItem(atPath: hub.data + "/log/closed")
            let finished = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(finished.status == 1 && finished.out.contains("no event says so"), "\(finished)")
        }
    }
}
