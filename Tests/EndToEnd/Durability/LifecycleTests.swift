import Foundation
import Glibc
import Testing

extension EndToEnd {
    @Suite("start and stop")
    struct LifecycleTests {
        @Test("SIGTERM: a request in flight is finished, new ones are not accepted, the exit code is 0")
        func drains() throws {
            let hub = try Hub()
            let client = try hub.client()
            let started = try client.request("POST", "/v2/team/app/blobs/uploads/")
            let target = Client.target(try #require(started.headers["location"]))
            let idle = try Connection(port: hub.port)
            let flight = try Connection(port: hub.port)
            try flight.send("PATCH \(target) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n")
            #expect(try flight.readHead()?.hasPrefix("HTTP/1.1 100 ") == true, "the request is in flight")
            try flight.send([UInt8](repeating: 7, count: 99_990))

            hub.process.signal(SIGTERM)
            #expect(try idle.readToEnd().isEmpty, "an idle connection is closed")
            #expect(throws: (any Error).self, "nobody is served any more") {
                try Client(port: hub.port).request("GET", "/v2/")
            }
            try flight.send([UInt8](repeating: 7, count: 10))
            #expect(try flight.readResponse(to: "PATCH").status == 202)
            #expect(try hub.process.wait() == 0)
        }

        @Test("SIGTERM: a request that never ends holds the stop up for a bounded time only")
        func drainIsBounded() throws {
            let hub = try Hub()
            let flight = try Connection(port: hub.port)
            try flight.send("PUT /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
            #expect(try hub.terminate() == 0)
        }

        @Test("a second signal ends the hub at once, with exit code 1; nothing that was acknowledged is lost", arguments: [SIGTERM, SIGINT])
        func secondSignal(number: Int32) throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let flight = try Connection(port: hub.port)
            try flight.send("PUT /v2/team/app/blobs/uploads/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
            hub.process.signal(number)
            _ = try hub.process.line(containing: "stopping")
            hub.process.signal(number)
            #expect(try hub.process.wait() == 1)
            try hub.restart()
            #expect(try hub.client().request("HEAD", "/v2/team/app/manifests/v1").status == 200)
        }

        @Test("SIGTERM and a new start: everything is there, and events go on with the next sequence number")
        func restarts() throws {
            let hub = try Hub()
            let images = (0..<20).map { Image(seed: UInt64($0)) }
            for (number, image) in images.enumerated() { try hub.push(image, to: "team/app", as: "v\(number)") }
            let events = try hub.events()
            #expect(try hub.terminate() == 0)
            try hub.restart()
            #expect(try hub.events() == events)
            for (number, image) in images.enumerated() {
                #expect(try hub.client().manifest("team/app", "v\(number)").body == image.manifest.bytes)
            }
            try hub.push(Image(seed: 99), to: "team/app", as: "next")
            let next = try hub.events(after: Int64(events.count))
            #expect(next.first?.sequence == Int64(events.count) + 1)
        }

        @Test("a second process on one data folder is refused with a sentence that names the folder")
        func oneProcessPerFolder() throws {
            let hub = try Hub()
            let second = try run([Place.binary, "serve", "--listen", "127.0.0.1:0", "--data", hub.data])
            #expect(second.status == 1)
            #expect(second.err.contains(hub.data), "\(second)")
            #expect(try hub.client().request("GET", "/v2/").status == 200)
            hub.kill()
            try hub.restart()  // the lock goes with its process
        }

        @Test("readiness and liveness answer on a running hub")
        func health() throws {
            let hub = try Hub()
            let client = try hub.client()
            for path in ["/livez", "/readyz", "/v2/"] {
                #expect(try client.request("GET", path).status == 200)
            }
        }

        @Test("a torn record at the end of the log is cut off, and the log line says so")
        func tornTail() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let events = try hub.events()
            hub.kill()
            try hub.damageLog { file, size in
                try file.seek(toOffset: size)
                try file.write(contentsOf: [0x5a, 0x5a, 0x5a])
            }
            try hub.restart()
            #expect(try hub.events() == events)
        }
    }
}

extension Hub {
    /// Lets `body` change the newest segment of the log, at the end of its last record.
    func damageLog(_ body: (FileHandle, UInt64) throws -> Void) throws {
        let folder = data + "/log"
        let segment = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().last { !$0.hasPrefix(".") }
        guard let segment else { throw Failure("no segment in \(folder)") }
        let url = URL(fileURLWithPath: folder + "/" + segment)
        let written = try Data(contentsOf: url).lastIndex { $0 != 0 } ?? 0
        let file = try FileHandle(forUpdating: url)
        defer { try? file.close() }
        // Records are padded with zeros to whole words, and the padding is part of them.
        try body(file, UInt64(written / 8 + 1) * 8)
    }
}
