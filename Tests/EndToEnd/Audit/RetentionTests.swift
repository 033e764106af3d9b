import EventLog
import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("retention")
    struct RetentionTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        private func manifest(_ number: Int) -> Content {
            let text = """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],"annotations":{"n":"\(number)"}}
                """
            return Content("application/vnd.oci.image.manifest.v1+json", Array(text.utf8))
        }

        /// Pushes 70 images, and starts the hub again on a log of four segments; the manifests by tag.
        private func fill(_ hub: Hub) throws -> [String: [UInt8]] {
            let client = try hub.client()
            var manifests: [String: [UInt8]] = [:]
            for number in 0..<70 {
                #expect(try client.put(manifest(number), to: "team/app", as: "t\(number)").status == 201)
                manifests["t\(number)"] = manifest(number).bytes
            }
            // The first needs no file in the archive's place.
            #expect(try client.request("DELETE", "/v2/team/app/manifests/\(manifest(3).digest)").status == 202)
            manifests["t3"] = nil
            #expect(try hub.terminate() == 0)
            for sequence: Int64 in [61, 41, 21] { try SplitLog.split(hub.data + "/log", before: sequence) }
            return manifests
        }

        private func check(_ manifests: [String: [UInt8]], _ hub: Hub, _ context: Comment = "") throws {
            let client = try hub.client()
            for (tag, bytes) in manifests { #expect(try client.manifest("team/app", tag).body == bytes, context) }
        }

        private func segments(_ hub: Hub) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: hub.data + "/log")) ?? []).filter { $0.hasSuffix(".log") }.sorted()
        }

        @Test(
            "old segments of a hub where nothing happens are archived and leave the log; no manifest is lost, the hub starts from its snapshots, and all proofs stay",
            arguments: ["maxBytes: 1", "maxAge: \"1s\""])
        func archives(limit: String) throws {
            let folder = try TemporaryFolder()
            let archive = folder.path + "/archive"
            let config = """
                { allowSparse: true, audit: { checkpointSeconds: 1, retention: { \(limit), archive: "\(archive)", intervalSeconds: 1 } } }
                """
            let hub = try Hub(config: config, folder: folder)
            let manifests = try fill(hub)
            try hub.restart()
            // Nothing comes any more: two snapshots must cover what goes all the same.
            _ = try hub.process.line(containing: "archived")
            #expect(segments(hub) == ["00000000000000000061.log"])
            let archived = try FileManager.default.contentsOfDirectory(atPath: archive).sorted()
            let first = try #require(archived.first { $0.hasPrefix("00000000000000000001-") && $0.hasSuffix(".json") }).dropLast(5)
            #expect(archived.contains("\(first).log.gz"))
            try check(manifests, hub)
            // That they went is a record, which was there before, and has the place of each in the archive and the tree.
            let records = try hub.events(after: 60).filter { $0.type == "io.signalbox.audit.archived" }
            let notices = records.compactMap { $0["data"] }
            let signed = try hub.client().request("GET", "/log/checkpoint").text.split(separator: "\n").dropFirst().first.flatMap { Int64($0) } ?? 0
            #expect(records.allSatisfy { ($0.sequence ?? .max) <= signed }, "a checkpoint covers what is said of them before they go")
            #expect(notices.map { $0["from"]?.string } == ["1", "21", "41"] && notices.map { $0["through"]?.string } == ["20", "40", "60"])
            for notice in notices {
                let file = archive + "/" + (try #require(notice["file"]?.string))
                #expect(try succeed(["sha256sum", file]).hasPrefix(try #require(notice["fileSHA256"]?.string)))
                #expect(try succeed(["sh", "-c", "gzip -dc '\(file)' | sha256sum"]).hasPrefix(try #require(notice["sha256"]?.string)))
                #expect(try #require(notice["checkpoint"]?["size"]?.string.flatMap { Int($0) }) >= 60)
                #expect(notice["actor"]?["name"]?.string == "retention")
            }
            #expect(try hub.terminate() == 0)
            let verified = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(verified.status == 0 && verified.out.contains("were archived"), "\(verified)")
            // What was archived is the segment, byte for byte, and fits the manifest beside it.
            let described = try JSONValue.parse(Array(try Data(contentsOf: URL(fileURLWithPath: "\(archive)/\(first).json"))))
            let sum = try succeed(["sh", "-c", "gzip -dc '\(archive)/\(first).log.gz' | sha256sum"])
            #expect(sum.hasPrefix(try #require(described["sha256"]?.string)))
            try hub.restart()
            try check(manifests, hub)
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

        @Test("a log whose beginning somebody took away is told from one whose beginning was archived: no record says so")
        func takenAway() throws {
            let hub = try Hub()
            for number in 0..<12 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let last = try #require(try hub.events().last?.sequence)
            #expect(try hub.terminate() == 0)
            try hub.divideLog()
            let segments = hub.segments
            try #require(segments.count > 2)
            #expect(try signalbox(["audit", "verify", "--data", hub.data]).status == 0)
            for name in try FileManager.default.contentsOfDirectory(atPath: hub.data + "/log") where name.hasPrefix("00000000000000000001.") {
                try FileManager.default.removeItem(atPath: hub.data + "/log/" + name)
            }
            // The mark that retention leaves, too.
            try LogCut.mark(directory: hub.data + "/log", first: segments[1], last: UInt64(last))
            let verified = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(verified.status == 1 && verified.out.contains("records 1 to \(segments[1] - 1) are not in the log, and no record says that they were archived"), "\(verified)")
        }

        @Test("questions are answered from what is kept, of a running hub and of a stopped one, and say where the log begins")
        func questions() throws {
            let folder = try TemporaryFolder()
            let config = """
                { allowSparse: true, audit: { checkpointSeconds: 1, retention: { maxBytes: 1, archive: "\(folder.path)/archive", intervalSeconds: 1 } } }
                """
            let hub = try Hub(config: config, folder: folder)
            _ = try fill(hub)
            try hub.restart()
            _ = try hub.process.line(containing: "archived")
            // One tag stays as it was before the log begins, one moves, one goes, and one is new.
            let client = try hub.client()
            let before = try #require(try hub.events(after: 60).first?["time"]?.string)
            #expect(try client.put(manifest(100), to: "team/app", as: "t1").status == 201)
            #expect(try client.request("DELETE", "/v2/team/app/manifests/t2").status == 202)
            #expect(try client.put(manifest(101), to: "team/app", as: "new").status == 201)
            func check(_ source: [String]) throws {
                func tag(_ name: String, at: String? = nil) throws -> Finished {
                    try signalbox(["audit", "tag", "team/app:\(name)"] + (at.map { ["--at", $0] } ?? []) + source)
                }
                for (name, at, digest) in [
                    ("t0", nil, manifest(0).digest), ("t0", before, manifest(0).digest), ("t1", before, manifest(1).digest), ("t1", nil, manifest(100).digest),
                    ("t2", before, manifest(2).digest), ("t2", nil, nil), ("new", before, nil), ("new", nil, manifest(101).digest), ("never", nil, nil),
                ] as [(String, String?, String?)] {
                    let answer = try tag(name, at: at)
                    #expect(answer.status == (digest == nil ? 1 : 0) && answer.out == (digest.map { $0 + "\n" } ?? ""), "\(name) \(at ?? ""): \(answer)")
                }
                #expect(try tag("t0").err.contains("begins with record 61"))
                let early = try tag("t0", at: "2020-01-01")
                #expect(early.status == 1 && early.err.contains("--archive") && early.err.contains("record 61"), "\(early)")
                let image = try signalbox(["audit", "image", "team/app@\(manifest(0).digest)"] + source)
                #expect(image.status == 1 && image.err.contains("begins with record 61"), "\(image)")
                let all = try signalbox(["audit", "query", "--limit", "0", "--json"] + source)
                #expect(all.status == 0 && all.err.contains("begins with record 61") && all.out.split(separator: "\n").last?.contains("\"sequence\":\"61\"") == true)
                for complete in [["--after", "60"], ["--since", before], ["--limit", "1"]] {
                    let finished = try signalbox(["audit", "query"] + complete + source)
                    #expect(finished.status == 0 && finished.err.isEmpty, "\(finished)")
                }
                #expect(try signalbox(["audit", "query", "--count-by", "type"] + source).err.contains("begins with record 61"))
                #expect(try signalbox(["audit", "export"] + source).err.contains("begins with record 61"))
            }
            try check(["--hub", hub.url])
            #expect(try hub.terminate() == 0)
            try check(["--data", hub.data])
        }

        @Test("webhooks that are disabled, or behind for too long, do not keep the log from ending; what they lose is told")
        func deadWebhooks() throws {
            let folder = try TemporaryFolder()
            let config = """
                { allowSparse: true, audit: { checkpointSeconds: 1, retention: { maxBytes: 1, archive: "\(folder.path)/archive", intervalSeconds: 1, waitForWebhooks: "1s" } } }
                """
            let hub = try Hub(config: config, folder: folder)
            let client = try hub.client()
            var ids: [String: String] = [:]
            for state in ["disabled", "paused"] {
                let body = #"{"url": "http://127.0.0.1:9/", "state": "\#(state)", "pattern": {"type": ["io.signalbox.image.pushed"]}}"#
                let made = try client.request("POST", "/api/v1/webhooks", headers: ["Content-Type": "application/json"], body: Array(body.utf8))
                ids[state] = try #require(try made.json["id"]?.string)
            }
            _ = try fill(hub)
            try hub.restart()
            _ = try hub.process.line(containing: "archived")
            let oldest = try #require(try hub.client().request("GET", "/api/v1/events?order=asc&limit=1").json["events"]?.array?.first?.sequence)
            #expect(oldest == 61)
            // The first three records are the webhooks' own and the repository's.
            let lost: Int64 = 57
            for (state, id) in ids {
                let webhook = try hub.client().request("GET", "/api/v1/webhooks/\(id)").json
                #expect(webhook["lost"]?.int == lost && webhook["lostThrough"]?.string == "\(oldest - 1)", "\(state): \(webhook.encodedText)")
                let skipped = try hub.events(after: oldest).filter { $0.type == "io.signalbox.webhook.skipped" && $0["data"]?["webhook"]?["id"]?.string == id }
                #expect(skipped.map { $0["data"]?["skipped"]?["events"]?.int } == [lost], "\(state)")
                #expect(try hub.client().request("GET", "/metrics").text.contains("signalbox_webhook_lost_total{webhook=\"\(id)\"} \(lost)"))
            }
            #expect(try hub.terminate() == 0)
            let verified = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(verified.status == 0, "\(verified)")
        }

        @Test("killed anywhere on the way, nothing is lost, the log fits its tree, and the next turn goes on", .needsRoot("strace"))
        func killed() throws {
            let folder = try TemporaryFolder()
            func config(_ folder: TemporaryFolder) -> String {
                """
                { allowSparse: true, audit: { checkpointSeconds: 1, retention: { maxBytes: 1, archive: "\(folder.path)/archive", intervalSeconds: 1 } } }
                """
            }
            let hub = try Hub(config: config(folder), folder: folder)
            let manifests = try fill(hub)
            func start() throws -> Hub {
                let folder = try TemporaryFolder()
                try FileManager.default.copyItem(atPath: hub.data, toPath: folder.path + "/data")
                return try Hub(config: config(folder), folder: folder)
            }
            let first = try start()
            let steps = try KillSteps.of(first.process.processIdentifier, below: first.folder.path) { _ = try first.process.line(containing: "archived") }
            #expect(steps.contains { $0.call.hasPrefix("rename") } && steps.contains { $0.call.hasPrefix("unlink") }, "\(steps)")
            for _ in 0..<rounds("SIGNALBOX_CRASH_ROUNDS", default: 6) {
                let step = try #require(steps.randomElement())
                let hub = try start()
                let calls = try SystemCalls([step.call], of: hub.process.processIdentifier, fault: "signal=KILL:when=\(step.number)")
                // It is killed, or gzip is ("old segments stay"), or the calls are others this time, and it gets through.
                _ = try? hub.process.line(containing: "segments")
                hub.kill()
                _ = try calls.detach()
                let verified = try signalbox(["audit", "verify", "--data", hub.data])
                #expect([0, 3].contains(verified.status), "\(step): \(verified)")
                try hub.restart()
                try check(manifests, hub, "\(step)")
                if segments(hub).count > 1 { _ = try hub.process.line(containing: "archived") }
                try check(manifests, hub, "\(step), archived")
                let archived = try hub.events(after: 60).filter { $0.type == "io.signalbox.audit.archived" }.compactMap { $0["data"]?["through"]?.string }
                #expect(archived == ["20", "40", "60"], "\(step)")
                #expect(try hub.terminate() == 0)
                #expect(try signalbox(["audit", "verify", "--data", hub.data]).status == 0, "\(step)")
            }
        }
    }
}
