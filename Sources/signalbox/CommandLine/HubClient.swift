import Glibc
import HTTP
import IO
import JSON

/// Talks to a running hub's API for the commands.
struct HubClient: Sendable {
    static let option = Command.Option(
        name: "--hub", value: "URL", help: "the hub (default $SIGNALBOX_URL or http://127.0.0.1:5000)")
    static let authorities = Command.Option(
        name: "--ca", value: "FILE", help: "certificate authorities for https, PEM (default the system's)")

    let base: HTTPURL
    let http: HTTPClient

    init(_ arguments: Arguments) throws {
        let environment = unsafe getenv("SIGNALBOX_URL").map { unsafe String(cString: $0) }
        let text = arguments.value("--hub") ?? environment ?? "http://127.0.0.1:5000"
        base = try HTTPURL(text)
        var options = HTTPClient.Options()
        options.userAgent = "signalbox-cli"
        if let file = arguments.value("--ca") { options.tls = try TLSContext.client(authorities: file) }
        http = HTTPClient(on: try EventLoop(name: "client"), resolver: BlockingPool(threads: 2), options: options)
    }

    private func url(_ path: String) -> HTTPURL {
        let prefix = base.target == "/" ? "" : base.target
        return HTTPURL(origin: base.origin, target: prefix + path)
    }

    /// The answer's JSON (nil where there is none). An answer that is an error becomes a failure with its detail.
    @discardableResult
    func call(_ method: HTTPMethod, _ path: String, body: JSONValue? = nil) async throws -> JSONValue? {
        try await call(method, path, content: body?.encoded ?? [], type: body == nil ? nil : "application/json")
    }

    /// The same with content as it is.
    @discardableResult
    func call(_ method: HTTPMethod, _ path: String, content: [UInt8], type: String?) async throws -> JSONValue? {
        var headers = HeaderBuilder([.accept: "application/json"])
        if let type { headers.append(.contentType, type) }
        let content = try await answer(HTTPRequest(method, url(path), headers: headers, content: content))
        return content.isEmpty ? nil : try? JSONValue.parse(content)
    }

    private func answer(_ request: HTTPRequest) async throws -> [UInt8] {
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try await http.execute(request, until: Monotonic.milliseconds + 60_000, capture: .whole(limit: 64 << 20))
        } catch {
            throw CommandFailure("cannot reach the hub at \(base.origin): \(error); is it running, and is --hub right?", isTransient: true)
        }
        guard response.status.isSuccess else { throw Self.failure(response.status, try? JSONValue.parse(response.content)) }
        return response.content
    }

    /// An answer that is text.
    func text(_ path: String) async throws -> [UInt8] {
        try await answer(HTTPRequest(.get, url(path)))
    }

    /// The answer's content as it is; nil where there is no such thing.
    func content(_ path: String, limit: Int = 64 << 20) async throws -> [UInt8]? {
        try await found(HTTPRequest(.get, url(path)), limit: limit)?.content
    }

    /// What a tag points to, without pulling it; nil where there is no such tag.
    func digest(repository: String, tag: String) async throws -> String? {
        let accepted = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, */*"
        let request = HTTPRequest(.head, url("/v2/\(repository)/manifests/\(tag)"), headers: HeaderBuilder([.accept: accepted]))
        return try await found(request, limit: 1 << 20)?.headers[.dockerContentDigest]
    }

    /// The answer to a request; nil where there is no such thing.
    private func found(_ request: HTTPRequest, limit: Int) async throws -> HTTPResponse? {
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try await http.execute(request, until: Monotonic.milliseconds + 60_000, capture: .whole(limit: limit))
        } catch {
            throw CommandFailure("cannot reach the hub at \(base.origin): \(error); is it running, and is --hub right?")
        }
        if response.status == .notFound { return nil }
        guard response.status.isSuccess else { throw Self.failure(response.status, try? JSONValue.parse(response.content)) }
        return response
    }

    private static func failure(_ status: HTTPStatus, _ json: JSONValue?) -> CommandFailure {
        let detail = json?["detail"]?.string ?? "HTTP \(status)"
        let member = String(json?["pointer"]?.string?.drop { $0 == "/" } ?? "")
        return CommandFailure(Table.printable("the hub refused: \(detail.contains(member) ? "" : member + ": ")\(detail)"), isTransient: status.code >= 500)
    }

    /// Reads a stream of server-sent events until it ends. A refusal is a failure; a connection that breaks, or a hub that cannot answer at the
    /// moment, is an `HTTPClientError`.
    /// - Parameter reached: told the last id of the stream, which can be behind the last event.
    func events(
        _ path: String, lastID: String?, reached: @escaping @Sendable (String) -> Void = { _ in },
        _ each: @escaping @Sendable (ServerSentEvent) -> Bool
    ) async throws {
        var headers = HeaderBuilder([.accept: "text/event-stream"])
        if let lastID { headers.append(.lastEventID, lastID) }
        let request = HTTPRequest(.get, url(path), headers: headers)
        let refusal = try await http.stream(request, until: Monotonic.milliseconds + 30_000) { (head, body) async throws(HTTPClientError) -> CommandFailure? in
            guard head.status.isSuccess else {
                var content: [UInt8] = []
                while let part = try await body.next(), content.count < 65536 { content += part }
                guard head.status.code < 500 else { throw HTTPClientError(.malformedAnswer, "the hub answered \(head.status)") }
                return Self.failure(head.status, try? JSONValue.parse(content))
            }
            var parser = EventStreamParser()
            // The hub says something every 15 seconds; three times as long without a word means that the connection is dead.
            while let part = try await body.next(until: Monotonic.milliseconds + 45_000) {
                let events: [ServerSentEvent]
                do throws(HTTPError) { events = try parser.feed(part) } catch {
                    throw HTTPClientError(.malformedAnswer, error.message)
                }
                for event in events where !each(event) { return nil }
                if !parser.lastID.isEmpty { reached(parser.lastID) }
            }
            return nil
        }
        if let refusal { throw refusal }
    }
}
