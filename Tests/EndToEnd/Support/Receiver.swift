import Crypto
import Foundation
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
    private let server: SocketServer
    private let received: Monitor<[Delivery]>

    /// - Parameter answer: The status for the n-th request, from 0.
    convenience init(answer: @escaping @Sendable (_ number: Int) -> Int = { _ in 204 }) throws {
        try self.init(fields: { _ in "" }, answer: answer)
    }

    /// - Parameters:
    ///   - fields: More lines of the n-th answer's head, each with its line break.
    ///   - answer: The status for the n-th request, from 0.
    init(fields: @escaping @Sendable (_ number: Int) -> String, answer: @escaping @Sendable (_ number: Int) -> Int) throws {
        let received = Monitor<[Delivery]>([])
        self.received = received
        server = try SocketServer { connection in
            while let delivery = try connection.readDelivery() {
                // Kept before the answer: what the hub believes delivered must be here.
                let (number, status) = received.with { all in
                    let (number, status) = (all.count, answer(all.count))
                    all.append(Delivery(headers: delivery.headers, body: delivery.body, status: status))
                    return (number, status)
                }
                try connection.send("HTTP/1.1 \(status) Answer\r\n\(fields(number))Content-Length: 0\r\n\r\n")
            }
        }
    }

    var port: Int { server.port }
    var url: String { "http://127.0.0.1:\(port)/hook" }
    var deliveries: [Delivery] { received.with { $0 } }

    /// Waits until the accepted deliveries satisfy `isEnough`, and returns all deliveries.
    @discardableResult
    func wait(for what: String, seconds: Double = 240, until isEnough: ([Delivery]) -> Bool) throws -> [Delivery] {
        try received.wait(for: what, seconds: seconds) { all in
            isEnough(all.filter { $0.status < 300 }) ? all : nil
        }
    }
}

extension Hub {
    /// Registers a webhook and returns its id and secret, and the sequence number after which it gets events.
    /// - Parameter settings: Further members, as JSON without the braces.
    func addWebhook(
        _ url: String, pattern: String? = nil, settings: String? = nil
    ) throws -> (id: String, secret: String, sequence: Int64) {
        let more = (pattern.map { #", "pattern": \#($0)"# } ?? "") + (settings.map { ", " + $0 } ?? "")
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
