/// Reads a pattern. Recursion is bounded by `maximumDepth`.
struct ExpressionParser {
    let bytes: [UInt8]
    var position = 0
    private(set) var groups = Groups()
    private var flags = Flags()
    private var depth = 0

    static let maximumDepth = 100
    static let maximumGroups = 32
    /// The largest number in `{n,m}`.
    static let maximumCount = 1_000

    struct Groups {
        /// Of those that capture, the whole match included.
        var count = 1
        var names: [String: Int] = [:]
    }

    struct Flags {
        var ignoresCase = false
        /// `^` and `$` match at lines.
        var matchesLines = false
        /// `.` matches a newline too.
        var dotMatchesAll = false
        /// Repetitions are lazy, and greedy with `?`.
        var isUngreedy = false
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws(Expression.Invalid) -> ExpressionNode {
        if let byte = bytes.firstIndex(where: { $0 >= 0x80 }) { throw Expression.Invalid(offset: byte, reason: "only ASCII can be in a tag") }
        let node = try alternatives()
        guard position == bytes.count else { throw failure("there is no group that this parenthesis closes") }
        return node
    }

    func failure(_ reason: String, at offset: Int? = nil) -> Expression.Invalid {
        Expression.Invalid(offset: offset ?? position, reason: reason)
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ text: StaticString) -> Bool {
        guard bytes[position...].starts(with: text.description.utf8) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    private mutating func alternatives() throws(Expression.Invalid) -> ExpressionNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw failure("groups are nested deeper than \(Self.maximumDepth)") }
        // Flags that are set inside a group end with it.
        let outer = flags
        defer { flags = outer }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .alternatives(choices)
    }

    private mutating func sequence() throws(Expression.Invalid) -> ExpressionNode {
        var parts: [ExpressionNode] = []
        while let byte = current, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            let start = position
            guard let part = try atom() else { continue }
            parts.append(try repeated(part, from: start))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    /// Nil for flags, which stand for nothing themselves.
    private mutating func atom() throws(Expression.Invalid) -> ExpressionNode? {
        guard let byte = current else { return .empty }
        switch byte {
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["): return .bytes(folded(try set()))
        case UInt8(ascii: "\\"): return try escape()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            throw failure("there is nothing before it to repeat")
        case UInt8(ascii: "{"):
            let start = position
            if try count() != nil { throw failure("there is nothing before it to repeat", at: start) }
        default: break
        }
        position += 1
        switch byte {
        case UInt8(ascii: "."): return .bytes(flags.dotMatchesAll ? .any : .notNewline)
        case UInt8(ascii: "^"): return .assertion(flags.matchesLines ? .lineStart : .textStart)
        case UInt8(ascii: "$"): return .assertion(flags.matchesLines ? .lineEnd : .textEnd)
        default: return .bytes(folded(ByteSet(byte...byte)))
        }
    }

    func folded(_ set: ByteSet) -> ByteSet { flags.ignoresCase ? set.foldingCase : set }

    // MARK: Groups

    private mutating func group() throws(Expression.Invalid) -> ExpressionNode? {
        let start = position
        position += 1
        guard take("?") else { return try captured(name: nil, start) }
        if take("P<") || (current == UInt8(ascii: "<") && !looksBehind && take("<")) { return try captured(name: try groupName(), start) }
        for text in ["=", "!", "<=", "<!", ">"] where bytes[position...].starts(with: text.utf8) {
            throw failure("looking ahead or behind and atomic groups cannot be matched in linear time, so there are none", at: start)
        }
        var inner = flags
        var isSetting = true
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "i"): inner.ignoresCase = isSetting
            case UInt8(ascii: "m"): inner.matchesLines = isSetting
            case UInt8(ascii: "s"): inner.dotMatchesAll = isSetting
            case UInt8(ascii: "U"): inner.isUngreedy = isSetting
            case UInt8(ascii: "-"): isSetting = false
            case UInt8(ascii: ")"):
                flags = inner
                return nil
            case UInt8(ascii: ":"):
                let outer = flags
                flags = inner
                defer { flags = outer }
                return try closed(start)
            default: throw failure("an unknown kind of group", at: start)
            }
        }
        throw failure("the group does not close", at: start)
    }

    private var looksBehind: Bool {
        position + 1 < bytes.count && (bytes[position + 1] == UInt8(ascii: "=") || bytes[position + 1] == UInt8(ascii: "!"))
    }

    private mutating func captured(name: String?, _ start: Int) throws(Expression.Invalid) -> ExpressionNode {
        let number = groups.count
        guard number <= Self.maximumGroups else { throw failure("more than \(Self.maximumGroups) groups; (?:...) groups without capturing", at: start) }
        groups.count += 1
        if let name, groups.names.updateValue(number, forKey: name) != nil {
            throw failure("two groups are named \(name)", at: start)
        }
        return .group(number, try closed(start))
    }

    private mutating func closed(_ start: Int) throws(Expression.Invalid) -> ExpressionNode {
        let node = try alternatives()
        guard take(")") else { throw failure("the group does not close", at: start) }
        return node
    }

    private mutating func groupName() throws(Expression.Invalid) -> String {
        let start = position
        while let byte = current, ByteSet.word.contains(byte) { position += 1 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !name.isEmpty, take(">") else { throw failure("a group's name must be letters, digits and \"_\", and end with \">\"", at: start) }
        return name
    }

    // MARK: Repetition

    private mutating func repeated(_ node: ExpressionNode, from start: Int) throws(Expression.Invalid) -> ExpressionNode {
        guard let (minimum, maximum) = try count() else { return node }
        let isLazy = take("?")
        if !isLazy, current == UInt8(ascii: "+") { throw failure("a possessive repetition cannot be matched in linear time, so there is none") }
        let before = position
        if current == UInt8(ascii: "*") || current == UInt8(ascii: "+") || current == UInt8(ascii: "?") {
            throw failure("a repetition is repeated; put it in a group")
        }
        if try count() != nil { throw failure("a repetition is repeated; put it in a group", at: before) }
        return .repetition(node, minimum: minimum, maximum: maximum, isGreedy: isLazy == flags.isUngreedy)
    }

    private mutating func count() throws(Expression.Invalid) -> (minimum: Int, maximum: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard current == UInt8(ascii: "{") else { return nil }
        let start = position
        position += 1
        // As in RE2, braces that are no count are plain characters.
        guard let minimum = number() else {
            position = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        guard take("}") else {
            position = start
            return nil
        }
        guard minimum <= Self.maximumCount, maximum ?? 0 <= Self.maximumCount else {
            throw failure("more than \(Self.maximumCount) repetitions", at: start)
        }
        guard minimum <= maximum ?? minimum else { throw failure("the least count is greater than the most", at: start) }
        return (minimum, maximum)
    }

    /// Digits; as large as any limit where there are too many.
    private mutating func number() -> Int? {
        let start = position
        while let byte = current, ByteSet.digits.contains(byte) { position += 1 }
        guard position > start else { return nil }
        return position - start > 6 ? 1_000_000 : Int(String(decoding: bytes[start..<position], as: UTF8.self))
    }
}
