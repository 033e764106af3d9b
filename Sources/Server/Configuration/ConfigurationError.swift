/// Why a configuration cannot be used: one sentence that names the key and what is allowed.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
