import HTTP
import IO
import Synchronization
import Testing

/// A peer that says what a test wants it to say, over real sockets.
final class ScriptedServer: Sendable {
    let address: SocketAddress
    private let listener: Listener
    let loop: EventLoop
    private let counts = Mutex((connections: 0, open: 0, mostOpen: 0))

    /// Runs `script` for each connection, which is numbered from 1; the connection is closed when the script ends.
    static func start(
        tls: TLSContext? = nil, _ script: @escaping @Sendable (Int, Peer) async throws -> Void
    ) async throws -> ScriptedServer {
        let loop = try #require(Shared.loops).next()
        return try await Task(executorPreference: loop) {
            let listener = try Listener(SocketAddress(ip: #require(IPAddress("127.0.0.1")), port: 0), on: loop)
            let server = ScriptedServer(listener, loop)
            Task(executorPreference: loop) { await server.acceptAll(tls, script) }
            return server
        }.value
    }

    private init(_ listener: Listener, _ loop: EventLoop) {
        self.listener = listener
        self.loop = loop
        address = listener.address
    }

    var connectionCount: Int { counts.withLock { $0.connections } }
    var mostOpen: Int { counts.withLock { $0.mostOpen } }

    func url(_ target: String, scheme: String = "http", host: String = "127.0.0.1") throws -> HTTPURL {
        try HTTPURL("\(scheme)://\(host):\(address.port)\(target)")
    }

    private func acceptAll(_ tls: TLSContext?, _ script: @escaping @Sendable (Int, Peer) async throws -> Void) async {
        while let accepted = try? await listener.accept() {
            let number = counts.withLock { counts in
                counts.connections += 1
                counts.open += 1
                counts.mostOpen = max(counts.mostOpen, counts.open)
                return counts.connections
            }
            Task(executorPreference: loop) {
                defer { self.counts.withLock { $0.open -= 1 } }
                guard let plain = try? ByteStream(accepted.descriptor, peer: accepted.peer, on: self.loop) else { return }
                var stream = plain
                if let tls {
                    guard let secured = try? await plain.startTLS(tls, until: Monotonic.milliseconds + 10_000) else { return }
                    stream = secured
                }
                try? await script(number, Peer(stream))
                stream.close()
            }
        }
    }
}

/// The server's side of one connection. Belongs to the script's task.
final class Peer {
    private let stream: ByteStream
    private var buffer: [UInt8] = []
    private var parser = RequestParser()

    init(_ stream: ByteStream) { self.stream = stream }

    /// Whether the client resumed a TLS session.
    var isResumed: Bool { stream.isTLSResumed }

    /// The next request with its content; nil at the end of the connection.
    func request() async throws -> (head: RequestHead, content: String)? {
        while true {
            let received = buffer
            if let parsed = try parser.parse(received.span) {
                buffer.removeFirst(parsed.consumed)
                var decoder = BodyDecoder(parsed.head.framing)
                var content: [UInt8] = []
                while !decoder.isComplete {
                    let received = buffer
                    let progress = try decoder.decode(received.span)
                    content += buffer[progress.content]
                    buffer.removeFirst(progress.consumed)
                    if !decoder.isComplete, buffer.isEmpty, try await !fill() { return nil }
                }
                return (parsed.head, String(decoding: content, as: UTF8.self))
            }
            if try await !fill() { return nil }
        }
    }

    func write(_ text: String) async throws {
        try await stream.write(Array(text.utf8), stall: 10_000)
    }

    /// Answers with text of a known length.
    func answer(_ text: String, status: String = "200 OK", fields: String = "") async throws {
        try await write("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }

    /// Waits until the client ends the connection.
    func untilClosed() async throws {
        while try await fill() {}
    }

    /// Reads a few bytes and forgets them; false at the end of the connection.
    func take(_ limit: Int) async throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: limit)
        let count = try await stream.read(into: &chunk, from: 0, until: Monotonic.milliseconds + 30_000)
        try await Task.sleep(for: .milliseconds(1))
        return count > 0
    }

    private func fill() async throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = try await stream.read(into: &chunk, from: 0, until: Monotonic.milliseconds + 30_000)
        buffer += chunk[..<count]
        return count > 0
    }
}

func makeClient(on loop: EventLoop? = nil, _ change: (inout HTTPClient.Options) -> Void = { _ in }) throws -> HTTPClient {
    var options = HTTPClient.Options()
    // Where many tests run at once, a test can be held up for longer than the 30 seconds after which a connection goes.
    options.idleTimeout = 300_000
    change(&options)
    return HTTPClient(on: try loop ?? #require(Shared.loops).next(), resolver: Shared.pool, options: options)
}

extension HTTPClient {
    /// A GET with a generous deadline, as text.
    func text(_ url: HTTPURL, timeout: Int64 = 300_000) async throws(HTTPClientError) -> String {
        let response = try await execute(HTTPRequest(.get, url), until: Monotonic.milliseconds + timeout)
        return String(decoding: response.content, as: UTF8.self)
    }
}

/// The code of the error that `body` ends with; nil where it ends well.
func code(_ body: () async throws(HTTPClientError) -> Void) async -> HTTPClientError.Code? {
    do throws(HTTPClientError) {
        try await body()
        return nil
    } catch {
        return error.code
    }
}
