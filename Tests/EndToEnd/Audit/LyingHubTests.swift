import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Whoever runs a hub may change what it answers. Who checks has the key, and perhaps a checkpoint from earlier.
    @Suite("a hub that lies")
    struct LyingHubTests {
            private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 60)
        }

        /// A hub with events under a checkpoint, and its key.
        private func signedHub(_ folder: TemporaryFolder? = nil, pushes: Range<Int> = 0..<4) throws -> (hub: Hub, key: String) {
            let hub = try Hub(config: "{ audit: { origin: \"hub.example/log\" } }", folder: folder)
            for number in pushes { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            try hub.restart()
            let keys = try succeed([Place.binary, "audit", "keys", "--hub", hub.url])
            return (hub, try #require(keys.split(separator: "\n").last.map(String.init)))
        }

        /// The events of a page byte for byte, and what comes before and after them.
        private static func alter(_ page: [UInt8], _ change: (String) -> String?) -> [UInt8] {
            let text = String(decoding: page, as: UTF8.self)
            guard let start = text.firstIndex(of: "["), let end = text.lastIndex(of: "]") else { return page }
            let events = text[text.index(after: start)..<end].replacingOccurrences(of: "},{\"specversion", with: "}\n{\"specversion")
                .split(separator: "\n").compactMap { change(String($0)) }
            return Array((text[...start] + events.joined(separator: ",") + text[end...]).utf8)
        }

        private static func isEvents(_ path: String) -> Bool { path.hasPrefix("/api/v1/events") }

        @Test("who asks through a hub that alters nothing finds all in order")
        func honest() throws {
            let (hub, key) = try signedHub()
            let liar = try LyingHub(before: hub) { path, answer in Self.isEvents(path) ? Self.alter(answer) { $0 } : answer }
            let verified = try signalbox(["audit", "verify", "--hub", liar.url, "--key", key])
            #expect(verified.status == 0, "\(verified)")
        }

        @Test("an event that is shown otherwise, as redacted, twice, elsewhere or not at all is found, and named", arguments: [
            "changed", "marked as redacted", "left out", "the last one left out", "all left out", "twice", "swapped", "not an event",
        ])
        func events(lie: String) throws {
            let (hub, key) = try signedHub()
            let liar = try LyingHub(before: hub) { path, answer in
                guard Self.isEvents(path), !path.contains("order=desc") else { return answer }
                return Self.alter(answer) { event in
                    let isThird = event.contains("\"sequence\":\"3\""), isFourth = event.contains("\"sequence\":\"4\"")
                    switch lie {
                    case "changed": return isThird ? event.replacingOccurrences(of: "\"v1\"", with: "\"v7\"") : event
                    case "marked as redacted":
                        return isThird ? event.replacingOccurrences(of: "\"data\":{", with: "\"data\":{\"redacted\":[\"actor.name\"],") : event
                    case "left out": return isThird ? nil : event
                    case "the last one left out": return event.contains("\"sequence\":\"5\"") ? nil : event
                    case "all left out": return nil
                    case "twice": return isThird ? event + "," + event : event
                    case "swapped": return isThird ? event.replacingOccurrences(of: "\"sequence\":\"3\"", with: "\"sequence\":\"4\"")
                        : isFourth ? event.replacingOccurrences(of: "\"sequence\":\"4\"", with: "\"sequence\":\"3\"") : event
                    default: return isThird ? "{}" : event
                    }
                }
            }
            let verified = try signalbox(["audit", "verify", "--hub", liar.url, "--key", key, "--json"])
            #expect(verified.status == 1, "\(verified)")
            let first = try JSONValue.parse(Array(verified.out.utf8))["findings"]?.array?.first?["sequence"]?.int
            #expect(first == (lie == "all left out" ? 1 : lie == "the last one left out" ? 5 : lie == "twice" ? 4 : 3), "\(verified)")
        }

        @Test("a redacted event is held to the event that speaks of the redaction")
        func redacted() throws {
            let (hub, key) = try signedHub()
            #expect(try hub.terminate() == 0)
            try succeed([Place.binary, "audit", "redact", "3", "--reason", "asked", "--data", hub.data])
            try hub.restart()
            #expect(try signalbox(["audit", "verify", "--hub", hub.url, "--key", key]).status == 0)
            let liar = try LyingHub(before: hub) { path, answer in
                guard Self.isEvents(path) else { return answer }
                return Self.alter(answer) { $0.contains("\"sequence\":\"3\"") ? $0.replacingOccurrences(of: "\"v1\"", with: "\"v7\"") : $0 }
            }
            let verified = try signalbox(["audit", "verify", "--hub", liar.url, "--key", key])
            #expect(verified.status == 1 && verified.out.contains("record 3: what stands in the redacted record"), "\(verified)")
        }

        @Test("entries, leaves and checkpoints that are withheld or altered are found")
        func tree() throws {
            let (hub, key) = try signedHub()
            let other = try signedHub(pushes: 5..<9).hub
            func verify(_ lie: @escaping LyingHub.Lie) throws -> Finished {
                let liar = try LyingHub(before: hub, lie)
                return try signalbox(["audit", "verify", "--hub", liar.url, "--key", key])
            }
            let apart = try verify { path, answer in path.contains("/tile/entries/") ? nil : answer }
            #expect(apart.status == 0, "each entry comes with its proof, too: \(apart)")
            let withheld = try verify { path, answer in path.contains("/tile/entries/") || path.contains("/proofs/") ? nil : answer }
            #expect(withheld.status == 1 && withheld.out.contains("cannot have been archived"), "\(withheld)")
            let cut = try verify { path, answer in path.contains("/tile/entries/") ? Array(answer.dropLast(91)) : answer }
            #expect(cut.status == 1 && cut.out.contains("record 5: its entry"), "\(cut)")
            let flipped = try verify { path, answer in path.contains("/tile/0/") ? Array(answer.dropLast()) + [answer[answer.count - 1] ^ 1] : answer }
            #expect(flipped.status == 1 && flipped.out.contains("does not have the root"), "\(flipped)")
            let shorter = try verify { path, answer in path.contains("/tile/0/") ? Array(answer.dropLast(32)) : answer }
            #expect(shorter.status == 1, "\(shorter)")
            let stranger = try LyingHub(posing: hub, where: { _ in true }, from: other)
            let verified = try signalbox(["audit", "verify", "--hub", stranger.url, "--key", key])
            #expect(verified.status == 1 && verified.err.contains("cannot be trusted"), "\(verified)")
        }

        @Test("a hub that hides its first records as archived is found: no event under the checkpoint says that they were")
        func hiddenBeginning() throws {
            let (hub, key) = try signedHub()
            for number in 0..<270 { try hub.protect("g\(number % 3)", repositories: "r\(number)", tags: "*") }
            #expect(try hub.terminate() == 0)
            try hub.restart()
            let liar = try LyingHub(before: hub) { path, answer in
                if path.contains("/tile/entries/000") { return nil }
                guard let sequence = path.split(separator: "/").last.flatMap({ Int($0) }), path.contains("/proofs/") else { return answer }
                return sequence > 256 ? answer : nil
            }
            let verified = try signalbox(["audit", "verify", "--hub", liar.url, "--key", key])
            #expect(verified.status == 1 && verified.out.contains("records 1 to 256 are not in the log, and no record says that they were archived"), "\(verified)")
        }

        @Test("no proof is handed on that does not lead to what the log's key signed")
        func proofs() throws {
            let (hub, key) = try signedHub()
            let other = try signedHub(pushes: 5..<9)
            let out = hub.folder.path + "/proof"
            func prove(_ url: String, _ more: [String] = []) throws -> Finished {
                try signalbox(["audit", "prove", "3", "--out", out, "--hub", url, "--key", key] + more)
            }
            func consistency(_ url: String, _ sizes: [String] = ["2", "4"], _ more: [String] = []) throws -> Finished {
                try signalbox(["audit", "consistency"] + sizes + ["--hub", url, "--key", key] + more)
            }
            #expect(try prove(hub.url).status == 0)
            #expect(try consistency(hub.url).status == 0)
            try FileManager.default.removeItem(atPath: out)
            for part in ["/api/v1/audit/", "/log/", "/"] {
                let liar = try LyingHub(posing: hub, where: { $0.hasPrefix(part) }, from: other.hub)
                #expect(try part == "/log/" || prove(liar.url).status == 1, "\(part)")
                #expect(try consistency(liar.url).status == 1, "\(part)")
                #expect(try consistency(liar.url, ["2"]).status == 1, "\(part)")
            }
            // The proof of another record, and one of other sizes.
            let wrong = try LyingHub(before: hub) { path, answer in
                let honest = try? Client(port: hub.port)
                if path.hasSuffix("/proofs/3") { return try? honest?.request("GET", "/api/v1/audit/proofs/2").body }
                if path.hasSuffix("old=2&new=4") { return try? honest?.request("GET", "/api/v1/audit/consistency?old=2&new=3").body }
                return answer
            }
            #expect(try prove(wrong.url).err.contains("another record"))
            #expect(try consistency(wrong.url).err.contains("does not hold"))
            let entry = try LyingHub(before: hub) { path, answer in
                path.contains("/proofs/") ? Array(String(decoding: answer, as: UTF8.self).replacingOccurrences(of: "extra U0JYRU5U", with: "extra U0JYRU5V").utf8) : answer
            }
            let bare = try prove(entry.url)
            #expect(bare.status == 0 && bare.err.contains("of its hash only"), "an entry that nobody can read is as good as none: \(bare)")
            try FileManager.default.removeItem(atPath: out)
            let hash = try LyingHub(before: hub) { path, answer in path.contains("/proofs/") ? Self.flip(answer, line: 3) : answer }
            #expect(try prove(hash.url).status == 1)
            #expect(!FileManager.default.fileExists(atPath: out), "nothing was written")
        }

        /// Changes a hash of a proof.
        private static func flip(_ proof: [UInt8], line: Int) -> [UInt8] {
            var lines = String(decoding: proof, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            lines[line] = (lines[line].hasPrefix("A") ? "B" : "A") + lines[line].dropFirst()
            return Array(lines.joined(separator: "\n").utf8)
        }

        @Test("a second history under the same key is found by a checkpoint from the first one")
        func forked() throws {
            let (hub, key) = try signedHub()
            #expect(try hub.terminate() == 0)
            let copy = try DataCopy(of: hub.data)
            try hub.restart()
            try hub.push(Image(seed: 10), to: "team/app", as: "v10")
            #expect(try hub.terminate() == 0)
            try hub.restart()
            let kept = try hub.folder.write("kept", try hub.client().request("GET", "/log/checkpoint").body)
            let fork = try signedHub(copy.folder, pushes: 11..<14).hub
            for (url, status) in [(hub.url, 0), (fork.url, 1)] as [(String, Int32)] {
                for command in [["prove", "2"], ["consistency", "2"], ["consistency"], ["verify"]] {
                    let finished = try signalbox(["audit"] + command + ["--hub", url, "--key", key, "--checkpoint", kept])
                    #expect(finished.status == status, "\(finished)")
                    if status == 1 { #expect(finished.err.contains("kept"), "the checkpoint is named: \(finished)") }
                }
                #expect(try signalbox(["audit", "consistency", "2", "--hub", url, "--key", key]).status == 0, "without it nobody can tell")
            }
        }
    }
}
