import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("whose log it is after a restore")
    struct RestoreIdentityTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        private func restore(_ backup: String, _ folder: TemporaryFolder, _ arguments: [String] = []) throws -> JSONValue {
            try JSONValue.parse(Array(try succeed([Place.binary, "restore", backup, "--data", folder.path + "/data", "--json"] + arguments).utf8))
        }

        private func keys(_ hub: Hub) throws -> [String] {
            try succeed([Place.binary, "audit", "keys"], environment: ["SIGNALBOX_URL": hub.url]).split(separator: "\n").map(String.init)
        }

        private func checkpoint(_ hub: Hub) throws -> [Substring] {
            try hub.client().request("GET", "/log/checkpoint").text.split(separator: "\n", omittingEmptySubsequences: false)
        }

        private func witnessed(_ witness: Hub, _ origin: String) throws -> String {
            let hash = try succeed(["sha256sum"], input: Array(origin.utf8)).prefix(64)
            return try witness.client().request("GET", "/witness/\(hash)/checkpoint").text
        }

        @Test("an older backup makes another log, with a name and key of its own, which the witness of the old one does not take for it")
        func fork() throws {
            let origin = "hub.example/log"
            let hub = try Hub(config: "{ audit: { origin: \"\(origin)\" } }")
            for number in 0..<3 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let oldKey = try #require(try keys(hub).last)
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)

            // The hub publishes more than the backup has.
            let witness = try Hub(config: "{ audit: { witnessFor: [\"\(oldKey)\"] } }")
            let witnessKey = try #require(try witness.client().request("GET", "/api/v1/audit/keys").json["witness"]?.string)
            func config(_ origin: String?) -> String {
                """
                { audit: { \(origin.map { "origin: \"\($0)\"," } ?? "") checkpointSeconds: 1,
                  witnesses: [{ url: "\(witness.url)/witness", key: "\(witnessKey)" }] } }
                """
            }
            let published = try Hub(config: config(origin), folder: hub.folder)
            for number in 3..<5 { try published.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try published.wait(for: "a checkpoint of 7 records that the witness signed") { _ in try witnessed(witness, origin).contains("\n7\n") }
            published.kill()
            let newest = try hub.folder.write("newest", try witnessed(witness, origin))

            // A restore that knows of the newest checkpoint says what is lost.
            let folder = try TemporaryFolder()
            let refused = try signalbox(["restore", backup, "--data", folder.path + "/data", "--checkpoint", newest])
            #expect(refused.status == 1 && refused.err.contains("covers 7 records") && refused.err.contains("ends with record 4"), "\(refused)")
            // One that does not begins another log. What the other run left is no obstacle.
            let restored = try restore(backup, folder, ["--reason", "the disk was lost"])
            let name = try #require(restored["newOrigin"]?.string)
            #expect(name.hasPrefix(origin + "/restored-4-") && restored["previousOrigin"]?.string == origin && restored["sequence"]?.int == 4)
            func seed(_ data: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: data + "/checkpoint.key")) }
            let oldSeed = try seed(hub.data)
            #expect(try seed(folder.path + "/data") != oldSeed)
            for case let file as String in try #require(FileManager.default.enumerator(atPath: folder.path + "/data")) {
                let content = FileManager.default.contents(atPath: folder.path + "/data/" + file)
                #expect(content?.range(of: oldSeed) == nil, "the old key is in \(file)")
            }
            #expect(try signalbox(["audit", "verify", "--data", folder.path + "/data", "--blobs", "full"]).status == 0)
            let lost = try signalbox(["audit", "verify", "--data", folder.path + "/data", "--checkpoint", newest])
            #expect(lost.status == 1 && lost.err.contains("records 5 to 7 of the other are lost"), "\(lost)")

            // The old name is not to be used again.
            let file = try folder.write("old.json5", config(origin))
            let wrong = try signalbox(["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data", "--config", file])
            #expect(wrong.status == 1 && wrong.err.contains(name) && wrong.err.contains("audit.origin"), "\(wrong)")

            let copy = try Hub(config: config(nil), folder: folder)
            for number in 10..<14 { try copy.push(Image(seed: UInt64(number)), to: "team/app", as: "n\(number)") }
            let event = try #require(try copy.events(after: 4).first)
            #expect(event.type == "io.signalbox.audit.restored" && event.sequence == 5)
            #expect(event["data"]?["origin"]?.string == name && event["data"]?["previousOrigin"]?.string == origin, "\(event.encodedText)")
            #expect(event["data"]?["size"]?.string == "4" && event["data"]?["reason"]?.string == "the disk was lost")
            // Settings that changed are records, too.
            let size = try #require(try copy.events(after: 4).last?.sequence)
            try copy.wait(for: "a checkpoint of \(size) records") { _ in try checkpoint(copy).dropFirst().first == "\(size)" }
            #expect(try checkpoint(copy).first == Substring(name))
            let newKeys = try keys(copy)
            #expect(newKeys.first == oldKey && newKeys.last?.hasPrefix(name + "+") == true && newKeys.count == 2)
            #expect(try witnessed(witness, origin) == String(contentsOfFile: newest, encoding: .utf8), "the witness still has what was published")
            #expect(try checkpoint(copy).filter { $0.hasPrefix("\u{2014}") }.count == 1, "it signs nothing of a log that it does not know")
            #expect(try copy.terminate() == 0)
            #expect(try signalbox(["audit", "verify", "--data", copy.data]).status == 0)

            // Known to the witness, it is a log like any other.
            let both = try Hub(config: "{ audit: { witnessFor: [\"\(oldKey)\", \"\(try #require(newKeys.last))\"] } }", folder: witness.folder.stopped(witness))
            let again = try Hub(
                config: "{ audit: { checkpointSeconds: 1, witnesses: [{ url: \"\(both.url)/witness\", key: \"\(witnessKey)\" }] } }", folder: folder)
            try again.push(Image(seed: 20), to: "team/app", as: "last")
            let last = try #require(try again.events(after: size).last?.sequence)
            try again.wait(for: "a checkpoint that the witness signed") { _ in try witnessed(both, name).contains("\n\(last)\n") }
            #expect(try witnessed(both, origin) == String(contentsOfFile: newest, encoding: .utf8))
        }

        @Test("with the newest checkpoint that was published, and covered, the log goes on as it was, byte for byte")
        func covered() throws {
            let kept = try TemporaryFolder()
            let file = kept.path + "/checkpoints"
            let hub = try Hub(config: "{ audit: { checkpointSeconds: 1, checkpointFile: \"\(file)\" } }")
            for number in 0..<3 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try hub.wait(for: "a checkpoint of 4 records in the file") { _ in
                (try? String(contentsOfFile: file, encoding: .utf8))?.contains("\n4\n") == true
            }
            try hub.wait(for: "a checkpoint of 4 records") { _ in try checkpoint(hub).dropFirst().first == "4" }
            let early = try kept.write("early", try hub.client().request("GET", "/log/checkpoint").text)
            try hub.push(Image(seed: 7), to: "team/app", as: "v7")
            try hub.wait(for: "a checkpoint of 5 records in the file") { _ in try String(contentsOfFile: file, encoding: .utf8).contains("\n5\n") }
            let keys = try keys(hub)
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)

            let folder = try TemporaryFolder()
            let own = try #require(try FileManager.default.contentsOfDirectory(atPath: backup + "/files").map { backup + "/files/" + $0 }.first {
                FileManager.default.contents(atPath: $0)?.starts(with: Data("checkpoint 1 ".utf8)) == true
            })
            try FileManager.default.createSymbolicLink(atPath: kept.path + "/link", withDestinationPath: own)
            let text = try kept.write("no-note", "text")
            for (file, reason) in [(early, "cannot be the newest"), (text, "note"), (own, "proves nothing"), (kept.path + "/link", "proves nothing")] {
                let refused = try signalbox(["restore", backup, "--data", folder.path + "/data", "--checkpoint", file])
                #expect(refused.status == 1 && refused.err.contains(reason), "\(refused)")
            }
            let restored = try restore(backup, folder, ["--checkpoint", file])
            #expect(restored["newOrigin"] == nil && restored["sequence"]?.int == 5 && restored["last"]?.int == 5)
            for path in ["checkpoint.key", "checkpoints/keys", "log/00000000000000000001.log"] {
                let (old, new) = (hub.data + "/" + path, folder.path + "/data/" + path)
                #expect(try Data(contentsOf: URL(fileURLWithPath: old)) == Data(contentsOf: URL(fileURLWithPath: new)), "\(path)")
            }
            #expect(try signalbox(["audit", "verify", "--data", folder.path + "/data", "--checkpoint", file]).status == 0)
            let copy = try Hub(folder: folder)
            #expect(try self.keys(copy) == keys)
            // Of a hub that was stopped for good, what it kept itself will do.
            let notes = hub.data + "/checkpoints/00000000000000000001.notes"
            #expect(try restore(backup, TemporaryFolder(), ["--checkpoint", notes])["newOrigin"] == nil)
        }

        @Test("a backup whose history is not the one that was published is not passed off as it")
        func otherHistory() throws {
            let hub = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }")
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            // Two hubs sign with one key: that is what a restore must not lead to.
            var files: [String] = []
            var backup = ""
            for seed in [2, 3] {
                let copy = try DataCopy(of: hub.data)
                let other = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }", folder: copy.folder)
                try other.push(Image(seed: UInt64(seed)), to: "team/app", as: "v2")
                #expect(try other.terminate() == 0)
                let again = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }", folder: copy.folder)
                files.append(try hub.folder.write("checkpoint-\(seed)", try again.client().request("GET", "/log/checkpoint").text))
                again.kill()
                backup = hub.folder.path + "/backup-\(seed)"
                #expect(try signalbox(["backup", backup, "--data", copy.data]).status == 0)
            }
            let data = hub.folder.path + "/restored"
            let refused = try signalbox(["restore", backup, "--data", data, "--checkpoint", files[0]])
            #expect(refused.status == 1 && refused.err.contains("checkpoint-2"), "\(refused)")
            #expect(try signalbox(["restore", backup, "--data", data, "--checkpoint", files[1]]).status == 0)
        }

        @Test("a witness that is restored gets a new key: it does not know what the old one signed since")
        func witnessKey() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let witness = try Hub(config: "{ audit: { witnessFor: [\"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\"] } }", folder: hub.folder)
            func key(_ hub: Hub) throws -> String? { try hub.client().request("GET", "/api/v1/audit/keys").json["witness"]?.string }
            let old = try #require(try key(witness))
            #expect(try witness.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            let folder = try TemporaryFolder()
            #expect(try restore(backup, folder)["newWitnessKey"]?.bool == true)
            let copy = try Hub(config: "{ audit: { witnessFor: [\"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\"] } }", folder: folder)
            #expect(try key(copy) != old)
        }

        @Test("whoever followed the log beyond what was restored is told, and does not wait for numbers that come again")
        func followers() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            try hub.restart()
            for number in 2..<6 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let exported = hub.folder.path + "/exported"
            #expect(try signalbox(["audit", "export", "--to", exported, "--hub", hub.url]).status == 0)
            hub.kill()
            let folder = try TemporaryFolder()
            _ = try restore(backup, folder)
            let copy = try Hub(folder: folder)
            let client = try copy.client()
            for query in ["follow=true&after=6", "order=asc&wait=0&after=6"] {
                let answer = try client.request("GET", "/api/v1/events?" + query)
                #expect(answer.status == 409 && answer.text.contains("ends with record 3, before 6"), "\(answer)")
            }
            let resumed = try client.request("GET", "/api/v1/events?follow=true", headers: ["Last-Event-ID": "6"])
            #expect(resumed.status == 409, "\(resumed)")
            #expect(try client.request("GET", "/api/v1/events?order=asc&after=6").status == 200, "a page is just empty")
            for command in [["events", "--follow", "--after", "6"], ["audit", "export", "--to", exported], ["audit", "export", "--to", exported, "--follow"]] {
                let told = try signalbox(command + ["--hub", copy.url])
                #expect(told.status == 1 && told.err.contains("before 6"), "\(told)")
            }
            #expect(try copy.terminate() == 0)
            let offline = try signalbox(["audit", "export", "--to", exported, "--data", copy.data])
            #expect(offline.status == 1 && offline.err.contains("before 6"), "\(offline)")
            // The numbers have come again: what stands for them is another event each, and none of these was exported.
            try copy.restart()
            for number in 10..<16 { try copy.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let passed = try signalbox(["audit", "export", "--to", exported, "--hub", copy.url])
            #expect(passed.status == 1 && passed.err.contains("record 6 is another one"), "\(passed)")
        }

        @Test("a restored log is restored again: all its names and keys are told, and all of it is verified")
        func twice() throws {
            var folder = try TemporaryFolder()
            var names: [String] = []
            for round in 0..<3 {
                let hub = try Hub(folder: folder)
                try hub.push(Image(seed: UInt64(round)), to: "team/app", as: "v\(round)")
                #expect(try hub.terminate() == 0)
                let verified = try signalbox(["audit", "verify", "--data", hub.data])
                #expect(verified.status == 0, "\(verified)")
                let backup = folder.path + "/backup"
                #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
                let next = try TemporaryFolder()
                names.append(try #require(try restore(backup, next)["newOrigin"]?.string))
                folder = next
            }
            #expect(Set(names).count == 3 && names.allSatisfy { $0.ranges(of: "/restored-").count == 1 }, "\(names)")
            #expect(try keys(Hub(folder: folder)).count == 4)
        }
    }
}

extension TemporaryFolder {
    /// Once its hub has stopped.
    fileprivate func stopped(_ hub: Hub) throws -> TemporaryFolder {
        guard try hub.terminate() == 0 else { throw Failure("the hub did not stop in order") }
        return self
    }
}
