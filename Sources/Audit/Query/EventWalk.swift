import EventPattern

/// One pass over an event's text that shows the strings which queries are about, in place. What is not JSON ends it early: such a record is
/// no event, and no query means it.
struct EventWalk {
    enum Field {
        case id, type, time, subject, repository, tag, digest, principal, principalKind, request, address, userAgent, environment
        /// Any other string in the event's data.
        case other
    }

    private enum Node {
        case root, data, actor, requestInfo, deployment
        case field(Field)
        case skipped
    }

    private static let depthLimit = 64
    private struct NoEvent: Error {}

    /// Calls `each` with the field, where its text stands (between the quotes), and whether that has escapes.
    static func run(_ text: Span<UInt8>, _ each: (Field, Range<Int>, Bool) -> Void) {
        let start = JSONScan.space(text, from: 0)
        _ = try? value(text, start, .root, 0, each)
    }

    /// The text of a string without its escapes.
    static func unescaped(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        try? JSONScan.unescape(text, range, into: &bytes)
        return bytes
    }

    /// A field's value as text.
    static func string(_ text: Span<UInt8>, _ range: Range<Int>, _ escaped: Bool) -> String {
        if escaped { return String(decoding: unescaped(text, range), as: UTF8.self) }
        return unsafe text.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    private static func value(
        _ text: Span<UInt8>, _ start: Int, _ node: Node, _ depth: Int, _ each: (Field, Range<Int>, Bool) -> Void
    ) throws -> Int {
        guard start < text.count, depth < depthLimit else { throw NoEvent() }
        switch text[start] {
        case UInt8(ascii: "\""):
            let (end, escaped) = try JSONScan.stringEnd(text, from: start + 1)
            if case .field(let field) = node { each(field, start + 1..<end, escaped) }
            return end + 1
        case UInt8(ascii: "{"): return try object(text, start, node, depth, each)
        case UInt8(ascii: "["): return try array(text, start, node, depth, each)
        default:
            let end = JSONScan.scalarEnd(text, from: start)
            guard end > start else { throw NoEvent() }
            return end
        }
    }

    private static func object(
        _ text: Span<UInt8>, _ start: Int, _ node: Node, _ depth: Int, _ each: (Field, Range<Int>, Bool) -> Void
    ) throws -> Int {
        var index = JSONScan.space(text, from: start + 1)
        if index < text.count, text[index] == UInt8(ascii: "}") { return index + 1 }
        while index < text.count {
            guard text[index] == UInt8(ascii: "\"") else { break }
            let end = try JSONScan.stringEnd(text, from: index + 1).end
            let child = child(of: node, text, index + 1..<end)
            index = JSONScan.space(text, from: end + 1)
            guard index < text.count, text[index] == UInt8(ascii: ":") else { break }
            index = JSONScan.space(text, from: index + 1)
            if case .skipped = child {
                index = try JSONScan.skip(text, from: index)
            } else {
                index = try value(text, index, child, depth + 1, each)
            }
            index = JSONScan.space(text, from: index)
            guard index < text.count else { break }
            if text[index] == UInt8(ascii: "}") { return index + 1 }
            guard text[index] == UInt8(ascii: ",") else { break }
            index = JSONScan.space(text, from: index + 1)
        }
        throw NoEvent()
    }

    private static func array(
        _ text: Span<UInt8>, _ start: Int, _ node: Node, _ depth: Int, _ each: (Field, Range<Int>, Bool) -> Void
    ) throws -> Int {
        var index = JSONScan.space(text, from: start + 1)
        if index < text.count, text[index] == UInt8(ascii: "]") { return index + 1 }
        while index < text.count {
            index = JSONScan.space(text, from: try value(text, index, node, depth + 1, each))
            guard index < text.count else { break }
            if text[index] == UInt8(ascii: "]") { return index + 1 }
            guard text[index] == UInt8(ascii: ",") else { break }
            index = JSONScan.space(text, from: index + 1)
        }
        throw NoEvent()
    }

    private static func child(of node: Node, _ text: Span<UInt8>, _ key: Range<Int>) -> Node {
        switch node {
        case .root:
            if equal(text, key, "data") { return .data }
            if equal(text, key, "type") { return .field(.type) }
            if equal(text, key, "id") { return .field(.id) }
            if equal(text, key, "time") { return .field(.time) }
            return equal(text, key, "subject") ? .field(.subject) : .skipped
        case .data:
            if equal(text, key, "repository") { return .field(.repository) }
            if equal(text, key, "tag") { return .field(.tag) }
            if equal(text, key, "digest") { return .field(.digest) }
            if equal(text, key, "actor") { return .actor }
            if equal(text, key, "deployment") { return .deployment }
            return equal(text, key, "request") ? .requestInfo : .field(.other)
        case .deployment: return equal(text, key, "environment") ? .field(.environment) : .field(.other)
        case .actor:
            if equal(text, key, "name") { return .field(.principal) }
            return equal(text, key, "kind") ? .field(.principalKind) : .field(.other)
        case .requestInfo:
            if equal(text, key, "id") { return .field(.request) }
            if equal(text, key, "address") { return .field(.address) }
            return equal(text, key, "userAgent") ? .field(.userAgent) : .field(.other)
        case .field: return .field(.other)
        case .skipped: return .skipped
        }
    }

    @inline(__always)
    private static func equal(_ text: Span<UInt8>, _ range: Range<Int>, _ key: StaticString) -> Bool {
        guard range.count == key.utf8CodeUnitCount else { return false }
        let start = unsafe key.utf8Start
        for index in 0..<range.count where unsafe text[range.lowerBound + index] != start[index] { return false }
        return true
    }
}
