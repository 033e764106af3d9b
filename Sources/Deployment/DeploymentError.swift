/// Why a request about triggers, deployments or environments fails.
package struct DeploymentError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case invalid, denied, notFound, conflict, tooMany, unavailable, damaged
    }

    package let code: Code
    /// What went wrong, where, and what to do about it: one sentence.
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
