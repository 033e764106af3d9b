import HTTP
import IO
import JSON

/// The API that one run talks to: its calls have the same credentials, deadlines and words for failures.
struct RemoteAPI: Sendable {
    /// For messages: "GitHub".
    let name: String
    private let run: TargetRun
    private let client: HTTPClient
    private let fields: [(name: String, value: String)]
    /// Monotonic milliseconds.
    private var deadline: Int64

    /// The most bytes of an answer. An Argo CD application with all its resources is among the larger ones.
    private static let answerLimit = 4 << 20
    /// Milliseconds for one call.
    private static let callTime: Int64 = 30_000
    /// Milliseconds for all calls after the run's end.
    private static let lastTime: Int64 = 10_000

    /// - Parameters:
    ///   - fields: what every request carries.
    ///   - authorities: a PEM file of certificate authorities for this API alone.
    init(
        _ name: String, _ run: TargetRun, fields: [(name: String, value: String)] = [], authorities: String? = nil
    ) async throws(TargetFailure) {
        self.name = name
        self.run = run
        self.fields = fields
        deadline = run.deadline
        client = try await run.services.clients.client(authorities: authorities)
    }

    /// For what is left to be said when the run's own time is over.
    var afterwards: RemoteAPI {
        var api = self
        api.deadline = Monotonic.milliseconds + Self.lastTime
        return api
    }

    enum Body: Sendable {
        case none
        case json(JSONValue, type: String = "application/json")
        case form([(name: String, value: String)])
        case text(String, type: String)

        var type: String? {
            switch self {
            case .none: nil
            case .json(_, let type), .text(_, let type): type
            case .form: "application/x-www-form-urlencoded"
            }
        }

        var bytes: [UInt8] {
            switch self {
            case .none: []
            case .json(let value, _): value.encoded
            case .form(let fields):
                Array(fields.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
                    .joined(separator: "&").utf8)
            case .text(let text, _): Array(text.utf8)
            }
        }
    }

    /// Sends a request; an answer with any status is an answer.
    /// - Parameter label: what the request is called in messages, where method and URL say little.
    func send(
        _ method: HTTPMethod, _ url: HTTPURL, _ body: Body = .none, fields more: [(name: String, value: String)] = [],
        label: String? = nil
    ) async throws(TargetFailure) -> RemoteAnswer {
        var headers = HeaderBuilder()
        for field in fields + more + (body.type.map { [("Content-Type", $0)] } ?? []) {
            guard headers.append(field.name, field.value) else {
                throw .final("the field \(field.name) cannot be sent: its name or its value has characters that are not allowed")
            }
        }
        let request = HTTPRequest(method, url, headers: headers, content: body.bytes)
        let what = label ?? "\(method) \(url.descriptionWithoutQuery)"
        do throws(HTTPClientError) {
            let response = try await client.execute(
                request, until: min(deadline, Monotonic.milliseconds + Self.callTime), capture: .whole(limit: Self.answerLimit))
            return RemoteAnswer(response, to: what, of: name)
        } catch {
            throw Self.failure(error, what)
        }
    }

    /// Sends a request that must be answered with success, and says so in the output unless it only looks.
    func call(
        _ method: HTTPMethod, _ url: HTTPURL, _ body: Body = .none, fields: [(name: String, value: String)] = [],
        label: String? = nil, looks: Bool? = nil
    ) async throws(TargetFailure) -> RemoteAnswer {
        let answer = try await send(method, url, body, fields: fields, label: label)
        if !(looks ?? (method == .get)) { run.output.note("\(answer.request): \(answer.status)") }
        guard answer.status.isSuccess else { throw answer.failure }
        return answer
    }

    private static func failure(_ error: HTTPClientError, _ what: String) -> TargetFailure {
        switch error.code {
        case .cancelled: .cancelled
        // Within a cluster, the API server's own address is one of these.
        case .forbiddenAddress where error.message.hasSuffix("a private address") || error.message.hasSuffix("a loopback address"):
            .final("\(what): \(error.message), and deployments.allowNetworks in the configuration does not have it")
        case .invalidURL, .invalidRequest, .forbiddenAddress, .bodyTooLarge: .final("\(what): \(error.message)")
        case .tls where error.message.contains("certificate"):
            .retryable("\(what): \(error.message) (where it is an authority's of your own, name that by \"certificateAuthority\" in the target)")
        default: .retryable("\(what): \(error.message)")
        }
    }
}
