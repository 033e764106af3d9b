/// Why a record is not an event that this version can fold.
package struct EventError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// Not a CloudEvent with the fields its type must have.
        case malformed
        /// A type that this version does not know.
        case unknownType
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
