import Glibc
import HTTP
import IO
import Testing

/// What all server tests share: loops live as long as the process.
enum Shared {
    static let loops = try? EventLoopGroup(count: 2)
    static let pool = BlockingPool(name: "test", threads: 4)
}

/// A server on a port of its own, and raw connections to it.
struct TestServer {
    let server: HTTPServer
    let address: SocketAddress

    static func start(
        _ options: HTTPServerOptions = HTTPServerOptions(), handler: @escaping Handler
    ) async throws -> TestServer {
        let server = HTTPServer(options: options, loops: try #require(Shared.loops), pool: Shared.pool, handler: handler)
        let address = try await server.listen(on: SocketAddress(ip: #require(IPAddress("127.0.0.1")), port: 0))
        return TestServer(server: server, address: address)
    }

    /// Sends `parts` one after the other, each when the one before is out, and answers all that came back until the end.
    func exchange(_ parts: [String], shutdown: Bool = false, timeout: Int64 = 120_000) async throws -> String {
        let loop = try #require(Shared.loops).next()
        let address = address
        return try await Task(executorPreference: loop) {
            let stream = try await ByteStream.connect(to: address, on: loop, until: Monotonic.milliseconds + timeout)
            defer { stream.close() }
            for part in parts {
                try await stream.write(Array(part.utf8), stall: timeout)
                await Task.yield()
            }
            if shutdown { stream.shutdownWrite() }
            var received: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            let deadline = Monotonic.milliseconds + timeout
            while true {
                let count = try await stream.read(into: &chunk, from: 0, until: deadline)
                if count == 0 { return String(decoding: received, as: UTF8.self) }
                received += chunk[..<count]
            }
        }.value
    }

    func exchange(_ text: String, shutdown: Bool = false) async throws -> String {
        try await exchange([text], shutdown: shutdown)
    }
}

extension String {
    /// The status codes of the answers in a transcript.
    var statuses: [Int] {
        split(separator: "HTTP/1.1 ").dropFirst(hasPrefix("HTTP/1.1 ") ? 0 : 1).compactMap { Int($0.prefix(3)) }
    }
}
