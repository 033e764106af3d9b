/// Why bytes could not be read as an event. Matching checks what it reads: what no pattern names is only checked
/// for brackets and quotes.
package struct EventError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes from the start of the text.
    package let offset: Int
    package let reason: String

    package var description: String { "\(reason) (byte \(offset))" }
}
