import Foundation

/// Stands before a hub and alters what it answers to GET.
final class LyingHub: Sendable {
    /// What is shown for the hub's answer; nil for a 404. The path is with its query.
    typealias Lie = @Sendable (_ path: String, _ answer: [UInt8]) -> [UInt8]?

    private let server: SocketServer

    init(before hub: Hub, _ lie: @escaping Lie) throws {
        let port = hub.port
        server = try SocketServer { connection in
            let client = try Client(port: port)
            while let head = try connection.readHead() {
                let words = head.split(separator: " ")
                guard words.count > 1 else { throw Failure("not a request: \(head)") }
                let path = String(words[1])
                let answer = try client.request("GET", path)
                let body = answer.status == 200 ? lie(path, answer.body) : answer.body
                let status = body == nil ? 404 : answer.status
                try connection.send("HTTP/1.1 \(status) Answer\r\nContent-Length: \(body?.count ?? 0)\r\n\r\n")
                try connection.send(body ?? [])
            }
        }
    }

    /// Answers everything that another hub would.
    convenience init(posing hub: Hub, where isAsked: @escaping @Sendable (_ path: String) -> Bool, from other: Hub) throws {
        let port = other.port
        try self.init(before: hub) { path, answer in
            isAsked(path) ? try? Client(port: port).request("GET", path).body : answer
        }
    }

    var url: String { "http://127.0.0.1:\(server.port)" }
}
