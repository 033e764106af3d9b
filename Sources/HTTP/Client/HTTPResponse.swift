/// An answer with its content, or the first part of it.
package struct HTTPResponse: Sendable {
    package let head: ResponseHead
    package let content: [UInt8]
    /// There was more than `.prefix` asked for, or it broke off.
    package let isTruncated: Bool

    package var status: HTTPStatus { head.status }
    package var headers: HTTPHeaders { head.headers }
}

/// How much of an answer's content is kept.
package enum ContentCapture: Sendable {
    /// All of it; more than this many bytes is an error.
    case whole(limit: Int)
    /// The first bytes; the rest is passed over, and content that breaks off is no error.
    case prefix(Int)
}
