import HTTP
import IO
import JSON
import Synchronization
import Testing

@testable import Deployment

/// One request as a fake API got it.
struct FakeCall: Sendable {
    let method: String
    /// Path and query as they stood on the request line.
    let target: String
    let headers: [String: String]
    let body: String

    /// What a script chooses its answer by.
    var line: String { "\(method) \(target)" }
    var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
}

struct FakeAnswer: Sendable {
    var status = 200
    var body = ""
    var headers: [(String, String)] = [("Content-Type", "application/json")]

    static func json(_ body: String, status: Int = 200, headers: [(String, String)] = []) -> FakeAnswer {
        FakeAnswer(status: status, body: body, headers: [("Content-Type", "application/json")] + headers)
    }

    static func status(_ status: Int, _ body: String = "", headers: [(String, String)] = []) -> FakeAnswer {
        .json(body, status: status, headers: headers)
    }
}

/// A real HTTP server on a socket that answers as the API it stands for, and keeps what it was asked.
final class FakeAPI: Sendable {
    let url: String
    private let server: HTTPServer
    private let state = Mutex<[FakeCall]>([])

    var calls: [FakeCall] { state.withLock { $0 } }
    var lines: [String] { calls.map(\.line) }

    /// - Parameter answer: is given the call and how many calls with the same line came before it.
    static func start(tls: TLSContext? = nil, _ answer: @escaping @Sendable (FakeCall, Int) -> FakeAnswer) async throws -> FakeAPI {
        let box = Mutex<FakeAPI?>(nil)
        let server = HTTPServer(loops: try #require(TargetBench.loops), pool: TargetBench.pool, tls: tls) { request, body in
            guard let api = box.withLock({ $0 }) else { return Response(.serviceUnavailable) }
            return await api.serve(request, body, answer)
        }
        let address = try await server.listen(on: SocketAddress(ip: try #require(IPAddress("127.0.0.1")), port: 0))
        let api = FakeAPI(url: "\(tls == nil ? "http" : "https")://\(address)", server: server)
        box.withLock { $0 = api }
        return api
    }

    private init(url: String, server: HTTPServer) {
        self.url = url
        self.server = server
    }

    private func serve(
        _ request: Request, _ body: RequestBody, _ answer: @Sendable (FakeCall, Int) -> FakeAnswer
    ) async -> Response {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while let count = try? await body.read(into: &chunk), count > 0 { content += chunk[..<count] }
        let headers = Dictionary(request.headers.all.map { ($0.name.lowercased(), $0.value) }) { "\($0), \($1)" }
        let call = FakeCall(
            method: request.method.text, target: String(decoding: request.head.rawTarget, as: UTF8.self), headers: headers,
            body: String(decoding: content, as: UTF8.self))
        let before = state.withLock { calls in
            defer { calls.append(call) }
            return calls.count { $0.line == call.line }
        }
        let answer = answer(call, before)
        var fields = HeaderBuilder()
        for (name, value) in answer.headers { fields.append(name, value) }
        return Response(HTTPStatus(answer.status), fields, body: answer.body.isEmpty ? .none : .bytes(Array(answer.body.utf8)))
    }
}

extension FakeAPI {
    /// The bodies of the calls with that line.
    func bodies(_ line: String) -> [JSONValue] { calls.filter { $0.line == line }.map(\.json) }
}

func targetJSON(_ text: String) throws -> JSONValue { try JSONValue.parse(text) }

/// Counts up from 0.
final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
