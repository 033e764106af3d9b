extension JSONParser {
    /// RFC 8259, section 6.
    mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let next = current, Self.isDigit(next) { throw error("a number must not start with a zero") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return JSONNumber(validated: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        guard position > start else { throw error("expected a digit") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    /// RFC 8259, section 7. Plain runs are copied whole; the text is checked to be UTF-8 once, at its end.
    mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var copy: [UInt8]?
        var run = position
        while true {
            position = bytes.startIndex + JSONText.special(bytes.span, from: position - bytes.startIndex)
            switch current {
            case UInt8(ascii: "\""):
                let tail = bytes[run..<position]
                position += 1
                let text = copy.map { String(utf8: ($0 + tail)[...]) } ?? String(utf8: tail)
                guard let text else { throw JSONError(offset: start - bytes.startIndex, reason: "a string that is not UTF-8") }
                return text
            case UInt8(ascii: "\\"):
                copy = (copy ?? []) + bytes[run..<position]
                position += 1
                copy?.append(contentsOf: String(try escape()).utf8)
                run = position
            case nil: throw error("a string that does not end")
            default: throw error("a control character in a string must be escaped")
            }
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = current else { throw error("a string that does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            position -= 1
            throw error("an unknown escape")
        }
    }

    /// `\uXXXX`, where a character beyond the first plane is a pair; half a pair has no meaning and is refused.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error("half of a surrogate pair")
        }
        let second = try hexUnit()
        guard (0xDC00..<0xE000).contains(second) else { throw error("half of a surrogate pair") }
        let code = 0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)
        guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexUnit() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
