import HTTP
import JSON

/// A request of one's own:
/// `{"type": "http", "url": "https://deploy.example.com/{{environment}}", "headers": {"Authorization": {"secret": "token",
/// "prefix": "Bearer "}}, "body": {"image": "{{image}}"}, "status": [200, 202], "poll": {"url": "https://.../{{deployment}}",
/// "path": "/state", "success": ["done"], "failure": ["failed"]}}`.
struct HTTPTarget: TargetKind {
    static let name = "http"
    static let keys = ["method", "url", "headers", "body", "contentType", "status", "poll", "certificateAuthority"]

    private let method: HTTPMethod
    private let url: URLTemplate
    private let headers: [(name: String, text: SettingText)]
    private let body: BodyTemplate?
    /// Empty stands for any of 200 to 299.
    private let expected: Set<Int>
    private let poll: StatusPoll?
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        method = HTTPMethod(try reader.choice("method", of: ["GET", "POST", "PUT", "PATCH", "DELETE"]) ?? "POST")
        url = try URLTemplate(reader, "url")
        let all = try Self.headers(reader)
        let isType = { (header: (name: String, text: SettingText)) in header.name.lowercased() == "content-type" && header.text.isConstant }
        body = try BodyTemplate(reader, typeInHeaders: all.first(where: isType)?.text.literal)
        // The body says its type: values are escaped for that one, and a second field of another could have them read otherwise.
        headers = body == nil ? all : all.filter { !isType($0) }
        if method == .get, body != nil { throw reader.failure("body", "must not be there for GET") }
        expected = try Self.statuses(reader)
        poll = try reader.object("poll", keys: StatusPoll.keys).map { (object) throws(DeploymentError) in try StatusPoll(object) }
        authorities = try reader.authorities()
    }

    private static func headers(_ reader: SettingsReader) throws(DeploymentError) -> [(name: String, text: SettingText)] {
        let headers = try reader.texts("headers", limit: 50) ?? []
        for header in headers {
            var probe = HeaderBuilder()
            guard probe.append(header.name, "x"), header.name.lowercased() != "host" else {
                throw reader.failure("headers", "cannot have a field \"\(header.name)\"")
            }
            guard probe.append(header.name, header.text.literal) else {
                let place = SettingsReader.place(of: header.name, in: reader.place(of: "headers"))
                throw DeploymentError(
                    .invalid, "\"\(place.dropFirst())\" has a line break or another control character, which no field can have", pointer: place)
            }
        }
        return headers
    }

    private static func statuses(_ reader: SettingsReader) throws(DeploymentError) -> Set<Int> {
        var statuses: Set<Int> = []
        for value in try reader.array("status", limit: 50) ?? [] {
            guard let code = value.int, (200...599).contains(code) else {
                throw reader.failure("status", "must be a list of status codes from 200 to 599")
            }
            statuses.insert(Int(code))
        }
        return statuses
    }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let url = try url.filled(run)
        let fields = try headers.resolved(run)
        let api = try await RemoteAPI("the server", run, fields: fields, authorities: authorities)
        let answer = try await api.send(method, url, try body?.filled(run) ?? .none)
        run.output.note("\(answer.request): \(answer.status)")
        let isExpected = expected.isEmpty ? answer.status.isSuccess : expected.contains(Int(answer.status.code))
        guard isExpected else { throw answer.failure }
        guard let poll else { return "the server answered \(answer.status)" }
        return try await poll.wait(run, api, for: answer, from: url)
    }
}

/// A URL with names in its path or query. Its host is fixed: an event must not be able to choose where credentials go.
struct URLTemplate: Sendable {
    private let template: Template

    init(_ reader: SettingsReader, _ key: String) throws(DeploymentError) {
        let text = try reader.required(key)
        template = try Template(text, in: .url, pointer: reader.place(of: key))
        let rest = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard rest.count >= 3, !rest[2].contains("{{") else {
            throw reader.failure(key, "must begin with https:// or http:// and a host that is no template")
        }
        do throws(HTTPClientError) {
            _ = try RemoteURL(rest[0] + "//" + rest[2])
        } catch {
            throw reader.failure(key, "cannot be used: \(error.message)")
        }
    }

