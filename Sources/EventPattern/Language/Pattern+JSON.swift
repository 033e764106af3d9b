package import JSON

extension Pattern {
    /// Reads a pattern out of a larger text that has been parsed already, such as the body of a request. The error's
    /// pointer starts at the pattern; its offset counts in the pattern's compact form.
    package static func parse(_ value: JSONValue, limits: PatternLimits = PatternLimits()) throws(PatternError) -> Pattern {
        var writer = JSONWriter()
        writer.value(value)
        return try parse(writer.bytes, limits: limits)
    }
}
