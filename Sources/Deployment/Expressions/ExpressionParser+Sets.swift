extension ExpressionParser {
    /// What a backslash starts, outside of brackets.
    mutating func escape() throws(Expression.Invalid) -> ExpressionNode {
        let start = position
        guard position + 1 < bytes.count else { throw failure("a backslash at the end") }
        let byte = bytes[position + 1]
        switch byte {
        case UInt8(ascii: "b"): return assertion(.wordBoundary)
        case UInt8(ascii: "B"): return assertion(.noWordBoundary)
        case UInt8(ascii: "A"): return assertion(.textStart)
        case UInt8(ascii: "z"): return assertion(.textEnd)
        case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "k"):
            throw failure("a reference back to a group cannot be matched in linear time, so there is none", at: start)
        default: return .bytes(folded(try escapedSet()))
        }
    }

    private mutating func assertion(_ kind: ExpressionNode.Assertion) -> ExpressionNode {
        position += 2
        return .assertion(kind)
    }

    /// What a backslash starts that stands for bytes, inside of brackets or out.
    private mutating func escapedSet() throws(Expression.Invalid) -> ByteSet {
        let start = position
        position += 1
        guard let byte = current else { throw failure("a backslash at the end", at: start) }
        position += 1
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return ByteSet.digits.inverted
        case UInt8(ascii: "w"): return .word
        case UInt8(ascii: "W"): return ByteSet.word.inverted
        case UInt8(ascii: "s"): return .space
        case UInt8(ascii: "S"): return ByteSet.space.inverted
        case UInt8(ascii: "a"): return ByteSet(0x07...0x07)
        case UInt8(ascii: "f"): return ByteSet(0x0C...0x0C)
        case UInt8(ascii: "t"): return ByteSet(0x09...0x09)
        case UInt8(ascii: "n"): return ByteSet(0x0A...0x0A)
        case UInt8(ascii: "r"): return ByteSet(0x0D...0x0D)
        case UInt8(ascii: "v"): return ByteSet(0x0B...0x0B)
        case UInt8(ascii: "x"): return try hexadecimal(start)
        case _ where ByteSet.word.contains(byte): throw failure("an unknown escape", at: start)
        default: return ByteSet(byte...byte)
        }
    }

    /// `\xHH` or `\x{H...}`, ASCII only.
    private mutating func hexadecimal(_ start: Int) throws(Expression.Invalid) -> ByteSet {
        let isBraced = take("{")
        var value = 0
        var count = 0
        while count < (isBraced ? 6 : 2), let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue {
            value = value << 4 | digit
            count += 1
            position += 1
        }
        guard isBraced ? count > 0 && take("}") : count == 2, let byte = UInt8(exactly: value), byte < 0x80 else {
            throw failure("\\x takes two hexadecimal digits, or some in braces, for a character of ASCII", at: start)
        }
        return ByteSet(byte...byte)
    }

    // MARK: Brackets

    mutating func set() throws(Expression.Invalid) -> ByteSet {
        let start = position
        position += 1
        let isInverted = take("^")
        var set = ByteSet()
        var isFirst = true
        while true {
            guard let byte = current else { throw failure("the bracket does not close", at: start) }
            if byte == UInt8(ascii: "]"), !isFirst {
                position += 1
                // Inverting comes last: what ignores case must exclude both cases.
                let folded = folded(set)
                return isInverted ? folded.inverted : folded
            }
            isFirst = false
            if byte == UInt8(ascii: "["), let named = try namedSet() {
                set.formUnion(named)
            } else {
                set.formUnion(try member())
            }
        }
    }

    /// One character, a range, or an escape that stands for several.
    private mutating func member() throws(Expression.Invalid) -> ByteSet {
        let start = position
        let first = try bound()
        guard current == UInt8(ascii: "-"), position + 1 < bytes.count, bytes[position + 1] != UInt8(ascii: "]") else { return first }
        position += 1
        let last = try bound()
        guard let low = first.only, let high = last.only, low <= high else {
            throw failure("a range must go from one character to a later one", at: start)
        }
        return ByteSet(low...high)
    }

    private mutating func bound() throws(Expression.Invalid) -> ByteSet {
        guard let byte = current else { throw failure("the bracket does not close") }
        if byte == UInt8(ascii: "\\") { return try escapedSet() }
        position += 1
        return ByteSet(byte...byte)
    }

    /// `[:alpha:]` and the like; nil where it is only a bracket.
    private mutating func namedSet() throws(Expression.Invalid) -> ByteSet? {
        guard bytes[position...].starts(with: "[:".utf8) else { return nil }
        let start = position
        guard let end = bytes[(position + 2)...].firstRange(of: Array(":]".utf8)) else { return nil }
        var name = bytes[(position + 2)..<end.lowerBound]
        let isInverted = name.first == UInt8(ascii: "^")
        if isInverted { name = name.dropFirst() }
        guard let set = ByteSet(posixName: String(decoding: name, as: UTF8.self)) else {
            throw failure("an unknown name of characters", at: start)
        }
        position = end.upperBound
        return isInverted ? set.inverted : set
    }
}

extension ByteSet {
    /// The one byte in it, where there is just one.
    fileprivate var only: UInt8? {
        let members = (0...UInt8.max).filter { contains($0) }
        return members.count == 1 ? members[0] : nil
    }

    fileprivate init?(posixName: String) {
        switch posixName {
        case "alnum": self.init(0x30...0x39, 0x41...0x5A, 0x61...0x7A)
        case "alpha": self.init(0x41...0x5A, 0x61...0x7A)
        case "ascii": self.init(0...0x7F)
        case "blank": self.init(0x09...0x09, 0x20...0x20)
        case "cntrl": self.init(0...0x1F, 0x7F...0x7F)
        case "digit": self = .digits
        case "graph": self.init(0x21...0x7E)
        case "lower": self.init(0x61...0x7A)
        case "print": self.init(0x20...0x7E)
        case "punct": self.init(0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E)
        case "space": self.init(0x09...0x0D, 0x20...0x20)
        case "upper": self.init(0x41...0x5A)
        case "word": self = .word
        case "xdigit": self.init(0x30...0x39, 0x41...0x46, 0x61...0x66)
        default: return nil
        }
    }
}
