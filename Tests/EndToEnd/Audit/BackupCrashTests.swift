import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("kill -9, a full disk and a broken one during a backup and a restore", .needsRoot("strace"))
    struct BackupCrashTests {
        /// Commands that change the disk; the folder they work in is put back as it was for each.
        private static let faults = [("pwrite64", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO"), ("unlink", "EIO")]

        /// How many times a command is killed: not each step is come to each time, so more steps are tried until this many were.
        private static let kills = max(3, rounds("SIGNALBOX_CRASH_ROUNDS", default: 6))

        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        /// A hub with a backup that is older than it.
        private struct Bench {
            let hub: Hub
            let first: Int64 = 4
            let last: Int64 = 7
            var images: [String: Image] = [:]
            var backup: String { hub.folder.path + "/backup" }

            init() throws {
                hub = try Hub()
                for number in 0..<6 {
                    let image = Image(seed: UInt64(number))
                    try hub.push(image, to: "team/app", as: "v\(number)")
                    images["v\(number)"] = image
                    if number == 2 {
                        guard try hub.terminate() == 0 else { throw Failure("no orderly end") }
                        try succeed([Place.binary, "backup", backup, "--data", hub.data])
                        try hub.restart()
                    }
                }
                guard try hub.terminate() == 0 else { throw Failure("no orderly end") }
            }
        }

        /// Everything of the hub is there up to a record.
        private func expectHub(_ data: String, through last: Int64, _ bench: Bench, _ context: Comment) throws {
            let verified = try signalbox(["audit", "verify", "--data", data, "--blobs", "full"])
            #expect(verified.status == 0, "\(context): \(verified)")
            let tags = try succeed([Place.binary, "audit", "query", "--data", data, "--type", "image.pushed", "--json"])
            #expect(tags.split(separator: "\n").count == Int(last) - 1, context)
            for (tag, image) in bench.images where Int64(tag.dropFirst()).map({ $0 + 2 <= last }) == true {
                for blob in image.blobs {
                    let path = data + "/blobs/" + blob.digest.replacing(":", with: "/")
                    #expect(FileManager.default.contents(atPath: path).map { [UInt8]($0) } == blob.bytes, "\(context): \(tag)")
                }
            }
        }

        /// What the newest set of a backup restores to.
        private func restored(_ backup: String, _ context: Comment) throws -> (data: TemporaryFolder, last: Int64) {
            let folder = try TemporaryFolder()
            let finished = try signalbox(["restore", backup, "--data", folder.path + "/data", "--json"])
            #expect(finished.status == 0, "\(context): \(finished)")
            return (folder, try JSONValue.parse(Array(finished.out.utf8))["sequence"]?.int ?? 0)
        }

        @Test("at each step of a backup the one before it stays whole, and the next run completes")
        func backup() throws {
            let bench = try Bench()
            func command(_ folder: TemporaryFolder) -> [String] { [Place.binary, "backup", folder.path + "/backup", "--data", bench.hub.data] }
            func copy() throws -> TemporaryFolder {
                let folder = try TemporaryFolder()
                try FileManager.default.copyItem(atPath: bench.backup, toPath: folder.path + "/backup")
                return folder
            }
            let whole = try copy()
            let steps = try KillSteps.of(command(whole), below: whole.path)
            #expect(steps.contains { $0.call.hasPrefix("rename") } && steps.contains { $0.call == "fsync" }, "\(steps)")
            var kills = 0
            for step in steps.shuffled() where kills < Self.kills {
                let folder = try copy()
                if try run(KillSteps.command(command(folder), killedAt: step)).status != 0 { kills += 1 }
                let (data, last) = try restored(folder.path + "/backup", "killed at \(step)")
                #expect([bench.first, bench.last].contains(last), "killed at \(step)")
                try expectHub(data.path + "/data", through: last, bench, "killed at \(step)")
                try succeed(command(folder))
                let finished = try restored(folder.path + "/backup", "finished after \(step)")
                #expect(finished.last == bench.last)
                try expectHub(finished.data.path + "/data", through: bench.last, bench, "finished after \(step)")
            }
            #expect(KillSteps.isEnough(kills), "\(kills) kills at \(steps)")
        }

        @Test("a disk that is full or broken at any step of a backup is an error, and the backup before it stays whole", arguments: faults)
        func faultyBackup(call: String, error: String) throws {
            let bench = try Bench()
            func attempt(_ step: Int) throws -> (folder: TemporaryFolder, finished: Finished, calls: Int) {
                let folder = try TemporaryFolder()
                try FileManager.default.copyItem(atPath: bench.backup, toPath: folder.path + "/backup")
                let (finished, calls) = try Faulty.finish(command(folder), call, error, when: step)
                return (folder, finished, calls)
            }
            func command(_ folder: TemporaryFolder) -> [String] { [Place.binary, "backup", folder.path + "/backup", "--data", bench.hub.data] }
            let calls = try attempt(60_000).calls
            for step in Array(1...max(1, calls)).sample() {
                let (folder, finished, _) = try attempt(step)
                let context: Comment = "\(call) \(error) at \(step) of \(calls): \(finished)"
                #expect(finished.status == 0 || finished.status == 1 && !finished.err.isEmpty, context)
                // A set that is complete counts, though it could not be tidied up behind it.
                let last = try restored(folder.path + "/backup", context).last
                #expect(last == bench.last || (finished.status != 0 && last == bench.first), context)
                try succeed(command(folder))
                #expect(try restored(folder.path + "/backup", context).last == bench.last, context)
            }
        }

        @Test("at each step of a restore no hub starts on what is there, and running it again completes it")
        func restore() throws {
            let bench = try Bench()
            try succeed([Place.binary, "backup", bench.backup, "--data", bench.hub.data])
            func command(_ folder: TemporaryFolder) -> [String] { [Place.binary, "restore", bench.backup, "--data", folder.path + "/data", "--to", "5"] }
            let whole = try TemporaryFolder()
            let steps = try KillSteps.of(command(whole), below: whole.path)
            var (kills, refusals) = (0, 0)
            for step in steps.shuffled() where kills < Self.kills || refusals == 0 {
                let folder = try TemporaryFolder()
                if try run(KillSteps.command(command(folder), killedAt: step)).status != 0 { kills += 1 }
                let data = folder.path + "/data"
                if FileManager.default.fileExists(atPath: data + "/restoring") {
                    refusals += 1
                    for command in [["serve", "--listen", "127.0.0.1:0"], ["audit", "verify"], ["backup", folder.path + "/b"]] {
                        let refused = try signalbox(command + ["--data", data])
                        #expect(refused.status == 1 && !refused.err.contains("listening"), "\(step): \(refused)")
                    }
                    try succeed(command(folder))
                } else if !FileManager.default.fileExists(atPath: data + "/log") {
                    // Nothing of it was there yet. Otherwise it was done.
                    try succeed(command(folder))
                }
                try expectHub(data, through: 5, bench, "after \(step)")
            }
            #expect(KillSteps.isEnough(kills) && refusals > 0, "\(kills) kills at \(steps), \(refusals) refusals")
        }

        @Test("a disk that is full or broken at any step of a restore is an error, and no hub starts on what is there", arguments: faults)
        func faultyRestore(call: String, error: String) throws {
            let bench = try Bench()
            func attempt(_ step: Int) throws -> (folder: TemporaryFolder, finished: Finished, calls: Int) {
                let folder = try TemporaryFolder()
                let (finished, calls) = try Faulty.finish(command(folder), call, error, when: step)
                return (folder, finished, calls)
            }
            func command(_ folder: TemporaryFolder) -> [String] { [Place.binary, "restore", bench.backup, "--data", folder.path + "/data"] }
            let calls = try attempt(60_000).calls
            for step in Array(1...max(1, calls)).sample() {
                let (folder, finished, _) = try attempt(step)
                let (data, context) = (folder.path + "/data", "\(call) \(error) at \(step) of \(calls): \(finished)" as Comment)
                if finished.status != 0 {
                    #expect(finished.status == 1 && !finished.err.isEmpty, context)
                    let isMarked = FileManager.default.fileExists(atPath: data + "/restoring")
                    #expect(isMarked || !FileManager.default.fileExists(atPath: data + "/log") || call == "fsync", context)
                    if isMarked || !FileManager.default.fileExists(atPath: data + "/log") { try succeed(command(folder)) }
                }
                try expectHub(data, through: bench.first, bench, context)
            }
        }
    }
}

/// A program of which one system call fails.
private enum Faulty {
    /// - Parameter when: strace's words for which of the calls.
    /// - Returns: also how many such calls there were.
    static func finish(_ command: [String], _ call: String, _ error: String, when step: Int) throws -> (finished: Finished, calls: Int) {
        let scratch = try TemporaryFolder()
        let log = scratch.path + "/calls"
        let inject = "inject=\(call):error=\(error):when=\(step)"
        let finished = try run(["strace", "-f", "-qq", "-o", log, "-e", "trace=\(call)", "-e", inject] + command, seconds: 120)
        return (finished, try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count { $0.contains("\(call)(") })
    }
}

extension Array {
    /// A few of them, among which are the first and the last.
    fileprivate func sample() -> [Element] {
        let count = Swift.min(self.count, Swift.max(2, rounds("SIGNALBOX_CRASH_ROUNDS", default: 3)))
        guard count > 2 else { return self }
        return [self[0]] + self[1..<(self.count - 1)].shuffled().prefix(count - 2) + [self[self.count - 1]]
    }
}
