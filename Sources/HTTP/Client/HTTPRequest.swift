package import IO

/// A request to be sent, whole.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    package var url: HTTPURL
    package var headers: HeaderBuilder
    package var content: [UInt8]
    /// Whether it may be sent a second time when a kept connection turns out to have been closed meanwhile.
    /// For methods that are not idempotent only the caller knows, as with deliveries that carry their own id.
    package var isRepeatable: Bool
    /// Who we are to this origin and whom we believe, where that is not what the client's options say.
    package var tls: TLSIdentity?

    package init(
        _ method: HTTPMethod = .get, _ url: HTTPURL, headers: HeaderBuilder = HeaderBuilder(), content: [UInt8] = [],
        isRepeatable: Bool? = nil, tls: TLSIdentity? = nil
    ) {
        self.tls = tls
        self.method = method
        self.url = url
        self.headers = headers
        self.content = content
        self.isRepeatable = isRepeatable ?? method.isIdempotent
    }

    var destination: Destination { Destination(url.origin, tls: tls) }

    /// Head and content as they go out, in one buffer.
    func encoded(userAgent: String) throws(HTTPClientError) -> [UInt8] {
        var headers = headers
        if !headers.contains(.userAgent) { headers.append(.userAgent, userAgent) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headers.bytes.count + url.target.utf8.count + content.count + 128)
        do throws(HTTPError) {
            try RequestEncoder.encode(
                method, target: url.target, host: url.origin.authority, headers,
                framing: content.isEmpty ? .none : .length(UInt64(content.count)), into: &bytes)
        } catch {
            throw HTTPClientError(.invalidRequest, error.message)
        }
        bytes.append(contentsOf: content)
        return bytes
    }
}
