import HTTP
import IO
import Testing

@Suite("The HTTP client")
struct HTTPClientTests {
    @Test("content is read by whatever framing it has", arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n", "hello"),
        ("HTTP/1.0 200 OK\r\n\r\nhello", "hello"), ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ])
    func framings(answer: String, content: String) async throws {
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            for byte in answer.unicodeScalars { try await peer.write(String(byte)) }
        }
        #expect(try await makeClient().text(server.url("/")) == content)
    }

    @Test("a request goes out as it was built")
    func request() async throws {
        let server = try await ScriptedServer.start { _, peer in
            guard let (head, content) = try await peer.request() else { return }
            let fields = head.headers.all.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
            try await peer.answer("\(head.method) \(head.path) \(head.query ?? "-") \(fields) \(content)")
        }
        let request = HTTPRequest(
            .post, try server.url("/a/b?c=d"), headers: HeaderBuilder([.contentType: "text/plain"]), content: Array("hello".utf8))
        let response = try await makeClient().execute(request, until: Monotonic.milliseconds + 20_000)
        #expect(
            String(decoding: response.content, as: UTF8.self)
                == "POST /a/b c=d Host=\(server.address)|Content-Type=text/plain|User-Agent=signalbox|Content-Length=5 hello")
    }

    @Test("an answer to HEAD has no content, whatever length it tells")
    func head() async throws {
        let server = try await ScriptedServer.start { _, peer in
            while try await peer.request() != nil { try await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n") }
        }
        let client = try makeClient()
        for _ in 0..<2 {
            let response = try await client.execute(HTTPRequest(.head, server.url("/")), until: Monotonic.milliseconds + 20_000)
            #expect(response.content.isEmpty)
            #expect(response.headers[.contentLength] == "99")
        }
        #expect(server.connectionCount == 1)
    }

    @Test("what is not HTTP is an error", arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n",
    ])
    func malformed(answer: String) async throws {
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            try await peer.write(answer)
        }
        let client = try makeClient()
        let url = try server.url("/")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .malformedAnswer)
    }

    @Test("an answer that breaks off is an error", arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ])
    func brokenOff(answer: String) async throws {
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            try await peer.write(answer)
        }
        let client = try makeClient()
        let url = try server.url("/")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .closed)
        #expect(server.connectionCount == 1)
    }

    @Test("content is bounded: whole or an error, or its first bytes")
    func bounds() async throws {
        let server = try await ScriptedServer.start { _, peer in
            while let (head, _) = try await peer.request() {
                try await peer.answer(String(repeating: "x", count: Int(head.queryValue("n") ?? "") ?? 0))
            }
        }
        let client = try makeClient()
        func get(_ count: Int, _ capture: ContentCapture) async throws(HTTPClientError) -> HTTPResponse {
            let url = HTTPURL(origin: Origin(scheme: .http, host: "127.0.0.1", port: server.address.port), target: "/?n=\(count)")
            return try await client.execute(HTTPRequest(.get, url), until: Monotonic.milliseconds + 20_000, capture: capture)
        }
        #expect(try await get(100_000, .whole(limit: 100_000)).content.count == 100_000)
        #expect(await code { () throws(HTTPClientError) in _ = try await get(100_001, .whole(limit: 100_000)) } == .bodyTooLarge)
        let exact = try await get(1000, .prefix(1000))
        #expect(!exact.isTruncated)
        let small = try await get(2000, .prefix(1000))
        #expect(small.isTruncated)
        #expect(small.content.count == 1000)
        #expect(server.connectionCount == 1, "what is left of a small answer is read to keep the connection")
        let large = try await get(5_000_000, .prefix(1000))
        #expect(large.isTruncated)
        _ = try await get(1, .prefix(0))
        #expect(server.connectionCount == 2, "a large rest is not read")
    }

    @Test("a deadline ends an exchange at whichever point it hangs", arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"])
    func deadline(answer: String) async throws {
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            try await peer.write(answer)
            try await peer.untilClosed()
        }
        let client = try makeClient()
        let url = try server.url("/")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url, timeout: 50) } == .timedOut)
    }

    @Test("a peer that takes nothing is given up at the deadline")
    func stalledSending() async throws {
        let server = try await ScriptedServer.start { _, peer in try await Task.sleep(for: .seconds(30)) }
        let client = try makeClient()
        let request = HTTPRequest(.put, try server.url("/"), content: [UInt8](repeating: 1, count: 64 << 20))
        #expect(await code { () throws(HTTPClientError) in _ = try await client.execute(request, until: Monotonic.milliseconds + 200) } == .timedOut)
    }

    @Test("cancelling the task ends its exchange")
    func cancellation() async throws {
        let (started, isStarted) = AsyncStream.makeStream(of: Void.self)
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            isStarted.yield()
            try await peer.untilClosed()
            isStarted.yield()
        }
        let client = try makeClient()
        let url = try server.url("/")
        let task = Task { await code { () throws(HTTPClientError) in _ = try await client.text(url, timeout: 3_600_000) } }
        var events = started.makeAsyncIterator()
        await events.next()
        task.cancel()
        #expect(await task.value == .cancelled)
        await events.next()
    }

    @Test("addresses are judged where they are connected to, behind names too", arguments: [
        "127.0.0.1", "localhost", "LocalHost", "127.1", "127.0.1", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.0x0.0x0.0x1", "127.0.0.01",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0", "0.0.0.0", "[::]",
        "169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:a9fe:a9fe]", "[fd00:ec2::254]",
    ])
    func policy(host: String) async throws {
        let server = try await ScriptedServer.start { _, peer in try await peer.untilClosed() }
        let client = try makeClient { $0.policy = .publicOnly }
        let url = try server.url("/", host: host)
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .forbiddenAddress)
        #expect(server.connectionCount == 0)
    }

    @Test("names for loopback that only some systems know lead nowhere either", arguments: ["localhost.", "localhost.localdomain", "ip6-localhost", "x.localhost"])
    func localNames(host: String) async throws {
        let server = try await ScriptedServer.start { _, peer in try await peer.untilClosed() }
        let client = try makeClient { $0.policy = .publicOnly }
        let url = try server.url("/", host: host)
        let code = await code { () throws(HTTPClientError) in _ = try await client.text(url) }
        #expect(code == .forbiddenAddress || code == .unresolved)
        #expect(server.connectionCount == 0)
    }

    @Test("of an answer whose content breaks off or hangs, the status and what came count where only the first bytes are wanted")
    func brokenContent() async throws {
        let server = try await ScriptedServer.start { _, peer in
            guard let (head, _) = try await peer.request() else { return }
            try await peer.write("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 100\r\n\r\npart")
            if head.path == "/hangs" { try await peer.untilClosed() }
        }
        let client = try makeClient()
        for path in ["/hangs", "/breaks"] {
            let response = try await client.execute(HTTPRequest(.get, server.url(path)), until: Monotonic.milliseconds + 5000, capture: .prefix(4096))
            #expect(response.status.code == 503)
            #expect(response.content == Array("part".utf8))
            #expect(response.isTruncated)
        }
    }

    @Test("a peer that takes a byte now and then is given up at the deadline all the same")
    func tricklingReceiver() async throws {
        let server = try await ScriptedServer.start { _, peer in
            while try await peer.take(64) {}
        }
        let client = try makeClient()
        let request = HTTPRequest(.post, try server.url("/"), content: [UInt8](repeating: 1, count: 64 << 20))
        #expect(await code { () throws(HTTPClientError) in _ = try await client.execute(request, until: Monotonic.milliseconds + 300) } == .timedOut)
    }

    @Test("a peer that answers a byte now and then is given up at the deadline", arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
    func tricklingAnswer(head: String) async throws {
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            try await peer.write(head)
            if head.isEmpty { try await peer.write("HTTP/1.1 200 OK\r\nX: ") }
            while true {
                try await peer.write("x")
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        let client = try makeClient()
        let url = try server.url("/")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url, timeout: 300) } == .timedOut)
    }

    @Test("a port where nobody listens, and a name that does not exist")
    func unreachable() async throws {
        let client = try makeClient()
        let port = try HTTPURL("http://127.0.0.1:1/")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(port) } == .cannotConnect)
        let name = try HTTPURL("http://does-not-exist.invalid/")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(name) } == .unresolved)
    }

    @Test("events are had as they arrive, and leaving early closes the connection")
    func streaming() async throws {
        let (closed, isClosed) = AsyncStream.makeStream(of: Void.self)
        let server = try await ScriptedServer.start { _, peer in
            _ = try await peer.request()
            try await peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await peer.write("d\r\nid: 1\ndata: a\r\n3\r\n\n\ni\r\n")
            try await peer.write("f\r\nd: 2\ndata: b\n\n\n\r\n")
            try await peer.untilClosed()
            isClosed.yield()
        }
        let client = try makeClient()
        let request = HTTPRequest(.get, try server.url("/events"))
        let events = try await client.stream(request, until: Monotonic.milliseconds + 20_000) { head, body throws(HTTPClientError) in
            var parser = EventStreamParser()
            var events: [ServerSentEvent] = []
            while events.count < 2, let bytes = try await body.next() {
                events += (try? parser.feed(bytes)) ?? []
            }
            return events
        }
        #expect(events == [ServerSentEvent(data: "a", lastID: "1"), ServerSentEvent(data: "b", lastID: "2")])
        var signals = closed.makeAsyncIterator()
        await signals.next()
    }
}
