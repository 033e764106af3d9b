/// Why a question about the log, or a proof of it, fails.
package struct AuditError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case invalid, notFound, damaged, unavailable
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
