import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("proofs of the log")
    struct ProofTests {
        /// The Python that has the library which verifies signatures, if there is one.
        static let python: String? = [Place.package + "/.build/python/bin/python3", "python3"].first {
            (try? run([$0, "-c", "import cryptography"]))?.status == 0
        }

        private func signalbox(_ arguments: [String], _ hub: Hub? = nil) throws -> Finished {
            try run([Place.binary] + arguments, environment: hub.map { ["SIGNALBOX_URL": $0.url] } ?? [:], seconds: 60)
        }

        /// An orderly end signs a checkpoint over every record.
        private func sign(_ hub: Hub) throws {
            #expect(try hub.terminate() == 0)
            try hub.restart()
        }

        /// What a start records, the settings of the config file, no end before it can have left unsigned.
        @Test("a start tells of an end without a checkpoint where there was one")
        func unsigned() throws {
            let hub = try Hub(config: #"{guards: [{name: "g", repositories: ["a"], tags: ["*"], protect: ["delete"]}]}"#)
            #expect(!hub.process.output.contains("no orderly one"), "\(hub.process.output)")
            try sign(hub)
            #expect(!hub.process.output.contains("no orderly one"), "\(hub.process.output)")
            #expect(try hub.client().push(Image(seed: 1), to: "team/app", as: "v1").status == 201)
            hub.kill()
            try hub.restart()
            #expect(hub.process.output.contains("no orderly one"), "\(hub.process.output)")
        }

        private func key(_ hub: Hub) throws -> String {
            try #require(try signalbox(["audit", "keys"], hub).text.split(separator: "\n").last.map(String.init))
        }

        @Test(
            "an independent verifier finds root, signature, inclusion and consistency right, over HTTP alone",
            .enabled("needs python3 with cryptography") { isContinuousIntegration || ProofTests.python != nil })
        func independentVerifier() throws {
            let python = try #require(ProofTests.python)
            let hub = try Hub(["--allow-sparse"])
            let client = try hub.client()
            // More than one tile, and a last one that is partial.
            for number in 0..<300 { try client.put(Self.manifest(number), to: "team/app", as: "t\(number)") }
            try sign(hub)
            let saved = hub.folder.path + "/checkpoint"
            let key = try key(hub)
            let command = [python, Place.package + "/examples/verify-log.py", hub.url + "/log", key]
            let first = try succeed(command + ["--record", "1", "--record", "256", "--record", "257", "--save", saved])
            #expect(first.contains("301 records"), "\(first)")
            let again = try hub.client()
            for number in 300..<320 { try again.put(Self.manifest(number), to: "team/app", as: "t\(number)") }
            try sign(hub)
            let second = try succeed(command + ["--record", "321", "--old", saved])
            #expect(second.contains("321 records"), "\(second)")
            // It does find what is wrong: another key, and a checkpoint of another log.
            let other = try Hub()
            try other.push(Image(seed: 1), to: "team/app", as: "v1")
            try sign(other)
            let otherKey = try self.key(other)
            #expect(try run([python, command[1], hub.url + "/log", otherKey]).status != 0)
            #expect(try run([python, command[1], other.url + "/log", otherKey, "--old", saved]).status != 0)
        }

        private static func manifest(_ number: Int) -> Content {
            let text = """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],"annotations":{"n":"\(number)"}}
                """
            return Content("application/vnd.oci.image.manifest.v1+json", Array(text.utf8))
        }

        @Test("a proof that the hub hands out is checked offline against the event, and not against another")
        func proveAndCheck() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            try sign(hub)
            let events = try hub.client().request("GET", "/api/v1/events?order=asc&after=1&limit=1")
            // The event byte for byte, as it stands in the page.
            let text = events.text
            let start = try #require(text.firstIndex(of: "[")), end = try #require(text.lastIndex(of: "]"))
            let event = String(text[text.index(after: start)..<end])
            let record = try hub.folder.write("event.json", event)
            let wrong = try hub.folder.write("wrong.json", event + " ")
            let proof = hub.folder.path + "/2.tlog-proof"
            #expect(try signalbox(["audit", "prove", "2", "--out", proof], hub).status == 0)
            let key = try key(hub)
            let checked = try signalbox(["audit", "check-proof", proof, "--record", record, "--key", key])
            #expect(checked.status == 0 && checked.out.contains("Record 2"), "\(checked)")
            let refused = try signalbox(["audit", "check-proof", proof, "--record", wrong, "--key", key])
            #expect(refused.status == 1 && refused.err.contains("wrong.json"), "\(refused)")
            let stranger = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
            #expect(try signalbox(["audit", "check-proof", proof, "--key", stranger]).status == 1)
            let json = try JSONValue.parse(Array(signalbox(["audit", "check-proof", proof, "--key", key, "--json"]).out.utf8))
            #expect(json["sequence"]?.int == 2)
            #expect(try signalbox(["audit", "prove", "99"], hub).status == 1)
            #expect(try signalbox(["audit", "prove", "x"], hub).status == 2)
            #expect(try signalbox(["audit", "consistency", "1"], hub).status == 0)
            #expect(try signalbox(["audit", "consistency", "1", "99"], hub).status == 1)
        }

        @Test("verification of a stopped hub and of a running one finds all in order; a new key is signed in by the old one")
        func verifies() throws {
            let hub = try Hub()
            for number in 0..<5 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try sign(hub)
            let key = try key(hub)
            let remote = try signalbox(["audit", "verify", "--hub", hub.url, "--key", key, "--json"])
            #expect(remote.status == 0, "\(remote)")
            #expect(try JSONValue.parse(Array(remote.out.utf8))["provenSize"]?.int == 6)
            #expect(try signalbox(["audit", "verify", "--data", hub.data]).status == 1, "the folder is in use")
            #expect(try hub.terminate() == 0)
            let whole = try signalbox(["audit", "verify", "--data", hub.data, "--blobs", "full", "--json"])
            #expect(whole.status == 0, "\(whole)")
            let report = try JSONValue.parse(Array(whole.out.utf8))
            #expect(report["fits"]?.bool == true && report["manifests"]?.int == 5 && report["provenSize"]?.int == 6, "\(whole)")
            let rotated = try signalbox(["audit", "rotate-key", "--data", hub.data])
            #expect(rotated.status == 0 && rotated.out.contains("old \(key)"), "\(rotated)")
            let record = try signalbox(["audit", "query", "--data", hub.data, "--limit", "1", "--json"]).out
            let notice = try JSONValue.parse(Array(record.utf8))
            #expect(notice.type == "io.signalbox.audit.rekeyed" && notice.sequence == 7, "\(record)")
            #expect(notice["data"]?["previousKey"]?.string == key && rotated.out.contains("new \(notice["data"]?["key"]?.string ?? "?")"), "\(record)")
            #expect(try signalbox(["audit", "verify", "--data", hub.data]).status == 0)
            #expect(try signalbox(["audit", "verify", "--data", hub.data, "--key", key]).status == 0, "the checkpoint at the rotation has both signatures")
            try hub.restart()
            try hub.push(Image(seed: 9), to: "team/app", as: "v9")
            try sign(hub)
            #expect(try self.key(hub) != key)
            #expect(try signalbox(["audit", "keys"], hub).text.split(separator: "\n").count == 2)
        }

        @Test("a blob that is missing or has other content, a state that differs, and a changed record are found and named")
        func findsDamage() throws {
            let hub = try Hub()
            let image = Image(seed: 3)
            try hub.push(image, to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            func findings(_ arguments: [String] = []) throws -> [JSONValue] {
                let finished = try signalbox(["audit", "verify", "--data", hub.data, "--json"] + arguments)
                return try JSONValue.parse(Array(finished.out.utf8))["findings"]?.array ?? []
            }
            #expect(try findings(["--blobs", "full"]).isEmpty)
            let blob = hub.data + "/blobs/sha256/" + image.layers[0].digest.dropFirst(7)
            let content = try Data(contentsOf: URL(fileURLWithPath: blob))
            try Data(content.dropLast() + [content[content.count - 1] ^ 1]).write(to: URL(fileURLWithPath: blob))
            #expect(try findings().isEmpty, "it is there")
            #expect(try findings(["--blobs", "full"]).first?["segment"]?.string == blob)
            try FileManager.default.removeItem(atPath: blob)
            #expect(try findings().first?["what"]?.string?.contains("is missing") == true)
            try content.write(to: URL(fileURLWithPath: blob))
            // A byte of the record of the push.
            let segment = hub.data + "/log/00000000000000000001.log"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
            let place = try #require(bytes.range(of: Data("image.pushed".utf8))).lowerBound
            bytes[place] ^= 1
            try bytes.write(to: URL(fileURLWithPath: segment))
            let finding = try #require(try findings().first)
            #expect(finding["sequence"]?.int == 2)
            #expect(finding["segment"]?.string == segment)
        }

        @Test("an index that hides records from queries is found and named, and removing it mends that")
        func forgedIndex() throws {
            let hub = try Hub()
            for number in 0..<12 { try hub.push(Image(seed: 1), to: "team/app", as: "t\(number)") }
            #expect(try hub.terminate() == 0)
            try SplitLog.split(hub.data + "/log", before: 12)
            func found() throws -> Int {
                try signalbox(["audit", "query", "--tag", "t3", "--json", "--data", hub.data]).text.split(separator: "\n").count { $0.contains("image.pushed") }
            }
            #expect(try found() == 1)
            let path = hub.data + "/log/00000000000000000001.terms"
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            func number(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
            let (buckets, stretches) = (number(40), number(44))
            let start = 64 + 4 * (buckets + 1) + 16 * stretches
            // The first term of each bucket becomes another that comes after all: none is found any more.
            for bucket in 0..<buckets {
                let (from, to) = (start + number(64 + 4 * bucket), start + number(68 + 4 * bucket))
                if to - from < 8 { continue }
                for place in 4..<8 { bytes[from + place] = 0xFF }
                let checksum = SplitLog.crc32c(bytes[(from + 4)..<to])
                for place in 0..<4 { bytes[from + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place)) }
            }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            #expect(try found() == 0, "the record is hidden")
            let verified = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(verified.status == 1 && verified.err.contains(path), "\(verified)")
            try FileManager.default.removeItem(atPath: path)
            #expect(try signalbox(["audit", "verify", "--data", hub.data]).status == 0)
            #expect(try found() == 1)
        }

        @Test("verification says what it finds in the last checkpoint, and leaves it as it is; one that a crash cut off is no finding")
        func lastCheckpoint() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 3), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let file = URL(fileURLWithPath: hub.data + "/checkpoints/00000000000000000001.notes")
            let whole = try Data(contentsOf: file)
            var damaged = whole
            damaged[whole.count - 3] ^= 1
            for (bytes, status) in [(damaged, 1), (whole.dropLast(5), 3), (whole, 0)] as [(Data, Int32)] {
                try bytes.write(to: file)
                for _ in 0..<2 {
                    let verified = try signalbox(["audit", "verify", "--data", hub.data])
                    #expect(verified.status == status, "\(verified)")
                    #expect(try signalbox(["log", "check", "--data", hub.data]).status == 0)
                    #expect(try Data(contentsOf: file) == bytes)
                }
            }
        }

        @Test("a snapshot whose state is not what the log folds to is found, in each of its parts")
        func forgedSnapshots() throws {
            let hub = try Hub()
            let client = try hub.client()
            try hub.push(Image(seed: 3), to: "team/app", as: "v1")
            func post(_ path: String, _ body: String) throws {
                let answer = try client.request("POST", path, headers: ["Content-Type": "application/json"], body: Array(body.utf8))
                #expect((200...201).contains(answer.status), "\(answer)")
            }
            try post("/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/", "state": "paused"}"#)
            try post("/api/v1/triggers", #"{"name": "production", "pattern": {"data": {"tag": ["none"]}}, "environment": "prod", "target": {"type": "http", "url": "http://127.0.0.1:9/"}}"#)
            let report = #"{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"Severity":"HIGH"}]}]}"#
            try post("/api/v1/scans?repository=team/app&digest=\(Image(seed: 3).digest)&format=trivy", report)
            #expect(try hub.terminate() == 0)
            let whole = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(whole.status == 0, "\(whole)")
            for (name, text, other) in [
                ("registry", "team/app", "team/apq"), ("webhooks", "127.0.0.1:9", "127.0.0.2:9"), ("deployments", "production", "productiom"),
                ("deployments", "\"counts\":[0,0,0,0,1,0]", "\"counts\":[0,0,0,0,0,1]"),
            ] {
                let copy = try DataCopy(of: hub.data)
                let file = try #require(try FileManager.default.contentsOfDirectory(atPath: copy.data + "/snapshots").sorted().last { $0.hasPrefix(name) })
                let url = URL(fileURLWithPath: copy.data + "/snapshots/" + file)
                var bytes = try Data(contentsOf: url)
                let place = try #require(bytes.range(of: Data(text.utf8)), "\(name) has \(text): \(String(decoding: bytes, as: UTF8.self))")
                bytes.replaceSubrange(place, with: Data(other.utf8))
                let checksum = SplitLog.crc32c([UInt8](bytes)[12...])
                for offset in 0..<4 { bytes[8 + offset] = UInt8(truncatingIfNeeded: checksum >> (8 * offset)) }
                try bytes.write(to: url)
                let finished = try signalbox(["audit", "verify", "--data", copy.data])
                #expect(finished.status == 1 && finished.err.contains("snapshot \"\(name)\""), "\(name): \(finished)")
            }
        }

        @Test("what is no tile, or not covered yet, is not served; and the log takes no other method")
        func refusals() throws {
            let hub = try Hub()
            let client = try hub.client()
            #expect(try client.request("GET", "/log/checkpoint").status == 404)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            try sign(hub)
            let again = try hub.client()
            let checkpoint = try again.request("GET", "/log/checkpoint")
            #expect(checkpoint.status == 200 && checkpoint.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(try again.request("GET", "/log/tile/0/000.p/2").body.count == 64)
            #expect(try again.request("GET", "/log/tile/entries/000.p/2").headers["cache-control"]?.contains("immutable") == true)
            for path in [
                "tile/0/000", "tile/0/000.p/3", "tile/0/000.p/0", "tile/0/000.p/02", "tile/0/001.p/1", "tile/00/000.p/2", "tile/64/000.p/2",
                "tile/0/0.p/2", "tile/0/x000/000.p/2", "tile/entries/000", "tile/entries/x999/x999/x999/x999/x999/x999/999", "tile/1/000.p/1",
                "tile", "", "tile/0/000.p/2/x", "tile/0/000.p/256",
            ] {
                #expect(try again.request("GET", "/log/" + path).status == 404, "\(path)")
            }
            #expect(try again.request("POST", "/log/checkpoint").status == 405)
        }
    }
}
