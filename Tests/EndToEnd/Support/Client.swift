import JSON

/// A response, read whole.
struct Response: Sendable, CustomStringConvertible {
    let status: Int
    /// Names in lower case; of a repeated field the last.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONValue { get throws { try JSONValue.parse(body) } }
    var description: String { "\(status) \(headers) \(text.prefix(500))" }

    /// The code and the message of the first error of the registry's error body.
    var error: JSONValue? { (try? json)?["errors"]?.array?.first }
}

/// A small HTTP/1.1 client for one thread that keeps its connection and never retries.
final class Client {
    private let port: Int
    private var connection: Connection

    init(port: Int) throws {
        self.port = port
        connection = try Connection(port: port)
    }

    func request(_ method: String, _ target: String, headers: [String: String] = [:], body: [UInt8] = []) throws -> Response {
        try connection.send(Client.encode(method, target, port: port, headers: headers, body: body))
        return try receive(method)
    }

    private func receive(_ method: String) throws -> Response {
        let response = try connection.readResponse(to: method)
        if response.headers["connection"]?.lowercased() == "close" { connection = try Connection(port: port) }
        return response
    }

    static func encode(_ method: String, _ target: String, port: Int, headers: [String: String] = [:], body: [UInt8] = []) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "PUT" || method == "POST" || method == "PATCH" {
            head += "Content-Length: \(body.count)\r\n"
        }
        return Array((head + "\r\n").utf8) + body
    }
}

extension Connection {
    /// Reads one response; `method` tells whether it can have a body.
    func readResponse(to method: String) throws -> Response {
        while true {
            guard let head = try readHead() else { throw Failure("closed without a response") }
            var lines = head.split(separator: "\r\n")[...]
            guard let status = lines.popFirst()?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
                throw Failure("not a response: \(head)")
            }
            if status < 200 { continue }
            var headers: [String: String] = [:]
            for line in lines {
                guard let colon = line.firstIndex(of: ":") else { throw Failure("not a header field: \(line)") }
                headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
            }
            return Response(status: status, headers: headers, body: try readBody(to: method, status: status, headers: headers))
        }
    }

    private func readBody(to method: String, status: Int, headers: [String: String]) throws -> [UInt8] {
        if method == "HEAD" || status == 204 || status == 304 { return [] }
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            var body: [UInt8] = []
            while let size = Int(try readLine(), radix: 16), size > 0 {
                body += try read(size)
                _ = try readLine()
            }
            _ = try readLine()
            return body
        }
        if let length = headers["content-length"].flatMap({ Int($0) }) { return try read(length) }
        return try readToEnd()
    }
}
