import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("backups of a hub whose log does not only grow")
    struct BackupHistoryTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        /// Retention that takes every segment as soon as it may.
        static func config(archive: String) -> String {
            "{ audit: { checkpointSeconds: 1, retention: { maxBytes: 1, archive: \"\(archive)\", intervalSeconds: 1 } } }"
        }

        /// A stopped hub with many small segments, which its snapshots do not all cover: snapshots of records 11 and 5, and about 40 records.
        static func prepare(config: String? = nil, folder: TemporaryFolder) throws -> Hub {
            let hub = try Hub(config: config, folder: folder)
            for number in 0..<4 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            try hub.restart()
            for number in 4..<10 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            try hub.restart()
            for number in 10..<40 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            hub.kill()
            try hub.divideLog()
            return hub
        }

        @Test("a backup's folder takes one history: after a restore to an earlier record, or of another hub, a new backup is refused there")
        func oneHistory() throws {
            let hub = try Hub()
            for number in 0..<6 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            let folder = try TemporaryFolder()
            #expect(try signalbox(["restore", backup, "--data", folder.path + "/data", "--to", "3"]).status == 0)
            let copy = try Hub(folder: folder)
            for number in 0..<2 {
                // First it ends before the backup, then it has other records under the same numbers.
                for push in 0..<number * 6 { try copy.push(Image(seed: UInt64(100 + push)), to: "team/app", as: "n\(push)") }
                let refused = try signalbox(["backup", backup, "--data", copy.data])
                #expect(refused.status == 1 && refused.err.contains("another history"), "\(refused)")
            }
            #expect(try signalbox(["backup", folder.path + "/backup", "--data", copy.data]).status == 0, "in a folder of its own")
            // The first history is whole, and goes on.
            try hub.restart()
            try hub.push(Image(seed: 7), to: "team/app", as: "v7")
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            let restored = try signalbox(["restore", backup, "--data", hub.folder.path + "/restored", "--json"])
            #expect(restored.status == 0, "\(restored)")
            #expect(try JSONValue.parse(Array(restored.out.utf8))["sequence"]?.int == 8)
        }

        @Test("what was restored of a backup is another log, and has no place in the original's folder, although it has all of its records")
        func restoredIsAnother() throws {
            let hub = try Hub()
            for number in 0..<3 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            let folder = try TemporaryFolder()
            #expect(try signalbox(["restore", backup, "--data", folder.path + "/data"]).status == 0)
            let copy = try Hub(folder: folder)
            try copy.push(Image(seed: 9), to: "team/app", as: "v9")
            let refused = try signalbox(["backup", backup, "--data", copy.data])
            #expect(refused.status == 1 && refused.err.contains("another history") && refused.err.contains("/restored-"), "\(refused)")
            #expect(try signalbox(["backup", folder.path + "/backup", "--data", copy.data]).status == 0)
            // The same log under another key is still the same.
            #expect(try signalbox(["audit", "rotate-key", "--data", hub.data]).status == 0)
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
        }

        @Test("a hub whose records went to the archive since the last backup goes on in the same folder")
        func afterRetention() throws {
            let folder = try TemporaryFolder()
            let hub = try Self.prepare(config: Self.config(archive: folder.path + "/archive"), folder: folder)
            let backup = folder.path + "/backup"
            #expect(try signalbox(["backup", backup, "--data", hub.data]).status == 0)
            try hub.restart()
            try Self.pushUntilArchived(hub)
            let second = try signalbox(["backup", backup, "--data", hub.data])
            #expect(second.status == 0, "\(second)")
            let restored = try signalbox(["restore", backup, "--data", folder.path + "/restored"])
            #expect(restored.status == 0, "\(restored)")
        }

        @Test("a snapshot of a log whose beginning was archived is held to what the records since the older one make of that")
        func forgedAfterRetention() throws {
            let folder = try TemporaryFolder()
            let hub = try Self.prepare(config: Self.config(archive: folder.path + "/archive"), folder: folder)
            try hub.restart()
            try Self.pushUntilArchived(hub)
            try hub.push(Image(seed: 7_777), to: "team/forged", as: "v1")
            #expect(try hub.terminate() == 0)
            let whole = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(whole.status == 0 && whole.out.contains("older snapshots"), "\(whole)")
            let names = try FileManager.default.contentsOfDirectory(atPath: hub.data + "/snapshots").filter { $0.hasPrefix("registry-") }
            let file = URL(fileURLWithPath: hub.data + "/snapshots/" + (try #require(names.sorted().last)))
            var bytes = try Data(contentsOf: file)
            let place = try #require(bytes.range(of: Data("team/forged".utf8)))
            bytes.replaceSubrange(place, with: Data("team/forger".utf8))
            let checksum = SplitLog.crc32c([UInt8](bytes)[12...])
            for offset in 0..<4 { bytes[8 + offset] = UInt8(truncatingIfNeeded: checksum >> (8 * offset)) }
            try bytes.write(to: file)
            let forged = try signalbox(["audit", "verify", "--data", hub.data])
            #expect(forged.status == 1 && forged.err.contains("snapshot \"registry\""), "\(forged)")
        }

        @Test("a backup during which old segments leave the log can be restored", .needs("strace"))
        func duringRetention() throws {
            let folder = try TemporaryFolder()
            let hub = try Self.prepare(config: Self.config(archive: folder.path + "/archive"), folder: folder)
            let backup = folder.path + "/backup"
            // It has copied the snapshots, and stands before it looks what segments there are.
            let command = [Place.binary, "backup", backup, "--data", hub.data]
            let traced = try Traced(command, calls: ["openat"], on: hub.data + "/log", fault: "signal=STOP:when=1")
            let process = try traced.stopped()
            try hub.restart()
            try Self.pushUntilArchived(hub)
            #expect(try traced.finish(process) == 0, "\(traced.child.output)")
            let restored = try signalbox(["restore", backup, "--data", folder.path + "/restored"])
            #expect(restored.status == 0, "\(restored)")
        }

        /// Pushes until the records of the beginning have left the log.
        static func pushUntilArchived(_ hub: Hub) throws {
            for number in 0..<300 where hub.segments.first ?? 0 < 30 {
                try hub.push(Image(seed: UInt64(10_000 + number)), to: "team/app", as: "more-\(number)")
                usleep(100_000)  // load, not synchronisation
            }
            guard hub.segments.first ?? 0 >= 30 else { throw Failure("nothing was archived: \(hub.process.output)") }
        }
    }
}
