/// A pattern for tags: `*` stands for any characters, `?` for one. Matched in time that is linear in the tag.
struct TagGlob: Sendable, Hashable {
    let pattern: String
    let expression: Expression

    init(_ pattern: String) throws(Expression.Invalid) {
        guard !pattern.isEmpty else { throw Expression.Invalid(offset: 0, reason: "the pattern is empty") }
        var text = "^"
        for (offset, byte) in pattern.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "*"): text += "(?:.*)"
            case UInt8(ascii: "?"): text += "."
            case UInt8(ascii: "."): text += "\\."
            case _ where ByteSet.word.contains(byte) || byte == UInt8(ascii: "-"): text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                throw Expression.Invalid(offset: offset, reason: "letters, digits, \".\", \"_\", \"-\", \"*\" and \"?\" are all there is")
            }
        }
        self.pattern = pattern
        expression = try Expression(text + "$")
    }

    func matches(_ tag: String) -> Bool { expression.matches(tag) }
}
