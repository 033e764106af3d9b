import HTTP

/// The question to a receiver whether it wants to be called, and how its answer is to be read: the abuse protection of
/// CloudEvents' "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, section 4. The status says nothing; only the fields consent.
package enum Handshake {
    /// Carried by the question, and by every delivery after consent, with the same value (section 4.1.2).
    package static let requestOrigin = "WebHook-Request-Origin"

    /// How the hub calls itself towards receivers: the name of the registry without a port, a DNS expression.
    package static func origin(ofRegistry host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[host.index(after: host.startIndex)..<end]) }
        return String(host.prefix { $0 != ":" })
    }

    /// - Parameter rate: how many requests a minute are asked for; nil asks for as many as the receiver allows.
    static func question(_ url: HTTPURL, origin: String, rate: Int?) -> HTTPRequest {
        var headers = HeaderBuilder()
        headers.append(requestOrigin, origin)
        if let rate { headers.append("WebHook-Request-Rate", String(rate)) }
        return HTTPRequest(.options, url, headers: headers)
    }

    static func answer(_ status: HTTPStatus, _ headers: HTTPHeaders, to origin: String, rate: Int?) -> Outcome {
        answer(
            status, allowedOrigins: headers.values(of: "WebHook-Allowed-Origin"),
            allowedRates: headers.values(of: "WebHook-Allowed-Rate"), to: origin, rate: rate)
    }

    static func answer(
        _ status: HTTPStatus, allowedOrigins: [String], allowedRates: [String], to origin: String, rate: Int?
    ) -> Outcome {
        guard let allowed = allowedOrigins.first else {
            return .refused(.noOrigin(status))
        }
        guard allowedOrigins.count == 1, allowed == "*" || allowed.lowercased() == origin.lowercased() else {
            return .refused(.otherOrigin(allowedOrigins, asked: origin))
        }
        // It must be there where a rate was asked for; a receiver that forgets it has agreed to what was asked.
        guard let text = allowedRates.first else { return .granted(rate: rate) }
        guard allowedRates.count == 1, text == "*" || positive(text) != nil else {
            return .refused(.badRate(allowedRates))
        }
        return .granted(rate: positive(text))
    }

    private static func positive(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        // A number beyond all bounds is no bound.
        guard let number = Int(text) else { return .max }
        return number > 0 ? number : nil
    }
}
