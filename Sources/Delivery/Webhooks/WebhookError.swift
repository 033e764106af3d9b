/// Why a request about webhooks fails.
package struct WebhookError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case invalid, notFound, conflict, tooMany, unavailable, damaged
        /// Somebody else's change came first.
        case overtaken
        /// It is not what the client said that it has seen.
        case otherVersion
    }

    package let code: Code
    package let message: String
    /// JSON pointer to the member at fault.
    package let pointer: String?

    package init(_ code: Code, _ message: String, pointer: String? = nil) {
        self.code = code
        self.message = message
        self.pointer = pointer
    }

    package var description: String { message }
}
