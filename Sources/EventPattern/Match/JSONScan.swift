/// The lexical parts of JSON over bytes in place: nothing is copied and nothing allocated.
package enum JSONScan {
    @inline(__always)
    package static func space(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count {
            let byte = unsafe text[unchecked: index]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            index += 1
        }
        return index
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Where the closing quote of a string stands whose first byte is at `start`, and whether it has escapes.
    /// Eight bytes a step: a byte of `hits` has its high bit set at a quote, a backslash or a control character;
    /// the lowest such bit is always a true one.
    @inline(__always)
    package static func stringEnd(_ text: Span<UInt8>, from start: Int) throws(EventError) -> (end: Int, escaped: Bool) {
        var index = start
        var escaped = false
        while true {
            if index + 8 <= text.count {
                let word = UInt64(littleEndian: unsafe text.bytes.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: index, as: UInt64.self))
                let quotes = word ^ (ones &* 0x22)
                let slashes = word ^ (ones &* 0x5C)
                let hits = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word) & highs
                guard hits != 0 else {
                    index += 8
                    continue
                }
                index += hits.trailingZeroBitCount >> 3
            }
            guard index < text.count else { throw EventError(offset: start - 1, reason: "a string that does not end") }
            let byte = unsafe text[unchecked: index]
            switch byte {
            case UInt8(ascii: "\""): return (index, escaped)
            case UInt8(ascii: "\\"):
                escaped = true
                index += 2
            case 0..<0x20: throw EventError(offset: index, reason: "a control character in a string must be escaped")
            default: index += 1
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
