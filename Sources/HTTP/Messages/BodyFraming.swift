/// How the end of a message's content is told (RFC 9112, section 6.3).
package enum BodyFraming: Sendable, Hashable {
    /// There is no content.
    case none
    /// Exactly this many bytes.
    case length(UInt64)
    /// Chunks, up to the last chunk.
    case chunked
    /// Everything up to the end of the connection. Answers only.
    case untilClose

    /// No byte of content follows the head.
    package var isEmpty: Bool { self == .none || self == .length(0) }
}
