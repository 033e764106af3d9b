import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("exports")
    struct ExportTests {
        private func export(_ hub: Hub, _ arguments: [String]) throws -> String {
            try succeed([Place.binary, "audit", "export"] + arguments, environment: ["SIGNALBOX_URL": hub.url], seconds: 60)
        }

        private func sequences(_ text: some StringProtocol) throws -> [Int64] {
            try text.split(separator: "\n").compactMap { try JSONValue.parse(String($0)).sequence }
        }

        @Test("standard output gets every event once, oldest first, in each format, from a hub and from its folder")
        func standardOutput() throws {
            let hub = try Hub()
            for number in 1...4 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let events = try hub.events()
            let text = try export(hub, [])
            #expect(try text.split(separator: "\n").map { try JSONValue.parse(String($0)) } == events)
            let table = try export(hub, ["--format", "csv", "--type", "image.pushed"])
            #expect(table.components(separatedBy: "\r\n").count == 5)
            let names = String(table.prefix { $0 != "\r\n" })
            #expect(names.hasPrefix("sequence,time,id,type,"))
            // Where nothing is meant the names of the columns stand there all the same.
            #expect(try export(hub, ["--format", "csv", "--type", "guard.created"]).components(separatedBy: "\r\n").filter { !$0.isEmpty } == [names])
            #expect(try export(hub, ["--type", "guard.created"]).isEmpty)
            for format in ["cloudtrail", "ocsf"] {
                #expect(try export(hub, ["--format", format]).split(separator: "\n").count == events.count)
            }
            #expect(try hub.terminate() == 0)
            #expect(try succeed([Place.binary, "audit", "export", "--data", hub.data]) == text)
        }

        @Test("a folder is gone on with after an interruption, without a gap and without doubles")
        func folder() throws {
            let hub = try Hub()
            let target = hub.folder.path + "/export"
            func files() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: target).filter { $0.hasPrefix("events-") }.sorted()
            }
            func exported() throws -> [Int64] {
                try sequences(try files().map { try String(contentsOfFile: target + "/" + $0, encoding: .utf8) }.joined())
            }
            for round in 0..<3 {
                try hub.push(Image(seed: UInt64(round)), to: "team/app", as: "v\(round)")
                _ = try export(hub, ["--to", target])
                #expect(try exported() == hub.events().compactMap(\.sequence))
                // What an export that was killed while it wrote leaves behind.
                let last = try #require(try files().last)
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: target + "/" + last))
                try file.seekToEnd()
                try file.write(contentsOf: Data(#"{"specversion":"1.0","seq"#.utf8))
                try file.close()
            }
            let following = try Child([Place.binary, "audit", "export", "--to", target, "--follow"], environment: ["SIGNALBOX_URL": hub.url])
            hub.kill()
            try hub.restart()
            try hub.push(Image(seed: 50), to: "team/app", as: "late")
            let last = try #require(try hub.events().last?.sequence)
            let limit = Date(timeIntervalSinceNow: 60)
            while try exported().last != last, Date() < limit { Thread.sleep(forTimeInterval: 0.05) }
            #expect(try exported() == hub.events().compactMap(\.sequence))
            let second = try run([Place.binary, "audit", "export", "--to", target], environment: ["SIGNALBOX_URL": hub.url])
            #expect(second.status == 1 && second.err.contains("process \(following.processIdentifier)"), "\(second)")
            following.signal(SIGKILL)
            let other = try run([Place.binary, "audit", "export", "--to", target, "--format", "csv"], environment: ["SIGNALBOX_URL": hub.url])
            #expect(other.status == 1 && other.err.contains("another folder"))
        }

        @Test("an export that follows from a record on, where nothing came after it yet, shows nothing of what came before; how long ago is reckoned once")
        func followsFromRecord() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let last = try #require(try hub.events().last?.sequence)
            let asked = Monitor([String]())
            let passing = try LyingHub(before: hub) { path, answer in
                asked.with { $0.append(path) }
                return answer
            }
            let following = try Child([Place.binary, "audit", "export", "--follow", "--after", "\(last)", "--since", "1h", "--hub", passing.url])
            _ = try asked.wait(for: "the first question") { $0.isEmpty ? nil : true }
            try hub.push(Image(seed: 2), to: "team/app", as: "v2")
            let new = try #require(try hub.events().last?.sequence)
            _ = try following.line(containing: "\"sequence\":\"\(new)\"")
            #expect(try sequences(following.output) == Array(last + 1...new))
            let times = Set(asked.with { $0 }.flatMap { $0.split { "?&".contains($0) } }.filter { $0.hasPrefix("since=") })
            #expect(times.count == 1 && !times.contains("since=1h"), "\(times)")
        }

        @Test("an export of pulls goes on where it was, whatever the numbers of other events are")
        func pulls() throws {
            let hub = try Hub(config: #"{"audit": {"pulls": "all"}}"#)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let target = hub.folder.path + "/export"
            func pull(_ count: Int) throws {
                let client = try hub.client()
                let before = try client.request("GET", "/api/v1/events?type=io.signalbox.image.pulled&limit=1000").json["events"]?.array?.count ?? 0
                for _ in 0..<count { #expect(try client.manifest("team/app", "v1").status == 200) }
                try hub.wait(for: "the pulls") { try $0.request("GET", "/api/v1/events?type=io.signalbox.image.pulled&limit=1000").json["events"]?.array?.count == before + count }
            }
            try pull(9)
            #expect(try hub.events().count < 9, "the pulls have greater numbers than all else")
            for round in 0..<2 {
                _ = try export(hub, ["--to", target, "--type", "image.pulled"])
                let names = try FileManager.default.contentsOfDirectory(atPath: target).filter { $0.hasPrefix("events-") }.sorted()
                let exported = try sequences(try names.map { try String(contentsOfFile: target + "/" + $0, encoding: .utf8) }.joined())
                #expect(exported == Array(1...Int64(9 + round)))
                try pull(1)
            }
        }

        @Test("syslog gets every event, and an export goes on from its position when the receiver was away")
        func syslog() throws {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let receiver = try SyslogReceiver()
            let position = hub.folder.path + "/position"
            let arguments = ["--syslog", "127.0.0.1:\(receiver.port)", "--position", position]
            _ = try export(hub, arguments)
            let first = try hub.events().compactMap(\.sequence)
            #expect(try receiver.wait(count: first.count) == first)
            #expect(try String(contentsOfFile: position, encoding: .utf8).hasPrefix("\(first.count)\n\(first.count) "))
            try hub.push(Image(seed: 2), to: "team/app", as: "v2")
            _ = try export(hub, arguments)
            let all = try hub.events().compactMap(\.sequence)
            #expect(try receiver.wait(count: all.count) == all)
        }
    }
}

