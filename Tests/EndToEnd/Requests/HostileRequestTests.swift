import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Requests that no client sends by mistake. After each of them the hub must serve others as before.
    @Suite("hostile requests")
    struct HostileRequestTests {
        struct Hostile: Sendable, CustomTestStringConvertible {
            let name: String
            let bytes: String
            let testDescription: String

            init(_ name: String, _ bytes: String) {
                self.name = name
                self.bytes = bytes
                testDescription = name
            }
        }

        static let ambiguous: [Hostile] = [
            Hostile("two lengths", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n"),
            Hostile("a list of lengths", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 1\r\n\r\n"),
            Hostile("length and chunks", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            Hostile("a negative length", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
            Hostile("a signed length", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na"),
            Hostile("a length beyond 64 bits", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"),
            Hostile("an unknown coding", "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"),
            Hostile("a chunk size that is no number", "PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
            Hostile("a chunk size beyond 64 bits", "PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n"),
            Hostile("a bare line feed", "GET /v2/ HTTP/1.1\nHost: a\n\n"),
            Hostile("a folded field", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"),
            Hostile("a space before the colon", "GET /v2/ HTTP/1.1\r\nHost : a\r\n\r\n"),
            Hostile("a field without a name", "GET /v2/ HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
            Hostile("a NUL in a field", "GET /v2/ HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n"),
            Hostile("no host", "GET /v2/ HTTP/1.1\r\n\r\n"),
            Hostile("two hosts", "GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
            Hostile("no version", "GET /v2/\r\nHost: a\r\n\r\n"),
            Hostile("binary rubbish", "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\r\n\r\n"),
        ]

        @Test("ambiguous framing is 400, and the connection is closed", arguments: ambiguous)
        func ambiguousFraming(hostile: Hostile) throws {
            let hub = try Hub()
            let connection = try Connection(port: hub.port)
            // A request that follows must not be answered: what it is depends on how the first is read.
            try connection.send(hostile.bytes + "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.finishSending()
            let answers = String(decoding: try connection.readToEnd(), as: UTF8.self)
            #expect(answers.hasPrefix("HTTP/1.1 400 "), "\(hostile.name): \(answers)")
            #expect(answers.components(separatedBy: "HTTP/1.1 ").count == 2, "\(hostile.name): \(answers)")
            #expect(try hub.client().request("GET", "/v2/").status == 200)
        }

        @Test("no path leaves the data folder", arguments: [
            "/v2/../../../../etc/passwd", "/v2/..%2f..%2f..%2fetc%2fpasswd/manifests/v1", "/v2/a/blobs/sha256:../../../../key",
            "/v2/a/blobs/sha256:..%2f..%2fkey", "/v2/a/blobs/uploads/..%2f..%2fkey", "/v2/a/blobs/uploads/../../key",
            "/v2/a/../b/manifests/v1", "/v2//manifests/v1", "/v2/a%00b/manifests/v1", "/v2/a/manifests/..",
            "/v2/a/manifests/%2e%2e", "/v2/A/tags/list", "/v2/a/blobs/sha256:\(String(repeating: "A", count: 64))", "/%",
        ])
        func paths(target: String) throws {
            let hub = try Hub()
            for method in ["GET", "HEAD", "DELETE", "PUT", "PATCH"] {
                let answer = try hub.client().request(method, target)
                #expect((400...499).contains(answer.status), "\(method) \(target): \(answer)")
                #expect(!answer.text.contains("root:"))
            }
            let inside = try FileManager.default.contentsOfDirectory(atPath: hub.folder.path)
            #expect(inside == ["data"])
        }

        @Test("a head that is too large is refused, and memory stays small")
        func largeHead() throws {
            let hub = try Hub()
            let connection = try Connection(port: hub.port)
            try connection.send("GET /v2/ HTTP/1.1\r\nHost: a\r\nX-Long: " + String(repeating: "a", count: 60_000))
            // The hub may close while bytes are on their way.
            try? connection.send(String(repeating: "a", count: 4_000_000) + "\r\n\r\n")
            connection.finishSending()
            if let answer = try? connection.readResponse(to: "GET") { #expect(answer.status == 431) }
            #expect(try hub.client().request("GET", "/v2/").status == 200)
            #expect(try hub.peakMemory() < 64 << 20)
        }

        @Test("manifests that are not what they say are refused with the registry's codes", arguments: [
            "", "{", "[]", "null", "{\"schemaVersion\":2,}", "{\"schemaVersion\":2,\"schemaVersion\":2}",
            String(repeating: "[", count: 100_000), "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":7,\"layers\":[]}",
        ])
        func manifests(text: String) throws {
            let hub = try Hub()
            let answer = try hub.client().put(Content(ImageFormat.oci.manifest, Array(text.utf8)), to: "team/app", as: "v1")
            #expect(answer.status == 400, "\(answer)")
            #expect(answer.error?["code"] == .string("MANIFEST_INVALID"), "\(answer)")
            #expect(try hub.events().isEmpty)
        }

        @Test("a manifest beyond the limit is refused before it is read")
        func largeManifest() throws {
            let hub = try Hub()
            let connection = try Connection(port: hub.port)
            try connection.send(
                "PUT /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nContent-Type: \(ImageFormat.oci.manifest)\r\nContent-Length: 8000000000\r\n\r\n")
            #expect(try connection.readResponse(to: "PUT").status == 413)
        }

        @Test("slow clients hold up nobody")
        func slowClients() throws {
            let hub = try Hub()
            let slow = try (0..<200).map { _ in
                let connection = try Connection(port: hub.port)
                try connection.send("GET /v2/ HTTP/1.1\r\nHo")
                return connection
            }
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            #expect(try hub.client().manifest("team/app", "v1").status == 200)
            for connection in slow { try connection.send("st: a\r\n\r\n") }
            for connection in slow { #expect(try connection.readResponse(to: "GET").status == 200) }
        }

        @Test("pipelined requests are answered in order, and Expect: 100-continue is answered before the body")
        func pipelining() throws {
            let hub = try Hub()
            let connection = try Connection(port: hub.port)
            try connection.send(
                "GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\nGET /v2/none/tags/list HTTP/1.1\r\nHost: a\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try (0..<3).map { _ in try connection.readResponse(to: "GET").status } == [200, 404, 200])

            let started = try hub.client().request("POST", "/v2/team/app/blobs/uploads/")
            let target = Client.target(try #require(started.headers["location"]))
            try connection.send("PATCH \(target) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            #expect(try connection.readHead()?.hasPrefix("HTTP/1.1 100 ") == true)
            try connection.send("abc")
            #expect(try connection.readResponse(to: "PATCH").status == 202)
        }
    }
}
