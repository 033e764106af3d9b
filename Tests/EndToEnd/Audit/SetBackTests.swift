import Foundation
import JSON
import Testing

extension EndToEnd {
    /// A folder, or the disk below it, is put back to an earlier state: by mistake, or by who wants what came after forgotten.
    @Suite("a hub that was set back")
    struct SetBackTests {
        private static let origin = "hub.example/log"

        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        private func config(_ settings: String = "") -> String {
            "{ audit: { origin: \"\(Self.origin)\", checkpointSeconds: 1, \(settings) } }"
        }

        /// Waits until nothing is signed, and says why.
        private func refusal(_ hub: Hub) throws -> String {
            var text = ""
            try hub.wait(for: "signing to stop") { client in
                let answer = try client.request("GET", "/log/checkpoint")
                text = answer.text
                return answer.status == 503 && text.contains("second history")
            }
            return text
        }

        private func witness(for key: String) throws -> (hub: Hub, setting: String) {
            let witness = try Hub(config: "{ audit: { witnessFor: [\"\(key)\"] } }")
            let key = try #require(try witness.client().request("GET", "/api/v1/audit/keys").json["witness"]?.string)
            return (witness, "witnesses: [{ url: \"\(witness.url)/witness\", key: \"\(key)\" }]")
        }

        /// Whether a text has a checkpoint of so many records or more: what a start changes of the settings is a record, too.
        private func covers(_ size: Int, _ text: String?) -> Bool {
            text?.split(separator: "\n").contains { Int($0).map { $0 >= size } == true } == true
        }

        /// Waits until all five records are under a checkpoint in the file.
        private func kept(_ file: String, _ hub: Hub) throws {
            try hub.wait(for: "a checkpoint in the file") { _ in covers(5, try? String(contentsOfFile: file, encoding: .utf8)) }
        }

        private func notes(_ data: String) throws -> [String: String] {
            let names = try FileManager.default.contentsOfDirectory(atPath: data + "/checkpoints").filter { $0.hasSuffix(".notes") }
            return try Dictionary(uniqueKeysWithValues: names.map { ($0, try String(contentsOfFile: data + "/checkpoints/" + $0, encoding: .utf8)) })
        }

        private func signed(by witness: Hub) throws {
            let hash = try succeed(["sha256sum"], input: Array(Self.origin.utf8)).prefix(64)
            try witness.wait(for: "a checkpoint that the witness signed") { covers(5, try $0.request("GET", "/witness/\(hash)/checkpoint").text) }
        }

        private func key(_ hub: Hub) throws -> String {
            try #require(try succeed([Place.binary, "audit", "keys", "--hub", hub.url]).split(separator: "\n").last.map(String.init))
        }

        @Test("it signs nothing more once the file outside has a later checkpoint; all else goes on, until an operator acts")
        func file() throws {
            let outside = try TemporaryFolder()
            let config = config("checkpointFile: \"\(outside.path)/kept\"")
            let hub = try Hub(config: config)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let copy = try DataCopy(of: hub.data)
            try hub.restart()
            for number in 2..<5 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try kept(outside.path + "/kept", hub)
            #expect(try hub.terminate() == 0)
            try hub.restart()
            #expect(try hub.client().request("GET", "/log/checkpoint").status == 200, "the log that it is of goes on")
            #expect(try hub.terminate() == 0)
            let published = try String(contentsOfFile: outside.path + "/kept", encoding: .utf8)

            let back = try Hub(config: config, folder: copy.folder)
            let why = try refusal(back)
            #expect(why.contains("audit.checkpointFile") && why.contains("5 records"), "\(why)")
            try back.push(Image(seed: 9), to: "team/app", as: "v9")
            #expect(try back.client().request("GET", "/metrics").text.contains("signalbox_checkpoints_signed 0"))
            #expect(try signalbox(["audit", "prove", "2", "--hub", back.url]).status == 1)
            #expect(try back.terminate() == 0)
            #expect(try String(contentsOfFile: outside.path + "/kept", encoding: .utf8) == published)
            let verified = try signalbox(["audit", "verify", "--data", back.data])
            #expect(verified.status == 1 && verified.err.contains("stopped signing"), "\(verified)")

            // It stays so where nobody can be asked any more, and is over in a log of another name.
            let silent = try Hub(config: self.config(), folder: copy.folder)
            _ = try refusal(silent)
            #expect(try silent.terminate() == 0)
            let backup = outside.path + "/backup"
            try succeed([Place.binary, "backup", backup, "--data", back.data])
            try succeed([Place.binary, "restore", backup, "--data", outside.path + "/restored/data"])
            #expect(try signalbox(["audit", "verify", "--data", outside.path + "/restored/data"]).status == 0)
            // Or where somebody looked, and takes it upon them.
            try FileManager.default.removeItem(atPath: back.data + "/checkpoints/halted")
            let accepted = try Hub(config: self.config(), folder: copy.folder)
            try accepted.wait(for: "a checkpoint") { covers(3, try $0.request("GET", "/log/checkpoint").text) }
        }

        @Test("it signs nothing more once its witness has a later checkpoint")
        func witnessed() throws {
            let hub = try Hub(config: config())
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let (witness, setting) = try witness(for: key(hub))
            #expect(try hub.terminate() == 0)
            let copy = try DataCopy(of: hub.data)
            let published = try Hub(config: config(setting), folder: hub.folder)
            for number in 2..<5 { try published.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            try signed(by: witness)
            #expect(try published.terminate() == 0)
            let before = try notes(copy.folder.path + "/data")
            let back = try Hub(config: config(setting), folder: copy.folder)
            let why = try refusal(back)
            #expect(why.contains("witness") && why.contains(" records") && why.contains("was set back"), "\(why)")
            #expect(try back.terminate() == 0)
            #expect(try notes(back.data) == before)
            _ = witness
        }

        @Test("a history that parted from the one that was witnessed is noticed also when it has as many records, or more")
        func parted() throws {
            for more in [3, 5] {
                let outside = try TemporaryFolder()
                let hub = try Hub(config: config())
                try hub.push(Image(seed: 1), to: "team/app", as: "v1")
                let (witness, setting) = try witness(for: key(hub))
                #expect(try hub.terminate() == 0)
                let copies = try (0..<2).map { _ in try DataCopy(of: hub.data) }
                let settings = setting + ", checkpointFile: \"\(outside.path)/kept\""
                let published = try Hub(config: config(settings), folder: hub.folder)
                for number in 2..<5 { try published.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
                try signed(by: witness)
                try kept(outside.path + "/kept", published)
                #expect(try published.terminate() == 0)
                // Each set back, and gone on where nobody saw it.
                for (copy, setting) in zip(copies, [setting, "checkpointFile: \"\(outside.path)/kept\""]) {
                    let other = try Hub(config: config(), folder: copy.folder)
                    for number in 0..<more { try other.push(Image(seed: UInt64(20 + number)), to: "team/app", as: "n\(number)") }
                    #expect(try other.terminate() == 0)
                    let back = try Hub(config: config(setting), folder: copy.folder)
                    let why = try refusal(back)
                    #expect(why.contains("another"), "\(why)")
                }
                _ = witness
            }
        }
    }
}
