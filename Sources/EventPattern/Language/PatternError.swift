/// Why a text is not a pattern, and where.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The place as a JSON pointer (RFC 6901) into the pattern; empty for the pattern itself.
    package let pointer: String
    /// The same place as bytes from the start of the text.
    package let offset: Int
    package let reason: String

    package var description: String {
        pointer.isEmpty ? "\(reason) (byte \(offset))" : "\(reason) (at \(pointer), byte \(offset))"
    }
}
