import Crypto
import Foundation
import Glibc
import JSON

/// One webhook request as it came in.
struct Delivery: Sendable {
    let headers: [String: String]
    let body: [UInt8]
    let status: Int

    var id: String { headers["webhook-id"] ?? "" }
    var event: JSONValue { get throws { try JSONValue.parse(body) } }

    /// Checks the Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body` under the bytes after `whsec_`.
    func isSigned(with secret: String) -> Bool {
        guard secret.hasPrefix("whsec_"), let key = Base64.decode(String(secret.dropFirst(6))),
            let timestamp = headers["webhook-timestamp"], let signatures = headers["webhook-signature"]
        else { return false }
        let expected = "v1," + Base64.encode(HMACKey(key).sha256(Array("\(id).\(timestamp).".utf8) + body))
        return signatures.split(separator: " ").contains { $0 == expected }
    }
}

/// A webhook receiver that keeps everything it gets.
final class Receiver: Sendable {
    let port: Int
    private let listener: Int32
    private let received = Monitor<[Delivery]>([])
    private let answer: @Sendable (_ number: Int) -> Int

    /// - Parameter answer: The status for the n-th request, from 0.
    init(answer: @escaping @Sendable (_ number: Int) -> Int = { _ in 204 }) throws {
        self.answer = answer
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
        Thread.detachNewThread { [weak self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                guard let self else { return }
                Thread.detachNewThread { self.serve(Connection(adopting: connection)) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)/hook" }
    var deliveries: [Delivery] { received.with { $0 } }

    /// Waits until the accepted deliveries satisfy `isEnough`, and returns all deliveries.
    @discardableResult
    func wait(for what: String, seconds: Double = 60, until isEnough: ([Delivery]) -> Bool) throws -> [Delivery] {
        try received.wait(for: what, seconds: seconds) { all in
            isEnough(all.filter { $0.status < 300 }) ? all : nil
        }
    }

    private func serve(_ connection: Connection) {
        while let status = try? serveOne(connection), status > 0 {}
    }

    /// Serves one request; 0 at the end of the connection.
    private func serveOne(_ connection: Connection) throws -> Int {
        guard let head = try connection.readHead() else { return 0 }
        var headers: [String: String] = [:]
        for line in head.split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let body = try connection.read(headers["content-length"].flatMap { Int($0) } ?? 0)
        // Kept before the answer: what the hub believes delivered must be here.
        let status = received.with { all in
            let status = answer(all.count)
            all.append(Delivery(headers: headers, body: body, status: status))
            return status
        }
        try connection.send("HTTP/1.1 \(status) Answer\r\nContent-Length: 0\r\n\r\n")
        return status
    }
}

extension Hub {
    /// Registers a webhook and returns its id and secret, and the sequence number after which it gets events.
    func addWebhook(_ url: String, pattern: String? = nil) throws -> (id: String, secret: String, sequence: Int64) {
        let more = pattern.map { #", "pattern": \#($0)"# } ?? ""
        let response = try client().request(
            "POST", "/api/v1/webhooks", headers: ["Content-Type": "application/json"],
            body: Array(#"{"url": "\#(url)"\#(more)}"#.utf8))
        guard response.status == 201, let id = try response.json["id"]?.string, let secret = try response.json["secret"]?.string
        else { throw Failure("the webhook was not added: \(response)") }
        guard let sequence = try events().last(where: { $0.type == "io.signalbox.webhook.created" })?.sequence else {
            throw Failure("no event for the webhook")
        }
        return (id, secret, sequence)
    }
}