/// Takes messages that are framed by their length.
private final class SyslogReceiver: Sendable {
    let port: Int
    private let received = Monitor([Int64]())
    private let listener: Int32

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0 }
        }
        guard bound else { throw Failure("cannot listen") }
        listener = socket
        port = Int(UInt16(bigEndian: address.sin_port))
        let received = received
        Thread.detachNewThread {
            while case let connection = accept(socket, nil, nil), connection >= 0 {
                Thread.detachNewThread { Self.read(connection, received) }
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func read(_ connection: Int32, _ received: Monitor<[Int64]>) {
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(connection, &chunk, chunk.count), count > 0 {
            buffer += chunk[..<count]
            while let space = buffer.firstIndex(of: 0x20), let length = Int(String(decoding: buffer[..<space], as: UTF8.self)), buffer.count > space + length {
                let message = String(decoding: buffer[(space + 1)...(space + length)], as: UTF8.self)
                buffer.removeSubrange(...(space + length))
                if let match = message.firstMatch(of: /^<110>1 .* sequence="([0-9]+)"/) { received.with { $0.append(Int64(match.1) ?? -1) } }
            }
        }
        close(connection)
    }

    func wait(count: Int) throws -> [Int64] {
        try received.wait(for: "\(count) messages") { $0.count >= count ? $0 : nil }
    }
}
