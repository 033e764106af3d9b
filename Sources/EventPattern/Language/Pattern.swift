/// A pattern of the EventBridge language, read and checked. What it looks like is told in docs/patterns.md.
package struct Pattern: Sendable, Hashable {
    /// The pattern matches an event that satisfies one of these.
    let alternatives: [Alternative]

    /// Reads a pattern. Of two equal keys the last one counts, as in the language's first implementation;
    /// `refusingDuplicates` makes them an error instead.
    package static func parse(
        _ bytes: [UInt8], limits: PatternLimits = PatternLimits(), refusingDuplicates: Bool = false
    ) throws(PatternError) -> Pattern {
        guard bytes.count <= limits.bytes else {
            throw PatternError(pointer: "", offset: limits.bytes, reason: "a pattern has at most \(limits.bytes) bytes")
        }
        let root: SourceValue
        do throws(EventError) {
            var reader = SourceReader(bytes, depth: limits.depth)
            root = try reader.document()
        } catch {
            throw PatternError(pointer: "", offset: error.offset, reason: "the pattern is not valid JSON: \(error.reason)")
        }
        return try parse(root, limits: limits, refusingDuplicates: refusingDuplicates)
    }

    package static func parse(_ text: String) throws(PatternError) -> Pattern {
        try parse(Array(text.utf8))
    }

    static func parse(
        _ root: SourceValue, limits: PatternLimits, refusingDuplicates: Bool
    ) throws(PatternError) -> Pattern {
        var parser = PatternParser(limits: limits, refusingDuplicates: refusingDuplicates)
        return Pattern(alternatives: try parser.pattern(root))
    }
}
