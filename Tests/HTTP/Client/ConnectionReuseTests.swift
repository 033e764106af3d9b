import HTTP
import IO
import Testing

@Suite("Connections of the HTTP client")
struct ConnectionReuseTests {
    @Test("requests one after the other share a connection")
    func keepAlive() async throws {
        let server = try await ScriptedServer.start { number, peer in
            while let (head, _) = try await peer.request() { try await peer.answer("\(number) \(head.path)") }
        }
        let client = try makeClient()
        for index in 0..<50 { #expect(try await client.text(server.url("/\(index)")) == "1 /\(index)") }
    }

    @Test("a connection whose answer says so is not used again")
    func close() async throws {
        let server = try await ScriptedServer.start { number, peer in
            while try await peer.request() != nil { try await peer.answer("\(number)", fields: "Connection: close\r\n") }
        }
        let client = try makeClient()
        for index in 1...3 { #expect(try await client.text(server.url("/")) == "\(index)") }
    }

    @Test("bytes behind an answer cost the connection, and nobody takes them for an answer")
    func surplus() async throws {
        let server = try await ScriptedServer.start { number, peer in
            _ = try await peer.request()
            try await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            try await peer.untilClosed()
        }
        let client = try makeClient()
        for index in 1...3 { #expect(try await client.text(server.url("/")) == "\(index)") }
    }

    /// The first connection ends at a request for `/second`, without an answer.
    private func closingServer() async throws -> ScriptedServer {
        try await ScriptedServer.start { number, peer in
            while let (head, _) = try await peer.request() {
                if number == 1, head.path == "/second" { return }
                try await peer.answer("ok")
            }
        }
    }

    @Test("a request that meets a kept connection closed is sent again where that is harmless")
    func repeated() async throws {
        let server = try await closingServer()
        let client = try makeClient()
        #expect(try await client.text(server.url("/first")) == "ok")
        #expect(try await client.text(server.url("/second")) == "ok")
        #expect(server.connectionCount == 2)
    }

    @Test("one that may have had its effect is not, unless the caller says so", arguments: [false, true])
    func unrepeatable(isRepeatable: Bool) async throws {
        let server = try await closingServer()
        let client = try makeClient()
        _ = try await client.text(server.url("/first"))
        let request = HTTPRequest(.post, try server.url("/second"), content: [1], isRepeatable: isRepeatable)
        let result = await code { () throws(HTTPClientError) in _ = try await client.execute(request, until: Monotonic.milliseconds + 20_000) }
        #expect(result == (isRepeatable ? nil : .closed))
        #expect(server.connectionCount == (isRepeatable ? 2 : 1))
    }

    @Test("a connection whose end came with the answer is not used again, not even for what must not be sent twice")
    func endWithAnswer() async throws {
        let server = try await ScriptedServer.start { number, peer in
            _ = try await peer.request()
            try await peer.answer("\(number)")
        }
        // On the server's loop: its answer and its end are there before the client reads.
        let client = try makeClient(on: server.loop)
        for index in 1...20 {
            let request = HTTPRequest(.post, try server.url("/"), content: [1], isRepeatable: false)
            let response = try await client.execute(request, until: Monotonic.milliseconds + 20_000)
            #expect(String(decoding: response.content, as: UTF8.self) == "\(index)")
        }
    }

    @Test("a server that closes idle connections is met with new ones")
    func idleClosed() async throws {
        let server = try await ScriptedServer.start { number, peer in
            _ = try await peer.request()
            try await peer.answer("\(number)")
        }
        let client = try makeClient()
        for index in 1...20 { #expect(try await client.text(server.url("/")) == "\(index)") }
    }

    @Test("an unused connection is closed after its time")
    func idleTimeout() async throws {
        let (closed, isClosed) = AsyncStream.makeStream(of: Int.self)
        let server = try await ScriptedServer.start { number, peer in
            while try await peer.request() != nil { try await peer.answer("\(number)") }
            isClosed.yield(number)
        }
        let client = try makeClient { $0.idleTimeout = 10 }
        #expect(try await client.text(server.url("/")) == "1")
        var signals = closed.makeAsyncIterator()
        #expect(await signals.next() == 1)
        #expect(try await client.text(server.url("/")) == "2")
    }

    @Test("many requests share a few connections, and each gets its own answer")
    func limit() async throws {
        let server = try await ScriptedServer.start { _, peer in
            while let (head, _) = try await peer.request() { try await peer.answer(head.path) }
        }
        let client = try makeClient { $0.connectionsPerOrigin = 3 }
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<500 {
                let url = try server.url("/\(index)")
                group.addTask { try await client.text(url) == "/\(index)" }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(right == 500)
        #expect(server.mostOpen <= 3)
        #expect(server.connectionCount == 3)
    }

    /// A client with one connection, which a request holds until the server is let go.
    private func occupied(
        waiting: Int = 10
    ) async throws -> (client: HTTPClient, url: HTTPURL, holder: Task<String, any Error>, release: AsyncStream<Void>.Continuation) {
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
        let server = try await ScriptedServer.start { _, peer in
            var signals = released.makeAsyncIterator()
            while let (head, _) = try await peer.request() {
                if head.path == "/hold" {
                    isHeld.yield()
                    await signals.next()
                }
                try await peer.answer(head.path)
            }
        }
        let client = try makeClient {
            $0.connectionsPerOrigin = 1
            $0.waitingRequests = waiting
        }
        let hold = try server.url("/hold")
        let holder = Task { try await client.text(hold) }
        var signals = held.makeAsyncIterator()
        await signals.next()
        return (client, try server.url("/next"), holder, release)
    }

    @Test("waiting for a connection counts against the deadline")
    func waitingTimesOut() async throws {
        let (client, url, holder, release) = try await occupied()
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url, timeout: 30) } == .timedOut)
        release.yield()
        #expect(try await holder.value == "/hold")
        #expect(try await client.text(url) == "/next")
    }

    @Test("a request that waits can be cancelled")
    func waitingCancelled() async throws {
        let (client, url, holder, release) = try await occupied()
        for _ in 0..<50 {
            let waiter = Task { await code { () throws(HTTPClientError) in _ = try await client.text(url) } }
            if Bool.random() { await Task.yield() }
            waiter.cancel()
            #expect(await waiter.value == .cancelled)
        }
        release.yield()
        #expect(try await holder.value == "/hold")
        #expect(try await client.text(url) == "/next")
    }

    @Test("only so many requests wait")
    func overloaded() async throws {
        let (client, url, holder, release) = try await occupied(waiting: 0)
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .overloaded)
        release.yield()
        _ = try await holder.value
    }

    @Test("a client that is shut down refuses those that wait and those that come")
    func shutDown() async throws {
        let (client, url, holder, release) = try await occupied()
        let waiter = Task { await code { () throws(HTTPClientError) in _ = try await client.text(url) } }
        await Task.yield()
        await client.shutDown()
        #expect(await waiter.value == .shutDown)
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .shutDown)
        release.yield()
        #expect(try await holder.value == "/hold")
    }
}
