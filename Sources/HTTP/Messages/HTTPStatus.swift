/// A status code (RFC 9110, section 15), always of three digits.
package struct HTTPStatus: Sendable, Hashable {
    package let code: UInt16

    /// Codes outside 100...999 become 500, so that a status line is always well-formed.
    package init(_ code: Int) {
        self.code = (100...999).contains(code) ? UInt16(code) : 500
    }

    package var isInformational: Bool { code < 200 }
    package var isSuccess: Bool { code >= 200 && code < 300 }

    /// RFC 9110, section 6.4.1: an answer with this status has no content, whatever its headers say.
    package var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

    package static var `continue`: HTTPStatus { HTTPStatus(100) }
    package static var ok: HTTPStatus { HTTPStatus(200) }
    package static var created: HTTPStatus { HTTPStatus(201) }
    package static var accepted: HTTPStatus { HTTPStatus(202) }
    package static var noContent: HTTPStatus { HTTPStatus(204) }
    package static var partialContent: HTTPStatus { HTTPStatus(206) }
    package static var seeOther: HTTPStatus { HTTPStatus(303) }
    package static var notModified: HTTPStatus { HTTPStatus(304) }
    package static var temporaryRedirect: HTTPStatus { HTTPStatus(307) }
    package static var badRequest: HTTPStatus { HTTPStatus(400) }
    package static var unauthorized: HTTPStatus { HTTPStatus(401) }
    package static var forbidden: HTTPStatus { HTTPStatus(403) }
    package static var notFound: HTTPStatus { HTTPStatus(404) }
    package static var methodNotAllowed: HTTPStatus { HTTPStatus(405) }
    package static var notAcceptable: HTTPStatus { HTTPStatus(406) }
    package static var requestTimeout: HTTPStatus { HTTPStatus(408) }
    package static var conflict: HTTPStatus { HTTPStatus(409) }
    package static var gone: HTTPStatus { HTTPStatus(410) }
    package static var lengthRequired: HTTPStatus { HTTPStatus(411) }
    package static var preconditionFailed: HTTPStatus { HTTPStatus(412) }
    package static var contentTooLarge: HTTPStatus { HTTPStatus(413) }
    package static var uriTooLong: HTTPStatus { HTTPStatus(414) }
    package static var unsupportedMediaType: HTTPStatus { HTTPStatus(415) }
    package static var rangeNotSatisfiable: HTTPStatus { HTTPStatus(416) }
    package static var expectationFailed: HTTPStatus { HTTPStatus(417) }
    package static var misdirectedRequest: HTTPStatus { HTTPStatus(421) }
    package static var unprocessableContent: HTTPStatus { HTTPStatus(422) }
    package static var preconditionRequired: HTTPStatus { HTTPStatus(428) }
    package static var tooManyRequests: HTTPStatus { HTTPStatus(429) }
    package static var headersTooLarge: HTTPStatus { HTTPStatus(431) }
    package static var internalServerError: HTTPStatus { HTTPStatus(500) }
    package static var notImplemented: HTTPStatus { HTTPStatus(501) }
    package static var badGateway: HTTPStatus { HTTPStatus(502) }
    package static var serviceUnavailable: HTTPStatus { HTTPStatus(503) }
    package static var gatewayTimeout: HTTPStatus { HTTPStatus(504) }
    package static var versionNotSupported: HTTPStatus { HTTPStatus(505) }
    package static var insufficientStorage: HTTPStatus { HTTPStatus(507) }
}

extension HTTPStatus: CustomStringConvertible {
    package var description: String { reason.isEmpty ? String(code) : "\(code) \(reason)" }

    /// The phrase that the registry of status codes gives it; empty for codes it does not know.
    package var reason: String {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: ""
        }
    }
}
