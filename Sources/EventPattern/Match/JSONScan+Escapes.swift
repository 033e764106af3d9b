extension JSONScan {
    /// Appends the string's bytes with its escapes decoded (RFC 8259, section 7). Half of a surrogate pair is refused.
    package static func unescape(_ text: Span<UInt8>, _ range: Range<Int>, into out: inout [UInt8]) throws(EventError) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            guard index < range.upperBound else { throw EventError(offset: index, reason: "an unknown escape") }
            let letter = text[index]
            index += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(letter)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "u"): out.append(contentsOf: UTF8.encodedBytes(try scalar(text, &index, range.upperBound)))
            default: throw EventError(offset: index - 1, reason: "an unknown escape")
            }
        }
    }

    /// What follows `\u`: four hexadecimal digits, or eight around another `\u` for a character beyond the first plane.
    private static func scalar(_ text: Span<UInt8>, _ index: inout Int, _ end: Int) throws(EventError) -> Unicode.Scalar {
        let start = index
        let first = try unit(text, &index, end)
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, index + 2 <= end, text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u") {
            index += 2
            let second = try unit(text, &index, end)
            if (0xDC00..<0xE000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                return scalar
            }
        }
        throw EventError(offset: start, reason: "half of a surrogate pair")
    }

    private static func unit(_ text: Span<UInt8>, _ index: inout Int, _ end: Int) throws(EventError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < end, let digit = hexDigit(text[index]) else {
                throw EventError(offset: index, reason: "expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}

extension UTF8 {
    fileprivate static func encodedBytes(_ scalar: Unicode.Scalar) -> some Sequence<UInt8> {
        String(scalar).utf8
    }
}