    func filled(_ run: TargetRun) throws(TargetFailure) -> HTTPURL {
        let text = try run.filled(template)
        // No encoding keeps a server from going up with these (RFC 3986, section 5.2.4).
        let path = text.prefix { $0 != "?" }
        guard !path.split(separator: "/").contains(where: { [".", ".."].contains($0.lowercased().replacing("%2e", with: ".")) }) else {
            throw .final("a part of the path of \(path) is \".\" or \"..\", which leads elsewhere")
        }
        do throws(HTTPClientError) {
            return try HTTPURL(text)
        } catch {
            throw .final(error.message)
        }
    }
}

/// What is sent: JSON whose strings are templates, or a text in which values are escaped as its type demands.
struct BodyTemplate: Sendable {
    private let type: String
    private let content: Content

    private enum Content: Sendable {
        case json(JSONTemplate)
        case text(Template)
    }

    /// - Parameter typeInHeaders: for those who write it there and not as `contentType`.
    init?(_ reader: SettingsReader, typeInHeaders: String?) throws(DeploymentError) {
        let given = try reader.string("contentType")
        let type = given ?? typeInHeaders
        var probe = HeaderBuilder()
        guard probe.append(.contentType, type ?? "") else {
            throw reader.failure("contentType", "has a line break or another control character, which no field can have")
        }
        guard let value = reader.value("body") else {
            if given != nil { throw reader.failure("contentType", "must not be there without a body") }
            return nil
        }
        if value.string == nil {
            self.type = type ?? "application/json"
            content = .json(try JSONTemplate(value, pointer: reader.place(of: "body")))
        } else {
            self.type = type ?? "text/plain; charset=utf-8"
            // Blanks may stand before the semicolon (RFC 9110, section 5.6.6); JSON by lines and sequences of it are JSON too.
            let kind = self.type.split(separator: ";").first.map { $0.lowercased().filter { $0 != " " && $0 != "\t" } } ?? ""
            let place: Template.Place =
                if ["json", "jsonl", "json-seq", "jsonlines"].contains(where: kind.hasSuffix) { .jsonString }
                else if kind.contains("application/x-www-form-urlencoded") { .url }
                else { .text }
            guard let template = try reader.template("body", in: place) else { return nil }
            content = .text(template)
        }
    }

    func filled(_ run: TargetRun) throws(TargetFailure) -> RemoteAPI.Body {
        switch content {
        case .json(let template): .json(try template.filled(run), type: type)
        case .text(let template): .text(try run.filled(template), type: type)
        }
    }
}

/// JSON in which each string is a template, and `{"secret": NAME}` the value of a secret.
indirect enum JSONTemplate: Sendable {
    case constant(JSONValue)
    case text(SettingText)
    case array([JSONTemplate])
    case object([(String, JSONTemplate)])

    /// - Parameter depth: how far down this stands. Parsed JSON is bounded; this says it here too.
    init(_ value: JSONValue, pointer: String, depth: Int = 0) throws(DeploymentError) {
        guard depth < 64 else { throw DeploymentError(.invalid, "the JSON is nested too deeply", pointer: pointer) }
        switch value {
        case .string: self = .text(try SettingText(value, pointer: pointer))
        case .array(let elements):
            var templates: [JSONTemplate] = []
            for (index, element) in elements.enumerated() {
                templates.append(try JSONTemplate(element, pointer: "\(pointer)/\(index)", depth: depth + 1))
            }
            self = .array(templates)
        case .object(let object) where object["secret"]?.string != nil: self = .text(try SettingText(value, pointer: pointer))
        case .object(let object):
            var templates: [(String, JSONTemplate)] = []
            for member in object.members {
                let place = SettingsReader.place(of: member.key, in: pointer)
                templates.append((member.key, try JSONTemplate(member.value, pointer: place, depth: depth + 1)))
            }
            self = .object(templates)
        default: self = .constant(value)
        }
    }

    func filled(_ run: TargetRun) throws(TargetFailure) -> JSONValue {
        switch self {
        case .constant(let value): return value
        case .text(let text): return .string(try text.resolved(run))
        case .array(let templates):
            var elements: [JSONValue] = []
            for template in templates { elements.append(try template.filled(run)) }
            return .array(elements)
        case .object(let templates):
            var object = JSONObject()
            for (key, template) in templates { object[key] = try template.filled(run) }
            return .object(object)
        }
    }
}
