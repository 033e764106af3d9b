package import JSON

/// JSON5 text (comments, trailing commas, unquoted keys) as a JSON value.
///
/// Not by Foundation's reader, which makes 1 of `1.5` where a whole number is asked for first, and stops the process at `1e+`.
package enum JSON5 {
    package static func parse(_ bytes: [UInt8]) throws(ConfigurationError) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw ConfigurationError("it is not JSON5: it is not a text in UTF-8") }
        do throws(JSON5Fault) {
            return try JSON5Reader.read(bytes)
        } catch {
            throw ConfigurationError("it is not JSON5: \(error)")
        }
    }
}
