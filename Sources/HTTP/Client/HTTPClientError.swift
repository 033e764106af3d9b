import IO

/// Why there is no answer. A status such as 404 is an answer and no error.
package struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    package let code: Code
    /// One sentence, without the URL's query.
    package let message: String

    package enum Code: Sendable, Equatable {
        case invalidURL, invalidRequest
        /// The name has no address.
        case unresolved
        /// Every address is one that the policy forbids.
        case forbiddenAddress
        case cannotConnect
        case tls
        case timedOut
        /// The connection ended before the answer did. The request may have had its effect.
        case closed
        /// What came is not HTTP/1.1.
        case malformedAnswer
        case bodyTooLarge
        /// As many requests wait for a connection as may.
        case overloaded
        case cancelled
        case shutDown
    }

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// An error of a connection that stood.
    init(_ error: StreamError) {
        let code: Code =
            switch error.code {
            case .timedOut: .timedOut
            case .tls: .tls
            case .interrupted: .cancelled
            default: .closed
            }
        self.init(code, error.description)
    }

    init(malformed error: HTTPError) {
        self.init(.malformedAnswer, "the answer is not HTTP/1.1: \(error.message)")
    }
}
