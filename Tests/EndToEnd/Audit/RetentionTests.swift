import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("retention")
    struct RetentionTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        /// A manifest of about a megabyte, so that segments of the log fill up quickly.
        private func manifest(_ number: Int) -> Content {
            let padding = String(repeating: "abcdefghijklmnopqrstuvwxyz0123456789", count: 29_000)
            let text = """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],"annotations":{"n":"\(number)","padding":"\(padding)"}}
                """
            return Content("application/vnd.oci.image.manifest.v1+json", Array(text.utf8))
        }

        private func segments(_ hub: Hub) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: hub.data + "/log")) ?? []).filter { $0.hasSuffix(".log") }.sorted()
        }

        @Test("old segments are archived and leave the log; no manifest is lost, the hub starts from its snapshots, and all proofs stay")
        func archives() throws {
            let folder = try TemporaryFolder()
            let archive = folder.path + "/archive"
            let config = """
                { allowSparse: true, audit: { checkpointSeconds: 1, retention: { maxBytes: 1, archive: "\(archive)", intervalSeconds: 1 } } }
                """
            let hub = try Hub(config: config, folder: folder)
            let client = try hub.client()
            var digests: [String: [UInt8]] = [:]
            for number in 0..<70 {
                let content = manifest(number)
                #expect(try client.put(content, to: "team/app", as: "t\(number)").status == 201)
                digests["t\(number)"] = content.bytes
            }
            // One that is deleted before, one after: the first needs no file, the second loses it.
            #expect(try client.request("DELETE", "/v2/team/app/manifests/\(manifest(3).digest)").status == 202)
            digests["t3"] = nil
            // Two snapshots must cover what goes: the second is made when there is more to cover.
            let seen = Monitor(0)
            Thread.detachNewThread {
                for number in 70... {
                    guard let client = try? hub.client(), (try? client.put(Content("application/vnd.oci.image.manifest.v1+json", Array("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2},\"layers\":[],\"annotations\":{\"n\":\"\(number)\"}}".utf8)), to: "team/app", as: "t\(number)"))?.status == 201 else { return }
                    seen.with { $0 = number }
                    usleep(200_000)  // load, not synchronisation
                }
            }
            _ = try hub.process.line(containing: "archived")
            #expect(segments(hub).first != "00000000000000000001.log")
            let archived = try FileManager.default.contentsOfDirectory(atPath: archive).sorted()
            #expect(archived.contains("00000000000000000001.log.gz") && archived.contains("00000000000000000001.json"))
            func checkManifests() throws {
                for (tag, bytes) in digests {
                    #expect(try hub.client().manifest("team/app", tag).body == bytes, "\(tag)")
                }
            }
            try checkManifests()
            #expect(try hub.terminate() == 0)
            let verified = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(verified.status == 0 && verified.out.contains("were archived"), "\(verified)")
            // What was archived is the segment, byte for byte, and fits the manifest beside it.
            let described = try JSONValue.parse(Array(try Data(contentsOf: URL(fileURLWithPath: archive + "/00000000000000000001.json"))))
            let sum = try succeed(["sh", "-c", "gzip -dc '\(archive)/00000000000000000001.log.gz' | sha256sum"])
            #expect(sum.hasPrefix(try #require(described["sha256"]?.string)))
            try hub.restart()
            try checkManifests()
            let key = try #require(try succeed([Place.binary, "audit", "keys"], environment: ["SIGNALBOX_URL": hub.url]).split(separator: "\n").last)
            let remote = try signalbox(["audit", "verify", "--hub", hub.url, "--key", String(key)])
            #expect(remote.status == 0, "\(remote)")
            #expect(try signalbox(["audit", "consistency", "1", "--hub", hub.url]).status == 0)
            // A backup of it has what was archived in the form that the hub needs.
            let backup = folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            let restored = try signalbox(["restore", backup, "--data", folder.path + "/restored"])
            #expect(restored.status == 0, "\(restored)")
            // A beginning that is gone without having been archived is still refused.
            #expect(try hub.terminate() == 0)
            try FileManager.default.removeItem(atPath: hub.data + "/log/forgotten")
            let refused = try signalbox(["serve", "--listen", "127.0.0.1:0", "--data", hub.data])
            #expect(refused.status == 1 && refused.err.contains("missing"), "\(refused)")
        }
    }
}
