import Glibc
import IO

/// One client's connection: request after request, each answered before the next is read. Belongs to one task on one loop;
/// requests that were pipelined wait in the buffer.
final class Connection {
    let stream: ByteStream
    let options: HTTPServerOptions
    private let server: HTTPServer
    private let lifetime: ConnectionLifetime
    private var parser: RequestParser
    private var encoder = ResponseEncoder()
    var buffer = ReceiveBuffer()

    init(_ stream: ByteStream, of server: HTTPServer, lifetime: ConnectionLifetime) {
        self.stream = stream
        self.server = server
        self.lifetime = lifetime
        options = server.options
        parser = RequestParser(limits: server.options.head)
    }

    var stallDeadline: Int64 { Monotonic.milliseconds + options.stall }

    /// Serves until either side has had enough. Never throws: nobody is left to tell.
    func serve() async {
        do {
            while let head = try await nextHead() {
                guard try await answer(head) else { break }
            }
            stream.close()
        } catch let error as HTTPError {
            await refuse(error)
        } catch {
            stream.close()
        }
    }

    // MARK: Reading

    /// The next request's head; nil at the orderly end, after an idle time, and when the server stops.
    private func nextHead() async throws -> RequestHead? {
        var deadline = buffer.isEmpty ? Int64.max : Monotonic.milliseconds + options.header
        while true {
            if let head = try buffer.parse(&parser) { return head }
            if !buffer.isEmpty, deadline == .max { deadline = Monotonic.milliseconds + options.header }
            if buffer.isEmpty {
                guard try await waitForRequest() else { return nil }
            } else {
                guard try await fillHead(until: deadline) else { return nil }
            }
        }
    }

    private func waitForRequest() async throws -> Bool {
        buffer.shrink()
        lifetime.isIdle = true
        defer { lifetime.isIdle = false }
        guard !lifetime.isStopping else { return false }
        do {
            return try await buffer.fill(
                from: stream, capacity: options.head.headBytes, until: Monotonic.milliseconds + options.idle)
        } catch {
            return false
        }
    }

    private func fillHead(until deadline: Int64) async throws -> Bool {
        do {
            return try await buffer.fill(from: stream, capacity: options.head.headBytes + 1, until: deadline)
        } catch let error where error.code == .timedOut {
            throw HTTPError(.requestTimeout, "the request's head did not arrive in time")
        }
    }

    /// More content into the empty buffer. False at the peer's end.
    func fill() async throws(StreamError) -> Bool {
        try await buffer.fill(from: stream, capacity: ReceiveBuffer.large, until: stallDeadline)
    }

    // MARK: Answering

    /// Hands the request to the handler and sends what comes back. False where the connection must end.
    private func answer(_ head: RequestHead) async throws -> Bool {
        let body = RequestBody(head, of: self)
        let request = Request(head: head, peer: stream.peer, isTLS: stream.isTLS, proxies: options.proxies)
        let response = await server.handler(request, body)
        var context = ResponseContext(head)
        if lifetime.isStopping || body.wasNeverAskedFor { context.keepAlive = false }
        if context.keepAlive, !body.isComplete { context.keepAlive = (try? await body.discard(limit: 256 << 10)) ?? false }
        try await send(response, &context)
        if !context.keepAlive, !body.isComplete { await linger() }
        return context.keepAlive
    }

    private func send(_ response: Response, _ context: inout ResponseContext) async throws {
        var out: [UInt8] = []
        out.reserveCapacity(512)
        let framing = encoder.encode(
            response.status, response.headers, framing: response.body.framing, &context, now: Int64(time(nil)), into: &out)
        switch response.body {
        case .none: try await stream.write(out, stall: options.stall)
        case .bytes(let bytes): try await send(out, bytes, framing)
        case .file(let file, let offset, let count):
            let sendsFile = framing != .none && count > 0
            try await stream.write(out, more: sendsFile, stall: options.stall)
            if sendsFile { try await send(file, from: offset, count: count) }
        case .stream(let write):
            try await stream.write(out, stall: options.stall)
            guard framing != .none else { return }
            lifetime.isStreaming = true
            defer { lifetime.isStreaming = false }
            let writer = ResponseWriter(self, framing)
            try await write(writer)
            try await writer.finish()
        }
    }

