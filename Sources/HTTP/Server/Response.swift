package import IO

/// An answer: what goes out after the handler returns.
package struct Response: Sendable {
    package var status: HTTPStatus
    package var headers: HeaderBuilder
    package var body: Body

    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// `count` bytes of a file from `offset`: sent without copying where the connection is plain.
        case file(File, offset: Int, count: Int)
        /// Content that comes bit by bit; chunked, and its end is the connection's where the client speaks HTTP/1.0.
        case stream(@Sendable (ResponseWriter) async throws -> Void)
    }

    package init(_ status: HTTPStatus, _ headers: HeaderBuilder = HeaderBuilder(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension Response.Body {
    var framing: BodyFraming {
        switch self {
        case .none: .none
        case .bytes(let bytes): .length(UInt64(bytes.count))
        case .file(_, _, let count): .length(UInt64(clamping: count))
        case .stream: .chunked
        }
    }
}
