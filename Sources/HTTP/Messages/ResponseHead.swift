/// A status line and its fields, as a client receives them.
package struct ResponseHead: Sendable {
    package let status: HTTPStatus
    package let version: HTTPVersion
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    /// Whether the connection can carry another exchange once this answer's content has been read.
    package let keepAlive: Bool
}
