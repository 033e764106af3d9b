import Crypto
import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Set `SIGNALBOX_LAYER_MIB` to 10240 for the full run.
    @Suite("large layers")
    struct LayerTests {
        @Test("a layer of any size takes up less than 64 MiB of memory, up and down")
        func memoryIsConstant() throws {
            let mebibytes = rounds("SIGNALBOX_LAYER_MIB", default: 512)
            var random = SeededRandom(seed: 42)
            var chunk = (0..<(1 << 20)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            var digest = StreamingHash(.sha256)
            let hub = try Hub()
            let started = try hub.client().request("POST", "/v2/team/big/blobs/uploads/")
            let target = Client.target(try #require(started.headers["location"]))

            let connection = try Connection(port: hub.port)
            try connection.send("PATCH \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: \(mebibytes << 20)\r\n\r\n")
            for number in 0..<mebibytes {
                chunk[0] = UInt8(truncatingIfNeeded: number)
                digest.update(chunk)
                try connection.send(chunk)
            }
            let answer = try connection.readResponse(to: "PATCH")
            #expect(answer.status == 202)
            let name = "sha256:" + Hex.encode(digest.finalize())
            let next = Client.target(try #require(answer.headers["location"]), adding: "digest=\(name)")
            #expect(try hub.client().request("PUT", next).status == 201)

            try connection.send("GET /v2/team/big/blobs/\(name) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let head = try #require(try connection.readHead())
            #expect(head.contains(" 200 "))
            var received = StreamingHash(.sha256)
            for _ in 0..<mebibytes { received.update(try connection.read(1 << 20)) }
            #expect("sha256:" + Hex.encode(received.finalize()) == name)
            let peak = try hub.peakMemory()
            #expect(peak < 64 << 20, "\(peak >> 20) MiB for a layer of \(mebibytes) MiB")
        }

        @Test("a layer whose length is not told arrives whole, also when its pieces are of any size")
        func lengthIsNotTold() throws {
            var random = SeededRandom(seed: 43)
            var content: [UInt8] = []
            let hub = try Hub()
            let started = try hub.client().request("POST", "/v2/team/big/blobs/uploads/")
            let connection = try Connection(port: hub.port)
            let target = Client.target(try #require(started.headers["location"]))
            try connection.send("PATCH \(target) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            while content.count < 14 << 20 {
                let piece = (0..<Int.random(in: 1...400_000, using: &random)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ content.count) }
                content += piece
                try connection.send(String(piece.count, radix: 16) + "\r\n")
                try connection.send(piece)
                try connection.send("\r\n")
            }
            try connection.send("0\r\n\r\n")
            let answer = try connection.readResponse(to: "PATCH")
            #expect(answer.status == 202)
            #expect(answer.headers["range"] == "0-\(content.count - 1)")
            let layer = Content("application/octet-stream", content)
            let next = Client.target(try #require(answer.headers["location"]), adding: "digest=\(layer.digest)")
            #expect(try hub.client().request("PUT", next).status == 201)
            #expect(try hub.client().blob("team/big", layer.digest).body == content)
        }

        @Test("a blob that was damaged on disk is healed when it is pushed again")
        func heals() throws {
            let hub = try Hub()
            let image = Image(seed: 1, layerBytes: 10_000)
            try hub.push(image, to: "team/app", as: "v1")
            let layer = try #require(image.layers.first)
            let file = hub.data + "/blobs/" + layer.digest.replacingOccurrences(of: ":", with: "/")
            try Data([UInt8](repeating: 0, count: layer.bytes.count)).write(to: URL(fileURLWithPath: file))
            #expect(try hub.client().upload(layer, to: "team/app").status == 201)
            #expect(try hub.client().blob("team/app", layer.digest).body == layer.bytes)
        }

        @Test("a blob whose digest is wrong is refused and leaves nothing")
        func wrongDigest() throws {
            let hub = try Hub()
            let right = Content("application/octet-stream", Array("right".utf8))
            let started = try hub.client().request("POST", "/v2/team/app/blobs/uploads/")
            let target = Client.target(try #require(started.headers["location"]), adding: "digest=\(right.digest)")
            let answer = try hub.client().request("PUT", target, body: Array("wrong".utf8))
            #expect(answer.status == 400 && answer.error?["code"]?.string == "DIGEST_INVALID")
            #expect(try hub.client().blob("team/app", right.digest).status == 404)
            let left = FileManager.default.enumerator(atPath: hub.data + "/blobs")?.compactMap { $0 as? String } ?? []
            #expect(left.allSatisfy { $0.count <= 6 }, "only the folders of the algorithms")
            #expect(try FileManager.default.contentsOfDirectory(atPath: hub.data + "/uploads").isEmpty)
        }
    }
}

extension Hub {
    /// The most memory the process has had, in bytes.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        guard let match = status.firstMatch(of: /VmHWM:\s+([0-9]+) kB/), let kibibytes = Int(match.1) else {
            throw Failure("no VmHWM in \(status)")
        }
        return kibibytes << 10
    }
}
