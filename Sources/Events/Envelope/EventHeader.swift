import JSON

/// The first lines of an event, read without parsing the rest: what delivery and filters need of every record.
package struct EventHeader: Hashable, Sendable {
    package let id: String
    package let source: String
    /// The type's text: it may be one that this version does not know.
    package let type: String
    package let subject: String

    /// Reads the members that `Event.encode` writes first, in its order.
    package init(scanning body: [UInt8]) throws(EventError) {
        var scanner = Scanner(bytes: body)
        guard scanner.take("{\"specversion\":\"1.0\",\"id\":"), let id = scanner.string(),
            scanner.take(",\"source\":"), let source = scanner.string(), scanner.take(",\"type\":"),
            let type = scanner.string(), scanner.take(",\"subject\":"), let subject = scanner.string()
        else { throw EventError(.malformed, "the record does not start like an event") }
        self.id = id
        self.source = source
        self.type = type
        self.subject = subject
    }

    /// The type alone, for who passes over most events: no text is made of the other members, but they are looked at.
    package static func type(scanning body: [UInt8]) throws(EventError) -> String {
        var scanner = Scanner(bytes: body)
        guard scanner.take("{\"specversion\":\"1.0\",\"id\":"), scanner.passString() != nil,
            scanner.take(",\"source\":"), scanner.passString() != nil, scanner.take(",\"type\":"),
            let type = scanner.string(), scanner.take(",\"subject\":"), scanner.passString() != nil
        else { throw EventError(.malformed, "the record does not start like an event") }
        return type
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        mutating func take(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard bytes.count - position >= count else { return false }
            for index in 0..<count where unsafe bytes[position + index] != text.utf8Start[index] { return false }
            position += count
            return true
        }

        /// Most have no escape and are read as they are; a subject that a client chose may have some.
        mutating func string() -> String? {
            guard let (text, hasEscape) = passString() else { return nil }
            if hasEscape { return (try? JSONValue.parse(bytes[text.lowerBound - 1...text.upperBound]))?.string }
            return String(utf8: bytes[text])
        }

        /// Where the text of the string stands that comes now, between its quotes.
        mutating func passString() -> (text: Range<Int>, hasEscape: Bool)? {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
            let start = position + 1
            var hasEscape = false
            var end = JSONText.special(bytes.span, from: start)
            while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
                if bytes[end] == UInt8(ascii: "\\") {
                    hasEscape = true
                    end += 1
                }
                end = JSONText.special(bytes.span, from: end + 1)
            }
            guard end < bytes.count else { return nil }
            position = end + 1
            return (start..<end, hasEscape)
        }
    }
}
