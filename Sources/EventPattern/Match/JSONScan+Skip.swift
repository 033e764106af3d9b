extension JSONScan {
    /// The end of a value that no pattern names. Strings must end and brackets must balance; more is not asked.
    @inline(__always)
    package static func skip(_ text: Span<UInt8>, from start: Int) throws(EventError) -> Int {
        guard start < text.count else { throw EventError(offset: start, reason: "the text ends where a value is expected") }
        switch text[start] {
        case UInt8(ascii: "\""): return try stringEnd(text, from: start + 1).end + 1
        case UInt8(ascii: "{"), UInt8(ascii: "["): return try skipNested(text, from: start)
        default:
            let end = scalarEnd(text, from: start)
            guard end > start else { throw EventError(offset: start, reason: "a value is expected here") }
            return end
        }
    }

    /// Brackets differ from braces by one bit.
    private static func skipNested(_ text: Span<UInt8>, from start: Int) throws(EventError) -> Int {
        var index = start
        var depth = 0
        while index < text.count {
            let byte = unsafe text[unchecked: index]
            if byte == UInt8(ascii: "\"") {
                index = try stringEnd(text, from: index + 1).end + 1
                continue
            }
            index += 1
            if byte | 0x20 == UInt8(ascii: "{") {
                depth += 1
            } else if byte | 0x20 == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        throw EventError(offset: start, reason: "an object or array that does not end")
    }
}
