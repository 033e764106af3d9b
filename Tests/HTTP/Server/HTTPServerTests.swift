import Glibc
import HTTP
import IO
import Testing

@Suite("HTTP server")
struct HTTPServerTests {
    /// Answers with what it got: method, path and content.
    private static let echo: Handler = { request, body in
        do throws(BodyError) {
            let content = try await body.collect(limit: 1 << 20)
            return Response(.ok, body: .bytes(Array("\(request.method) \(request.head.path) ".utf8) + content))
        } catch {
            return Response(error.code == .tooLarge ? .contentTooLarge : .badRequest)
        }
    }

    @Test("requests that were sent at once are answered in order on one connection")
    func pipelining() async throws {
        let server = try await TestServer.start(handler: Self.echo)
        let answer = try await server.exchange(
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                + "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
                + "GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.statuses == [200, 200, 200, 200])
        let order = ["GET /a ", "POST /b abc", "POST /c def", "GET /d "].compactMap { answer.firstRange(of: $0)?.lowerBound }
        #expect(order.count == 4 && order == order.sorted())
    }

    @Test("a request that comes byte by byte is the same request")
    func byteByByte() async throws {
        let server = try await TestServer.start(handler: Self.echo)
        let text = "PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
        let answer = try await server.exchange(text.map(String.init))
        #expect(answer.hasSuffix("PUT /x abcd"))
    }

    @Test("ambiguous framing is answered 400 and the connection ends", arguments: [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func ambiguousFraming(text: String) async throws {
        let server = try await TestServer.start(handler: Self.echo)
        let answer = try await server.exchange(text + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.statuses == [400])
        #expect(!answer.contains("smuggled"))
        #expect(answer.contains("Connection: close"))
    }

    @Test("content is asked for with 100 Continue, and only when the handler wants it")
    func expectContinue() async throws {
        let server = try await TestServer.start { request, body in
            if request.head.path == "/no" { return Response(.forbidden) }
            return await Self.echo(request, body)
        }
        let head = "HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        #expect(try await server.exchange("POST /yes \(head)ok").statuses.last == 200)
        #expect(try await server.exchange("POST /no \(head)").statuses == [403])
    }

    @Test("HEAD says the length and sends nothing")
    func head() async throws {
        let server = try await TestServer.start { _, _ in Response(.ok, body: .bytes(Array("12345".utf8))) }
        let answer = try await server.exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.contains("Content-Length: 5\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test("a large refused upload still gets its answer")
    func refusedUpload() async throws {
        let server = try await TestServer.start { _, _ in Response(.forbidden) }
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
        let answer = try await server.exchange([head, String(repeating: "x", count: 500_000)], shutdown: true)
        #expect(answer.statuses == [403])
    }

    @Test("a client that sends all of a content that is refused before it looks still gets its answer")
    func refusedWhole() async throws {
        let server = try await TestServer.start(handler: Self.echo)
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n"
        let part = String(repeating: "x", count: 1_000_000)
        let answer = try await server.exchange([head] + Array(repeating: part, count: 40))
        #expect(answer.statuses == [413])
    }

    @Test("a slow head is answered 408 within the time that is set")
    func slowHead() async throws {
        var options = HTTPServerOptions()
        options.header = 150
        let server = try await TestServer.start(options, handler: Self.echo)
        #expect(try await server.exchange("GET / HTTP/1.1\r\nHo").statuses == [408])
    }

    @Test("an idle connection is closed without a word after the time that is set")
    func idle() async throws {
        var options = HTTPServerOptions()
        options.idle = 100
        let server = try await TestServer.start(options, handler: Self.echo)
        #expect(try await server.exchange([]) == "")
    }

    @Test("a connection beyond the bound is told 503")
    func tooManyConnections() async throws {
        var options = HTTPServerOptions()
        options.connections = 0
        let server = try await TestServer.start(options, handler: Self.echo)
        #expect(try await server.exchange([]).statuses == [503])
    }

    @Test("a file and a stream arrive whole and framed")
    func bodies() async throws {
        let path = "/tmp/signalbox-http-\(UInt64.random(in: 0...UInt64.max))"
        let file = try File(path, [.read, .write, .create])
        defer { unlink(path) }
        // Several windows of `Connection.sendPages`, and a part of one.
        let content = String(repeating: "0123456789", count: 1_700_000)
        try file.write(Array(content.utf8), at: 0)
        let server = try await TestServer.start { request, _ in
            if request.head.path == "/file" { return Response(.ok, body: .file(file, offset: 10, count: 16_999_980)) }
            return Response(.ok, body: .stream { writer in
                for part in ["one", "two", "three"] { try await writer.write(Array(part.utf8)) }
            })
        }
        let whole = try await server.exchange("GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(whole.hasSuffix(content.dropFirst(10).dropLast(10)))
        let stream = try await server.exchange("GET /s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(stream.hasSuffix("3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"))
        let old = try await server.exchange("GET /s HTTP/1.0\r\nHost: x\r\n\r\n")
        #expect(old.hasSuffix("\r\n\r\nonetwothree"))
    }

    @Test("stopping finishes the request in flight, refuses new ones and frees every connection")
    func drain() async throws {
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let server = try await TestServer.start { _, _ in
            enter.yield()
            for await _ in released { break }
            return Response(.ok)
        }
        async let answer = server.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async let idle = server.exchange([])
        for await _ in entered { break }
        // Both connections are the server's before it stops.
        while server.server.connectionCount < 2 { await Task.yield() }
        async let stopped: Void = server.server.stop(drain: 10_000)
        release.yield()
        #expect(try await answer.statuses == [200])
        #expect(try await idle == "")
        await stopped
        #expect(server.server.connectionCount == 0)
        await #expect(throws: StreamError.self) { try await server.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
    }
}