    /// One call to the kernel for head and content where the content is small: two would cost a delay or a packet more.
    private func send(_ head: [UInt8], _ content: [UInt8], _ framing: BodyFraming) async throws(StreamError) {
        guard framing != .none else { return try await stream.write(head, stall: options.stall) }
        guard content.count > ReceiveBuffer.large else { return try await stream.write(head + content, stall: options.stall) }
        try await stream.write(head, more: true, stall: options.stall)
        try await stream.write(content, stall: options.stall)
    }

    private func send(_ file: File, from offset: Int, count: Int) async throws {
        if stream.isTLS { try await sendRead(file, offset..<offset + count) } else { try await sendPages(file, offset..<offset + count) }
    }

    private func sendRead(_ file: File, _ range: Range<Int>) async throws {
        var position = range.lowerBound
        while position < range.upperBound {
            let (at, wanted) = (position, min(range.upperBound - position, 128 << 10))
            let bytes = try await server.pool.run { () throws(IOError) in try file.read(count: wanted, at: at) }
            guard bytes.count == wanted else { throw StreamError(.closed, "\(file.path) ended early") }
            try await stream.write(bytes, stall: options.stall)
            position += wanted
        }
    }

    /// Window by window. While one is sent, a thread that may wait for the disk sees to it that the next one is in memory.
    private func sendPages(_ file: File, _ range: Range<Int>) async throws {
        var position = range.lowerBound
        var loading = range.count > Self.window ? load(file, range.lowerBound..<range.lowerBound + Self.window, of: range) : nil
        while position < range.upperBound {
            let window = position..<min(range.upperBound, position + Self.window)
            await loading?.value()
            loading = window.upperBound < range.upperBound
                ? load(file, window.upperBound..<min(range.upperBound, window.upperBound + Self.window), of: range) : nil
            while position < window.upperBound {
                let sent = try await stream.sendFile(
                    file.descriptor, at: position, count: window.upperBound - position, stall: options.stall)
                guard sent > 0 else { throw StreamError(.closed, "\(file.path) ended early") }
                position += sent
            }
        }
    }

    private func load(_ file: File, _ window: Range<Int>, of range: Range<Int>) -> BlockingJob<Void, Never> {
        let further = min(Self.window, range.upperBound - window.upperBound)
        return server.pool.start { file.load(count: window.count, further: further, at: window.lowerBound) }
    }

    private static let window = 4 << 20

    /// Answers what could not be read, in plain text, and closes.
    private func refuse(_ error: HTTPError) async {
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; charset=utf-8")
        let response = Response(error.status, headers, body: .bytes(Array("\(error.message)\n".utf8)))
        var context = ResponseContext.unreadable
        do {
            try await send(response, &context)
            await linger()
        } catch {}
        stream.close()
    }

    /// Closing while the client still sends would reset the connection and could destroy the answer on its way:
    /// so our side ends first, and what still comes is dropped, for a short while and a bounded amount. Many clients send
    /// all that they have before they look at the answer, so the amount is more than the largest content that a limit refuses.
    private func linger() async {
        stream.shutdownWrite()
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let end = Monotonic.milliseconds + 10_000
        var left = Self.lingerBytes
        while left > 0 {
            let deadline = min(end, Monotonic.milliseconds + 2_000)
            guard let count = try? await stream.read(into: &chunk, from: 0, until: deadline), count > 0 else { break }
            left -= count
            // Others on this loop have their turn, however much comes.
            await Task.yield()
        }
    }

    private static let lingerBytes = 256 << 20
}
