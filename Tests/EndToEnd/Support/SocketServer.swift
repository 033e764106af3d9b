import Foundation
import Glibc

/// Listens on a port of this machine and serves each connection on a thread of its own, as the test says.
final class SocketServer: Sendable {
    let port: Int
    private let listener: Int32

    /// - Parameter serve: A connection ends when this returns or throws.
    init(_ serve: @escaping @Sendable (Connection) throws -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let ready = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard ready else { throw Failure("the receiver cannot listen: errno \(errno)") }
        port = Int(in_port_t(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread.detachNewThread { try? serve(Connection(adopting: connection)) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)/hook" }
}

extension Connection {
    /// The next request; nil at the end of the connection.
    func readDelivery() throws -> (headers: [String: String], body: [UInt8])? {
        guard let head = try readHead() else { return nil }
        var headers: [String: String] = [:]
        for line in head.split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return (headers, try read(headers["content-length"].flatMap { Int($0) } ?? 0))
    }
}
