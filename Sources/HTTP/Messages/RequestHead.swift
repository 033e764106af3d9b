/// A request line and its fields, checked: a head that exists is well-formed, its framing is not in doubt and its
/// target decodes. It holds one copy of the head's bytes; everything else is offsets into them.
package struct RequestHead: Sendable {
    package let method: HTTPMethod
    package let version: HTTPVersion
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    /// Whether the client is ready for another request on this connection after this one.
    package let keepAlive: Bool
    /// The client waits for `100 Continue` before it sends the content.
    package let expectsContinue: Bool
    let target: RequestTarget

    /// The host and port that the request is for: of an absolute target, else of the Host field.
    package var authority: String? {
        target.authority.map { text($0.int) } ?? headers[.host]
    }

    /// The whole target as received.
    package var rawTarget: ArraySlice<UInt8> { headers.bytes[target.whole.int] }

    /// The path as received, percent signs and all. `*` for `OPTIONS *`.
    package var rawPath: ArraySlice<UInt8> {
        target.path.isEmpty ? (target.isAsterisk ? [0x2A] : [0x2F]) : headers.bytes[target.path.int]
    }

    /// The query as received, without its question mark.
    package var rawQuery: ArraySlice<UInt8>? {
        target.query.map { headers.bytes[$0.int] }
    }

    package var query: String? {
        target.query.map { text($0.int) }
    }

    /// The path with its escapes decoded, except `%2F` and `%25`, which stay: so two paths with different segments
    /// never read the same. `segments` gives the decoded parts.
    package var path: String {
        guard target.hasEscapes else { return String(decoding: rawPath, as: UTF8.self) }
        return PercentEncoding.normalized(rawPath)
    }

    /// The parts of the path between slashes.
    package var segments: PathSegments { PathSegments(rawPath, hasEscapes: target.hasEscapes) }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: headers.bytes[range], as: UTF8.self)
    }
}

extension RequestHead {
    /// A head made from its parts, as the parser would have read it: for tests of handlers and for inner requests.
    package init(
        method: HTTPMethod = .get, target: String, headers: HeaderBuilder = HeaderBuilder(), framing: BodyFraming = .none
    ) throws(HTTPError) {
        var bytes: [UInt8] = []
        try RequestEncoder.encode(method, target: target, host: "localhost", headers, framing: framing, into: &bytes)
        var parser = RequestParser()
        guard let parsed = try parser.parse(bytes.span) else { throw HTTPError(.badRequest, "the head is not complete") }
        self = parsed.head
    }
}
