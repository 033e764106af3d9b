import Audit
import Delivery
import HTTP
import JSON
import OCI
import Registry

/// An error of `/api/v1` as RFC 9457 has it.
struct Problem: Error, Sendable {
    let status: HTTPStatus
    /// The last part of the problem's `type` and a word for programs.
    let type: String
    let detail: String
    /// JSON pointer to the member at fault, or the name of a query parameter.
    var pointer: String?
    /// The methods that the path has, where this is about another one.
    var allow: String?

    init(_ status: HTTPStatus, _ type: String, _ detail: String, pointer: String? = nil) {
        self.status = status
        self.type = type
        self.detail = detail
        self.pointer = pointer
    }

    /// A query parameter is wrong or missing.
    static func parameter(_ name: String, _ reason: String) -> Problem {
        Problem(.badRequest, "invalid", "\"\(name)\" \(reason)", pointer: name)
    }

    static func parameter(_ item: QueryItem, _ reason: String) -> Problem { parameter(item.name, reason) }

    init(_ failure: ObjectReader.Failure) {
        let name = failure.pointer.isEmpty ? "the body" : "\"\(failure.pointer.dropFirst())\""
        self.init(.badRequest, "invalid", "\(name) \(failure.reason)", pointer: failure.pointer)
    }

    init(_ error: WebhookError) {
        let (status, type): (HTTPStatus, String) = switch error.code {
        case .invalid: (.badRequest, "invalid")
        case .notFound: (.notFound, "not-found")
        case .conflict, .overtaken: (.conflict, "conflict")
        case .otherVersion: (.preconditionFailed, "precondition-failed")
        case .tooMany: (.conflict, "too-many")
        case .unavailable: (.serviceUnavailable, "unavailable")
        // Nothing that the hub could do better: somebody has to mend it, or to remove the webhook.
        case .damaged: (.conflict, "damaged")
        }
        let member = error.pointer.flatMap { $0.hasPrefix("/") ? "\"\($0.dropFirst())\": " : nil } ?? ""
        self.init(status, type, member + error.message, pointer: error.pointer)
    }

    init(_ error: AuditError) {
        let (status, type): (HTTPStatus, String) = switch error.code {
        case .invalid: (.badRequest, "invalid")
        case .notFound: (.notFound, "not-found")
        case .damaged: (.internalServerError, "damaged")
        case .unavailable: (.serviceUnavailable, "unavailable")
        }
        self.init(status, type, error.message, pointer: error.pointer)
    }

    init(_ error: RegistryError) {
        let (status, type): (HTTPStatus, String) = switch error.reason {
        case .invalid: (.badRequest, "invalid")
        case .notFound: (.notFound, "not-found")
        case .denied: (.forbidden, "denied")
        case .tooLarge: (.contentTooLarge, "too-large")
        case .conflict: (.conflict, "conflict")
        case .unavailable: (.serviceUnavailable, "unavailable")
        case .damaged: (.internalServerError, "damaged")
        }
        self.init(status, type, error.errors.map(\.message).joined(separator: "; "))
    }

    init(_ error: BodyError) {
        switch error.code {
        case .tooLarge: self.init(.contentTooLarge, "too-large", error.description)
        case .timedOut: self.init(.requestTimeout, "timeout", error.description)
        case .malformed, .disconnected: self.init(.badRequest, "malformed", error.description)
        }
    }

    var response: Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", "https://signalbox.dev/problems/\(type)")
        json.member("title", status.reason)
        json.member("status", status.code)
        json.member("detail", detail)
        json.member("pointer", ifPresent: pointer)
        json.endObject()
        var headers = HeaderBuilder()
        headers.append(.contentType, "application/problem+json")
        if let allow { headers.append(.allow, allow) }
        if status == .serviceUnavailable { headers.append(.retryAfter, 5) }
        return Response(status, headers, body: .bytes(json.bytes))
    }
}
