/// Bounds for patterns that strangers send. What is over a bound is refused with the bound in the message.
package struct PatternLimits: Sendable {
    /// Bytes of the pattern's text.
    package var bytes: Int
    /// Levels of objects and arrays.
    package var depth: Int
    /// Alternatives once every `$or` is multiplied out.
    package var alternatives: Int
    /// Fields in all alternatives together, so that few alternatives of many fields are bounded as well.
    package var fields: Int
    /// Characters that stand after a `*` in all wildcards and suffixes together. A hostile text can keep the automaton
    /// busy with all of them at each of its bytes.
    package var floating: Int

    package init(
        bytes: Int = 64 << 10, depth: Int = 32, alternatives: Int = 1_000, fields: Int = 20_000, floating: Int = 2_048
    ) {
        self.bytes = bytes
        self.depth = depth
        self.alternatives = alternatives
        self.fields = fields
        self.floating = floating
    }
}
