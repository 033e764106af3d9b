import JSON

/// The lexical parts of JSON over bytes in place: nothing is copied and nothing allocated.
package enum JSONScan {
    @inlinable @inline(__always)
    package static func space(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count {
            let byte = unsafe text[unchecked: index]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            index += 1
        }
        return index
    }

    /// Where the closing quote of a string stands whose first byte is at `start`, and whether it has escapes.
    @inline(__always)
    package static func stringEnd(_ text: Span<UInt8>, from start: Int) throws(EventError) -> (end: Int, escaped: Bool) {
        var index = start
        var escaped = false
        while true {
            index = JSONText.special(text, from: index)
            guard index < text.count else { throw EventError(offset: start - 1, reason: "a string that does not end") }
            switch unsafe text[unchecked: index] {
            case UInt8(ascii: "\""): return (index, escaped)
            case UInt8(ascii: "\\"):
                escaped = true
                index += 2
            default: throw EventError(offset: index, reason: "a control character in a string must be escaped")
            }
        }
    }

    /// Where a number or a word ends: at a comma, a bracket, white space or the end.
    @inline(__always)
    package static func scalarEnd(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count {
            switch unsafe text[unchecked: index] {
            case 0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""):
                return index
            default: index += 1
            }
        }
        return index
    }

    static func word(_ text: Span<UInt8>, _ range: Range<Int>) -> Literal? {
        guard range.count == 4 || range.count == 5 else { return nil }
        var letters: UInt64 = 0
        for index in range { letters = letters << 8 | UInt64(text[index]) }
        switch letters {
        case 0x6E75_6C6C: return .null
        case 0x7472_7565: return .yes
        case 0x66_616C_7365: return .no
        default: return nil
        }
    }

    /// RFC 8259, section 6.
    static func isNumber(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        func peek(_ character: Unicode.Scalar) -> Bool {
            index < range.upperBound && text[index] == UInt8(ascii: character)
        }
        func digits() -> Bool {
            let start = index
            while index < range.upperBound, text[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
            return index > start
        }
        if peek("-") { index += 1 }
        if peek("0") {
            index += 1
        } else {
            guard digits() else { return false }
        }
        if peek(".") {
            index += 1
            guard digits() else { return false }
        }
        if peek("e") || peek("E") {
            index += 1
            if peek("+") || peek("-") { index += 1 }
            guard digits() else { return false }
        }
        return index == range.upperBound
    }
}
