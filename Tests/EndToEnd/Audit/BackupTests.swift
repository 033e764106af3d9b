import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("backup and restore")
    struct BackupTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 120)
        }

        private func json(_ arguments: [String]) throws -> JSONValue {
            let finished = try signalbox(arguments + ["--json"])
            guard finished.status == 0 else { throw Failure("\(finished)") }
            return try JSONValue.parse(Array(finished.out.utf8))
        }

        @Test("what became damaged in a backup is found: cheaply at its ends by the next backup, which mends it, and everywhere by a check")
        func damage() throws {
            let hub = try Hub()
            let images = (0..<2).map { Image(seed: UInt64($0), layerBytes: 200_000) }
            for (number, image) in images.enumerated() { try hub.push(image, to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            _ = try json(["backup", backup, "--data", hub.data])
            #expect(try signalbox(["backup", backup, "--check"]).status == 0)
            let blob = backup + "/blobs/sha256/" + images[0].layers[0].digest.dropFirst(7)
            let set = try JSONValue.parse([UInt8](try Data(contentsOf: URL(fileURLWithPath: backup + "/sets/00000000000000000003.json"))))
            let entries = try #require(set["files"]?.array)
            let notes = try #require(entries.first { $0["path"]?.string?.hasSuffix(".notes") == true }?["sha256"]?.string)
            let segment = try #require(entries.first { $0["path"]?.string?.hasPrefix("log/") == true }?["sha256"]?.string)
            // The segment that is appended to is copied anew each time.
            for (path, counts) in [(blob, 1), ("\(backup)/files/\(notes)", 1), ("\(backup)/files/\(segment)", 0)] {
                let whole = try Data(contentsOf: URL(fileURLWithPath: path))
                for (place, isCheap) in [(whole.count - 1, true), (0, true), (whole.count / 2, whole.count < 32_000)] {
                    var bytes = whole
                    bytes[place] ^= 1
                    try bytes.write(to: URL(fileURLWithPath: path))
                    let checked = try signalbox(["backup", backup, "--check"])
                    #expect(checked.status == 1 && checked.err.contains(path), "byte \(place) of \(path): \(checked)")
                    if isCheap { #expect(try json(["backup", backup, "--data", hub.data])["mendedFiles"]?.int == Int64(counts), "byte \(place) of \(path)") }
                    if !isCheap { try whole.write(to: URL(fileURLWithPath: path)) }
                    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
                }
                try whole.dropLast(100).write(to: URL(fileURLWithPath: path))
                #expect(try json(["backup", backup, "--data", hub.data])["mendedFiles"]?.int == Int64(counts), "\(path)")
                try FileManager.default.removeItem(atPath: path)
                let missing = try signalbox(["backup", backup, "--check"])
                #expect(missing.status == 1 && missing.err.contains(path == blob ? "lacks blob" : "is missing"), "\(missing)")
                _ = try json(["backup", backup, "--data", hub.data])
                #expect(try signalbox(["backup", backup, "--check"]).status == 0)
            }
        }

        @Test("a backup that is made while pushes go on is one moment of the hub, and a second one copies what is new")
        func underLoad() async throws {
            let hub = try Hub()
            let backup = hub.folder.path + "/backup"
            let pushed = Monitor<[(tag: String, image: Image)]>([])
            let stop = Monitor(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<2 {
                    group.addTask {
                        let client = try hub.client()
                        for number in 0... {
                            if stop.with({ $0 }) { return }
                            let image = Image(seed: UInt64(writer * 100_000 + number))
                            guard try client.push(image, to: "team/app", as: "w\(writer)-\(number)").status == 201 else { throw Failure("a push failed") }
                            pushed.with { $0.append(("w\(writer)-\(number)", image)) }
                        }
                    }
                }
                group.addTask {
                    defer { stop.with { $0 = true } }
                    _ = try pushed.wait(for: "some pushes") { $0.count > 20 ? true : nil }
                    let acknowledged = pushed.with { $0 }
                    let first = try json(["backup", backup, "--data", hub.data])
                    let second = try json(["backup", backup, "--data", hub.data])
                    let sequence = try #require(second["sequence"]?.int)
                    #expect(try #require(first["sequence"]?.int) <= sequence)
                    // Each image has a config of its own, which the first backup copied and the second does not copy again. How much is new
                    // by then is up to the pushes.
                    #expect(second["keptFiles"]?.int ?? 0 >= acknowledged.count)
                    let data = hub.folder.path + "/restored/data"
                    let restored = try json(["restore", backup, "--data", data])
                    #expect(restored["sequence"]?.int == sequence)
                    let folder = try TemporaryFolder()
                    try FileManager.default.moveItem(atPath: data, toPath: folder.path + "/data")
                    let copy = try Hub(folder: folder)
                    #expect(try copy.events(after: sequence).map(\.type) == ["io.signalbox.audit.restored"])
                    // What was acknowledged before the backup began is in it.
                    for (tag, image) in acknowledged {
                        #expect(try copy.client().manifest("team/app", tag).body == image.manifest.bytes)
                        for blob in image.blobs { #expect(try copy.client().blob("team/app", blob.digest).body == blob.bytes) }
                    }
                    try copy.push(Image(seed: 7_777_777), to: "team/app", as: "after")
                }
                try await group.waitForAll()
            }
        }

        @Test("a restore to an earlier record has the state of then, and goes on under another name with a new key")
        func pointInTime() throws {
            let hub = try Hub()
            for number in 0..<6 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            _ = try json(["backup", backup, "--data", hub.data])
            for last in [7, 4, 2] {
                let folder = try TemporaryFolder()
                let restored = try json(["restore", backup, "--data", folder.path + "/data", "--to", "\(last)"])
                #expect(restored["sequence"]?.int == Int64(last))
                #expect(restored["newOrigin"]?.string?.contains("/restored-\(last)-") == true)
                let copy = try Hub(folder: folder)
                #expect(try copy.events(after: Int64(last)).map(\.type) == ["io.signalbox.audit.restored"])
                for number in 0..<6 {
                    // The record of tag v<n> is n + 2.
                    let status = try copy.client().manifest("team/app", "v\(number)").status
                    #expect(status == (number + 2 <= last ? 200 : 404), "v\(number) at record \(last)")
                }
                try copy.push(Image(seed: 100), to: "team/app", as: "new")
                #expect(try copy.terminate() == 0)
                #expect(try signalbox(["audit", "verify", "--data", copy.data, "--blobs", "full"]).status == 0)
            }
            #expect(try signalbox(["restore", backup, "--data", hub.data]).status == 1, "the folder is not empty")
            #expect(try signalbox(["restore", backup, "--data", hub.folder.path + "/x", "--to", "99"]).status == 1)
        }

        @Test("damage anywhere in a backup is found before a hub can start on what is restored")
        func damagedBackup() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.terminate() == 0)
            let backup = hub.folder.path + "/backup"
            _ = try json(["backup", backup, "--data", hub.data])
            let data = hub.folder.path + "/restored"
            for case let file as String in try #require(FileManager.default.enumerator(atPath: backup)) {
                let path = backup + "/" + file
                guard file != "lock", let content = FileManager.default.contents(atPath: path), !content.isEmpty else { continue }
                var damaged = content
                damaged[damaged.count / 2] ^= 0x20
                try damaged.write(to: URL(fileURLWithPath: path))
                let finished = try signalbox(["restore", backup, "--data", data])
                #expect(finished.status == 1, "\(file): \(finished)")
                if FileManager.default.fileExists(atPath: data) {
                    let started = try signalbox(["serve", "--listen", "127.0.0.1:0", "--data", data])
                    #expect(started.status == 1 && started.err.contains("was not finished"), "\(file): \(started)")
                }
                try content.write(to: URL(fileURLWithPath: path))
            }
            #expect(try signalbox(["restore", backup, "--data", data]).status == 0)
        }

        @Test("a backup that is made while images are deleted with their blobs is whole each time")
        func underDeletion() async throws {
            let hub = try Hub()
            let backup = hub.folder.path + "/backup"
            let pushed = Monitor(0)
            let stop = Monitor(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let client = try hub.client()
                    var last: Image?
                    for number in 0... {
                        if stop.with({ $0 }) { return }
                        let image = Image(seed: UInt64(number))
                        guard try client.push(image, to: "team/app", as: "latest").status == 201 else { throw Failure("a push failed") }
                        if let last {
                            let digest = last.manifest.digest
                            guard try client.request("DELETE", "/v2/team/app/manifests/\(digest)").status == 202 else { throw Failure("not deleted") }
                            for blob in last.blobs { _ = try client.request("DELETE", "/v2/team/app/blobs/\(blob.digest)") }
                        }
                        last = image
                        pushed.with { $0 = number }
                    }
                }
                group.addTask {
                    defer { stop.with { $0 = true } }
                    for round in 1...3 {
                        _ = try pushed.wait(for: "some pushes") { $0 > round * 5 ? true : nil }
                        _ = try json(["backup", backup, "--data", hub.data])
                        let data = hub.folder.path + "/restored-\(round)"
                        _ = try json(["restore", backup, "--data", data])
                        let verified = try signalbox(["audit", "verify", "--data", data, "--blobs", "full"])
                        #expect(verified.status == 0, "\(verified)")
                    }
                }
                try await group.waitForAll()
            }
        }

        @Test("the secrets of a webhook that is made or changed while the backup goes on are in it", .needs("strace"))
        func secrets() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let client = try hub.client()
            func post(_ method: String, _ path: String, _ body: String) throws -> JSONValue {
                let answer = try client.request(method, path, headers: ["Content-Type": "application/json"], body: Array(body.utf8))
                guard (200...201).contains(answer.status) else { throw Failure("\(answer)") }
                return try answer.json
            }
            let first = try post("POST", "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/", "state": "paused"}"#)
            let backup = hub.folder.path + "/backup"
            // It has copied the secrets, and stands before it looks what segments there are.
            let traced = try Traced([Place.binary, "backup", backup, "--data", hub.data], calls: ["openat"], on: hub.data + "/log", fault: "signal=STOP:when=1")
            let process = try traced.stopped()
            _ = try post("POST", "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/", "state": "paused"}"#)
            _ = try post("PATCH", "/api/v1/webhooks/\(try #require(first["id"]?.string))", #"{"authorization": "Bearer of-another-time"}"#)
            #expect(try traced.finish(process) == 0, "\(traced.child.output)")
            let data = hub.folder.path + "/restored"
            _ = try json(["restore", backup, "--data", data])
            let verified = try signalbox(["audit", "verify", "--data", data])
            #expect(verified.status == 0 && !verified.out.contains("secrets"), "\(verified)")
        }
    }
}
