import HTTP
import IO
import JSON

/// What a remote API answered.
struct RemoteAnswer: Sendable {
    let status: HTTPStatus
    let headers: HTTPHeaders
    let content: [UInt8]
    /// Method and URL, for messages.
    let request: String
    private let name: String

    init(_ response: HTTPResponse, to request: String, of name: String) {
        status = response.status
        headers = response.headers
        content = response.content
        self.request = request
        self.name = name
    }

    func json() throws(TargetFailure) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(content)
        } catch {
            throw .retryable("\(name) answered \(request) with what is \(error)")
        }
    }

    /// The answer as the reason of a failure.
    var failure: TargetFailure {
        let words = message.map { ": \($0)" } ?? ""
        return TargetFailure(
            reason: "\(name) answered \(status) to \(request)\(redirect)\(advice)\(words)", isRetryable: isRetryable, retryAfter: retryAfter)
    }

    /// What somebody can do about it, where the status says that.
    private var advice: String {
        switch status.code {
        case 401: " (check the credentials that the target names: are they the right ones, and still valid?)"
        case 403 where !isRateLimited: " (the credentials may not do this: give them the rights that docs/targets.md lists)"
        // Some answer so, too, where the credentials may not see it.
        case 404: " (check the URL and the names in the target, and whether the credentials may see what they name)"
        default: ""
        }
    }

    /// Where a redirect leads, for whoever has to change the URL.
    private var redirect: String {
        guard (300..<400).contains(status.code), let location = headers[.location] else { return "" }
        return ", which leads to \(HTTPURL.masked(location)); redirects are not followed"
    }

    /// Whether the same request may be answered better later: at limits of rate, when something else is under way, and when
    /// the server is at fault. Not where the request, its credentials or its object are wrong.
    private var isRetryable: Bool {
        switch status.code {
        case 408, 409, 425, 429: true
        case 403: isRateLimited
        case 501, 505: false
        default: status.code >= 500 || (status.code == 400 && isThrottled)
        }
    }

    /// GitHub's limits are told by 403 with these fields.
    private var isRateLimited: Bool { headers["x-ratelimit-remaining"] == "0" || headers.contains(.retryAfter) }

    /// Amazon's are told by 400 with this type or, where others register revisions of the same family, as a ClientException in these words.
    private var isThrottled: Bool {
        guard let json = try? JSONValue.parse(content), let type = json["__type"]?.string else { return false }
        if type.hasSuffix("ThrottlingException") { return true }
        return type.hasSuffix("ClientException") && message?.hasPrefix("Too many concurrent attempts") ?? false
    }

    /// Milliseconds.
    private var retryAfter: Int64? {
        let now = Wall.milliseconds / 1000
        let seconds: Int64? =
            if let text = headers[.retryAfter] {
                Int64(text) ?? HTTPDate.parse(text, now: now).map { $0 - now }
            } else if headers["x-ratelimit-remaining"] == "0", let reset = headers["x-ratelimit-reset"].flatMap({ Int64($0) }) {
                reset > now ? reset - now : 0
            } else {
                nil
            }
        return seconds.map { max(0, min($0, 3600)) * 1000 }
    }

    /// What the other side says about it, in one line that cannot grow long.
    var message: String? {
        let text = (try? JSONValue.parse(content)).flatMap(Self.message) ?? plainText
        guard let text, !text.isEmpty else { return nil }
        let line = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
        return line.count > 300 ? line.prefix(300) + "..." : line
    }

    private var plainText: String? {
        guard headers[.contentType]?.lowercased().hasPrefix("text/plain") == true else { return nil }
        return String(decoding: content.prefix(2000), as: UTF8.self)
    }

    private static func message(_ value: JSONValue) -> String? {
        if let text = value.string { return text }
        for key in ["message", "Message", "error", "detail", "error_description", "errors", "title"] {
            switch value[key] {
            case .string(let text): return text
            // GitLab: {"message": {"base": ["Reference not found"]}}
            case .object, .array: return value[key].map { String(decoding: $0.encoded, as: UTF8.self) }
            default: continue
            }
        }
        return nil
    }
}
