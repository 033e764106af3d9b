import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("a restore to what only the archive has")
    struct RestoreArchiveTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        private func restore(_ backup: String, _ data: String, _ arguments: [String] = []) throws -> JSONValue {
            try JSONValue.parse(Array(try succeed([Place.binary, "restore", backup, "--data", data, "--json"] + arguments).utf8))
        }

        /// The tags v0, v1, ... of the hub that was prepared are in records 2, 3, ...
        private func expectTags(_ hub: Hub, through last: Int64) throws {
            let client = try hub.client()
            for number in 0..<40 {
                let answer = try client.manifest("team/app", "v\(number)")
                #expect(answer.status == (Int64(number) + 2 <= last ? 200 : 404), "v\(number) at \(last)")
                if answer.status == 200 { #expect(answer.body == Image(seed: UInt64(number)).manifest.bytes) }
            }
        }

        @Test("without the archive a restore says how far back it goes, and goes that far; with it, to any record and over histories that share it")
        func archive() throws {
            let folder = try TemporaryFolder()
            let archive = folder.path + "/archive"
            let hub = try BackupHistoryTests.prepare(config: BackupHistoryTests.config(archive: archive), folder: folder)
            let (early, backup) = (folder.path + "/early", folder.path + "/backup")
            try succeed([Place.binary, "backup", early, "--data", hub.data])
            let segments = hub.segments
            try hub.restart()
            try BackupHistoryTests.pushUntilArchived(hub)
            #expect(try hub.terminate() == 0)
            try succeed([Place.binary, "backup", backup, "--data", hub.data])

            let data = folder.path + "/restored"
            let refused = try signalbox(["restore", backup, "--data", data, "--to", "5"])
            let earliest = try #require(refused.err.firstMatch(of: /say --to ([0-9]+) or later/)?.1, "\(refused)")
            #expect(refused.status == 1 && refused.err.contains("give the archive with --archive DIR"), "\(refused)")
            let before = try signalbox(["restore", backup, "--data", data, "--to", "\(try #require(Int(earliest)) - 1)"])
            #expect(before.status == 1 && before.err.contains("say --to \(earliest) or later"), "\(before)")
            #expect(try restore(backup, data, ["--to", String(earliest)])["sequence"]?.int == Int64(earliest))
            let verified = try signalbox(["audit", "verify", "--data", data])
            #expect(verified.status == 0 && !verified.out.contains("no record says"), "what left the log is said again: \(verified)")

            // Another history with the same beginning goes to the same archive.
            let fork = try TemporaryFolder()
            _ = try restore(early, fork.path + "/data", ["--to", "20"])
            let other = try Hub(config: BackupHistoryTests.config(archive: archive), folder: fork)
            for number in 0..<20 { try other.push(Image(seed: UInt64(500 + number)), to: "team/app", as: "f\(number)") }
            #expect(try other.terminate() == 0)
            let (first, next) = (try #require(segments.last { $0 <= 20 }), try #require(segments.first { $0 > 20 }))
            try SplitLog.split(other.data + "/log", segment: first, before: Int64(next))
            try other.restart()
            try other.wait(for: "the fork's segment in the archive") { _ in other.segments == [next] }
            #expect(try other.terminate() == 0)
            let rivals = try FileManager.default.contentsOfDirectory(atPath: archive).filter { $0.hasSuffix(".json") && UInt64($0.prefix(20)) == first }
            #expect(rivals.count == 2, "\(rivals)")

            for to in [5, 17] as [Int64] {
                let copy = try TemporaryFolder()
                let restored = try restore(backup, copy.path + "/data", ["--to", "\(to)", "--archive", archive])
                #expect(restored["sequence"]?.int == to && restored["first"]?.int == 1, "\(restored.encodedText)")
                #expect(try signalbox(["audit", "verify", "--data", copy.path + "/data", "--blobs", "full"]).status == 0)
                try expectTags(Hub(folder: copy), through: to)
            }
            // All of it is back, and can go again.
            let copy = try TemporaryFolder()
            #expect(try restore(backup, copy.path + "/data", ["--archive", archive])["first"]?.int == 1)
            let whole = try Hub(config: BackupHistoryTests.config(archive: archive), folder: copy)
            try expectTags(whole, through: 41)
            try BackupHistoryTests.pushUntilArchived(whole)
            #expect(try whole.terminate() == 0)
            #expect(try signalbox(["audit", "verify", "--data", whole.data]).status == 0)

            // What is not in the archive whole is not taken from it.
            for name in try FileManager.default.contentsOfDirectory(atPath: archive) where name.hasSuffix(".gz") && name.hasPrefix("00000000000000000001-") {
                try Data([1, 2, 3]).write(to: URL(fileURLWithPath: archive + "/" + name))
            }
            let damaged = try signalbox(["restore", backup, "--data", folder.path + "/x", "--to", "5", "--archive", archive])
            #expect(damaged.status == 1 && damaged.err.contains("00000000000000000001-"), "\(damaged)")
            for name in try FileManager.default.contentsOfDirectory(atPath: archive) where name.hasPrefix("00000000000000000001-") {
                try FileManager.default.removeItem(atPath: archive + "/" + name)
            }
            let incomplete = try signalbox(["restore", backup, "--data", folder.path + "/x", "--to", "5", "--archive", archive])
            #expect(incomplete.status == 1 && incomplete.err.contains("has no record"), "\(incomplete)")
        }

        @Test("a record that was redacted later stays redacted, and the event about it comes along; a redaction that was cut off is no obstacle", .needs("strace"))
        func redaction() throws {
            let hub = try Hub()
            for number in 0..<4 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            try succeed([Place.binary, "audit", "redact", "3", "--reason", "asked", "--data", hub.data])
            let backup = hub.folder.path + "/backup"
            try succeed([Place.binary, "backup", backup, "--data", hub.data])
            let restored = hub.folder.path + "/restored"
            #expect(try restore(backup, restored, ["--to", "4"])["last"]?.int == 6)
            let verified = try signalbox(["audit", "verify", "--data", restored, "--json"])
            #expect(try verified.status == 0 && JSONValue.parse(Array(verified.out.utf8))["redacted"]?.int == 1, "\(verified)")
            let events = try succeed([Place.binary, "audit", "query", "--data", restored, "--after", "4", "--json"])
            #expect(events.contains("audit.restored") && events.contains("audit.redacted") && events.contains("\"record\":\"3\""), "\(events)")
            // Before the record itself there is nothing to say about it.
            #expect(try restore(backup, hub.folder.path + "/before", ["--to", "2"])["last"]?.int == 3)

            // Killed when the event is on disk and the record is not changed yet.
            var copies: [DataCopy] = []
            for number in [2, 1] {  // strace counts in each thread by itself
                let copy = try DataCopy(of: hub.data)
                let command = [Place.binary, "audit", "redact", "4", "--reason", "asked", "--data", copy.data]
                try run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=\(number)"] + command)
                if try signalbox(["audit", "verify", "--data", copy.data]).err.contains("audit redact 4") { copies.append(copy) }
            }
            let begun = try #require(copies.first, "none of the kills came in between")
            try succeed([Place.binary, "backup", backup, "--data", begun.data])
            let half = hub.folder.path + "/half"
            _ = try restore(backup, half)
            let open = try signalbox(["audit", "verify", "--data", half])
            #expect(open.status == 1 && open.err.contains("audit redact 4"), "\(open)")
            try succeed([Place.binary, "audit", "redact", "4", "--reason", "asked", "--data", half])
            #expect(try signalbox(["audit", "verify", "--data", half]).status == 0)
        }

        @Test("a repaired log, with records that are lost, is backed up and restored with its tree")
        func repaired() throws {
            let hub = try Hub()
            for number in 0..<6 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            let segment = hub.data + "/log/00000000000000000001.log"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
            let place = try #require(bytes.range(of: Data("\"sequence\":\"4\"".utf8))).lowerBound
            bytes[place] ^= 1
            try bytes.write(to: URL(fileURLWithPath: segment))
            #expect(try signalbox(["log", "repair", "--data", hub.data]).status == 0)
            #expect(try signalbox(["log", "repair", "--data", hub.data]).out.contains("sound"))
            let repairs = try signalbox(["audit", "query", "--data", hub.data, "--type", "audit.repaired", "--json"]).out.split(separator: "\n")
            #expect(repairs.count == 1 && repairs[0].contains("marked record 4 as lost"), "\(repairs)")
            func isFound(_ data: String) throws {
                let verified = try signalbox(["audit", "verify", "--data", data])
                #expect(verified.status == 1 && verified.err.contains("record 4 is marked as lost"), "\(verified)")
                #expect(!verified.out.contains("root"), "the tree has the leaf of the record that is lost")
            }
            try isFound(hub.data)
            var data = hub.data
            for round in 0..<2 {
                let backup = hub.folder.path + "/backup-\(round)"
                try succeed([Place.binary, "backup", backup, "--data", data])
                data = hub.folder.path + "/restored-\(round)"
                _ = try restore(backup, data)
                try isFound(data)
            }
        }

        @Test("a checkpoint that was copied while it was written is no obstacle")
        func tornCheckpoint() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let path = hub.data + "/checkpoints/00000000000000000001.notes"
            let kept = try String(contentsOfFile: path, encoding: .utf8)
            let next = kept.split(separator: "\n").count { $0.hasPrefix("checkpoint ") } + 1
            try (kept + "checkpoint \(next) 180 12345\n127.0.0.1").write(toFile: path, atomically: false, encoding: .utf8)
            let backup = hub.folder.path + "/backup"
            try succeed([Place.binary, "backup", backup, "--data", hub.data])
            let restored = try signalbox(["restore", backup, "--data", hub.folder.path + "/restored"])
            #expect(restored.status == 0, "\(restored)")
        }

        @Test("the folder to be may be there: empty, a link, with a slash at its end, a file system of its own; but not somebody's. And the backup may be read-only", .needs("strace"))
        func places() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            try succeed([Place.binary, "backup", backup, "--data", hub.data])
            let folder = try TemporaryFolder()
            for name in ["empty", "slash", "real", "mount/lost+found"] {
                try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
            }
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: folder.path + "/real")
            for name in ["empty", "slash/", "link", "mount", "a/b/new"] {
                let data = folder.path + "/" + name
                _ = try restore(backup, data)
                #expect(try signalbox(["audit", "verify", "--data", data]).status == 0, "\(name)")
                let again = try signalbox(["restore", backup, "--data", data])
                #expect(again.status == 1 && again.err.contains("is not empty"), "\(name): \(again)")
                #expect(try signalbox(["audit", "verify", "--data", data]).status == 0, "\(name) is as it was")
            }
            try folder.write("foreign/file", "mine")
            #expect(try signalbox(["restore", backup, "--data", folder.path + "/foreign"]).status == 1)
            #expect(try String(contentsOfFile: folder.path + "/foreign/file", encoding: .utf8) == "mine")
            let lock = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", backup + "/lock", "-e", "trace=openat", "-e", "inject=openat:error=EROFS"]
            try succeed(lock + [Place.binary, "restore", backup, "--data", folder.path + "/from-read-only"])
            // A link in a folder that is not finished is removed, and not what it leads to.
            let data = folder.path + "/unfinished"
            try folder.write("unfinished/restoring", "")
            try FileManager.default.createSymbolicLink(atPath: data + "/blobs", withDestinationPath: folder.path + "/foreign")
            _ = try restore(backup, data)
            #expect(try String(contentsOfFile: folder.path + "/foreign/file", encoding: .utf8) == "mine")
        }
    }
}
