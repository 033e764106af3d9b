extension PatternParser {
    /// `["=", n]`, one comparison, or a lower and an upper one in that order.
    mutating func numeric(_ value: SourceValue) throws(PatternError) -> Test {
        guard case .array(let terms) = value.kind else { throw error("numeric takes an array", value.offset) }
        guard terms.count == 2 || terms.count == 4 else {
            throw error("numeric takes one comparison, or a lower and an upper one", value.offset)
        }
        let first = try comparison(terms, 0)
        guard terms.count == 4 else {
            switch first.sign {
            case "=": return .number(first.key)
            case ">", ">=": return .range(NumericRange(low: first.end, high: nil))
            default: return .range(NumericRange(low: nil, high: first.end))
            }
        }
        let second = try comparison(terms, 2)
        guard first.sign.hasPrefix(">"), second.sign.hasPrefix("<") else {
            throw error("a range of numeric is a lower bound and then an upper one", terms[0].offset)
        }
        guard first.key < second.key else { throw error("the lower bound must be less than the upper one", terms[3].offset) }
        return .range(NumericRange(low: first.end, high: second.end))
    }

    private struct Comparison {
        let sign: String
        let key: DecimalKey

        var end: NumericRange.End { NumericRange.End(key: key, included: sign.count == 2) }
    }

    private mutating func comparison(_ terms: [SourceValue], _ index: Int) throws(PatternError) -> Comparison {
        let sign = try at(String(index)) { (parser) throws(PatternError) in
            let sign = String(decoding: try parser.string(terms[index]), as: UTF8.self)
            guard ["=", "<", "<=", ">", ">="].contains(sign) else {
                throw parser.error("numeric compares with =, <, <=, > and >=", terms[index].offset)
            }
            return sign
        }
        return try at(String(index + 1)) { (parser) throws(PatternError) in
            guard case .number(let text) = terms[index + 1].kind else {
                throw parser.error("a number is expected", terms[index + 1].offset)
            }
            return Comparison(sign: sign, key: try parser.comparable(text, at: terms[index + 1].offset))
        }
    }

    func comparable(_ text: [UInt8], at offset: Int) throws(PatternError) -> DecimalKey {
        let key = DecimalKey(text)
        guard key.isWithinDoubleRange else { throw error("the number is too large or too small to be meant", offset) }
        return key
    }
}
