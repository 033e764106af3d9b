/// An absolute `http` or `https` URL (RFC 3986, RFC 9110 section 4.2), checked: what exists can be requested.
package struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    package let origin: Origin
    /// Path and query as they go into the request line, escapes and all.
    package let target: String

    package init(origin: Origin, target: String) {
        self.origin = origin
        self.target = target
    }

    /// Names beyond ASCII must come as `xn--`, other characters escaped. No user information, no fragment.
    package init(_ text: String) throws(HTTPClientError) {
        let scheme = try Self.scheme(text)
        let rest = text.utf8.dropFirst(scheme.rawValue.utf8.count + 3)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
        origin = try Self.origin(scheme, Array(rest[..<end]), of: text)
        let target = Array(rest[end...])
        guard target.allSatisfy(ByteClass.isVisible) else {
            throw Self.invalid(text, "it has characters that must be percent-encoded")
        }
        guard !target.contains(UInt8(ascii: "#")) else { throw Self.invalid(text, "it has a fragment") }
        guard PercentEncoding.decode(target[...]) != nil else { throw Self.invalid(text, "it has a malformed percent escape") }
        let path = String(decoding: target, as: UTF8.self)
        self.target = path.first == "/" ? path : "/" + path
    }

    package var description: String { origin.description + target }

    /// Without the query, which may hold a secret: for logs and error messages.
    package var descriptionWithoutQuery: String {
        origin.description + target.prefix { $0 != "?" }
    }

    private static func scheme(_ text: String) throws(HTTPClientError) -> Origin.Scheme {
        for scheme in [Origin.Scheme.http, .https] {
            let prefix = scheme.rawValue + "://"
            let count = prefix.utf8.count
            if ByteClass.equalsIgnoringCase(Array(text.utf8.prefix(count))[...], prefix) { return scheme }
        }
        throw invalid(text, "it does not begin with http:// or https://")
    }

    private static func origin(_ scheme: Origin.Scheme, _ authority: [UInt8], of text: String) throws(HTTPClientError) -> Origin {
        guard !authority.contains(UInt8(ascii: "@")) else { throw invalid(text, "it has a user name") }
        guard Authority.isValid(authority[...], mayBeEmpty: false) else { throw invalid(text, "its host is malformed") }
        let isLiteral = authority.first == UInt8(ascii: "[")
        let hostEnd = isLiteral ? authority.firstIndex(of: UInt8(ascii: "]")) : authority.firstIndex(of: UInt8(ascii: ":"))
        let host = authority[(isLiteral ? 1 : 0)..<(hostEnd ?? authority.count)].map(ByteClass.lowercase)
        let digits = authority[(hostEnd ?? authority.count)...].drop { !ByteClass.isDigit($0) }
        let port = digits.isEmpty ? scheme.defaultPort : ByteClass.decimal(digits).flatMap { UInt16(exactly: $0) } ?? 0
        guard port > 0 else { throw invalid(text, "its port is 0") }
        return Origin(scheme: scheme, host: String(decoding: host, as: UTF8.self), port: port)
    }

    /// A password or a token in it must not come back in the error.
    private static func invalid(_ text: String, _ reason: String) -> HTTPClientError {
        HTTPClientError(.invalidURL, "\(shown(text)) is not a URL that can be requested: \(reason)")
    }
}
