import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("checkpoints outside")
    struct OutsideCheckpointTests {
        private func signalbox(_ arguments: [String], _ hub: Hub? = nil) throws -> Finished {
            try run([Place.binary] + arguments, environment: hub.map { ["SIGNALBOX_URL": $0.url] } ?? [:], seconds: 60)
        }

        private func key(_ hub: Hub) throws -> String {
            try #require(try signalbox(["audit", "keys"], hub).text.split(separator: "\n").last.map(String.init))
        }

        @Test("a witness signs checkpoints, a file and a URL get them; a rewritten log is refused by the witness")
        func witnesses() throws {
            let receiver = try Receiver()
            let hub = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }")
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            try hub.restart()
            let key = try key(hub)
            let witness = try Hub(config: "{ audit: { witnessFor: [\"\(key)\"] } }")
            let witnessKey = try #require(try witness.client().request("GET", "/api/v1/audit/keys").json["witness"]?.string)
            #expect(try hub.terminate() == 0)
            let file = hub.folder.path + "/kept"
            let config = """
                { audit: { origin: "hub.example/log", checkpointSeconds: 1, checkpointFile: "\(file)", checkpointURL: "\(receiver.url)",
                  witnesses: [{ url: "\(witness.url)/witness", key: "\(witnessKey)" }] } }
                """
            let second = try Hub(config: config, folder: hub.folder)
            try second.push(Image(seed: 2), to: "team/app", as: "v2")
            let posted = try receiver.wait(for: "a checkpoint of 4 records") { $0.contains { String(decoding: $0.body, as: UTF8.self).contains("\n4\n") } }
            let text = try #require(posted.map { String(decoding: $0.body, as: UTF8.self) }.last { $0.contains("\n4\n") })
            #expect(text.contains("\u{2014} hub.example/log ") && text.contains("/witness "), "\(text)")
            #expect(try second.terminate() == 0)
            #expect(try String(contentsOfFile: file, encoding: .utf8).contains(text))
            let began = try witness.events().filter { $0.type == "io.signalbox.witness.began" }.compactMap { $0["data"] }
            #expect(began.count == 1 && began[0]["origin"]?.string == "hub.example/log" && began[0]["request"]?["address"]?.string == "127.0.0.1", "\(began)")
            let kept = try hub.folder.write("outside", text)
            #expect(try signalbox(["audit", "verify", "--data", second.data, "--checkpoint", kept]).status == 0)
        }

        /// A witness for a hub, which is stopped then.
        private func witness(for hub: Hub) throws -> (hub: Hub, setting: String) {
            let witness = try Hub(config: "{ registry: \"witness.example\", audit: { witnessFor: [\"\(try key(hub))\"] } }")
            let key = try #require(try witness.client().request("GET", "/api/v1/audit/keys").json["witness"]?.string)
            #expect(try hub.terminate() == 0)
            return (witness, "{ url: \"\(witness.url)/witness\", key: \"\(key)\" }")
        }

        @Test("at an orderly end the last checkpoint reaches file, URL and witness, and none of them gets it twice")
        func lastCheckpointGoesOutside() throws {
            let receiver = try Receiver()
            let hub = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }")
            let (witness, setting) = try witness(for: hub)
            let file = hub.folder.path + "/kept"
            let config = """
                { audit: { origin: "hub.example/log", checkpointSeconds: 3600, checkpointFile: "\(file)", checkpointURL: "\(receiver.url)", witnesses: [\(setting)] } }
                """
            let second = try Hub(config: config, folder: hub.folder)
            try second.push(Image(seed: 2), to: "team/app", as: "v2")
            #expect(try second.terminate() == 0)
            let kept = try String(contentsOfFile: file, encoding: .utf8)
            #expect(kept.contains("\n3\n") && kept.contains("/witness "), "\(kept)")
            #expect(receiver.deliveries.map { String(decoding: $0.body, as: UTF8.self) + "\n" }.joined() == kept)
            #expect(try signalbox(["audit", "verify", "--data", second.data, "--checkpoint", file]).status == 0)
            _ = try second.restart()
            #expect(try second.terminate() == 0)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == kept)
            _ = witness
        }

        @Test("a checkpoint that could not be brought outside is offered again without a new record, and after a restart")
        func checkpointIsOfferedAgain() throws {
            let receiver = try Receiver { $0 < 2 ? 503 : 204 }
            let hub = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }")
            let (witness, setting) = try witness(for: hub)
            witness.kill()
            let folder = hub.folder.path + "/later"
            let config = """
                { audit: { origin: "hub.example/log", checkpointSeconds: 1, checkpointFile: "\(folder)/kept", checkpointURL: "\(receiver.url)", witnesses: [\(setting)] } }
                """
            let second = try Hub(config: config, folder: hub.folder)
            try second.push(Image(seed: 2), to: "team/app", as: "v2")
            try receiver.wait(for: "the checkpoint") { $0.contains { String(decoding: $0.body, as: UTF8.self).contains("\n3\n") } }
            #expect(try second.terminate() == 0)
            try second.restart()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try witness.restart()
            try second.wait(for: "the witness's signature") { try $0.request("GET", "/log/checkpoint").text.contains("/witness ") }
            try second.wait(for: "the file") { _ in (try? String(contentsOfFile: folder + "/kept", encoding: .utf8))?.contains("\n3\n") == true }
            #expect(try second.terminate() == 0)
            #expect(try signalbox(["audit", "verify", "--data", second.data]).status == 0)
        }
    }
}
