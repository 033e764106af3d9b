/// Why a message is refused. The connection is closed after it: where framing is in doubt, nothing after it can be trusted.
package struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a server answers; 502 where a client could not read an answer.
    package let status: HTTPStatus
    package let message: String

    package init(_ status: HTTPStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { message }
}
