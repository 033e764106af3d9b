/// The parts of a path between its slashes, in order: `/v2/a%2Fb/` has `v2`, `a/b` and an empty one.
/// A slash that was sent as `%2F` is part of a segment's text and never separates.
package struct PathSegments: Sequence, IteratorProtocol, Sendable {
    private var rest: ArraySlice<UInt8>?
    private let hasEscapes: Bool

    init(_ path: ArraySlice<UInt8>, hasEscapes: Bool) {
        rest = path.first == UInt8(ascii: "/") ? path.dropFirst() : nil
        self.hasEscapes = hasEscapes
    }

    package mutating func next() -> PathSegment? {
        guard let bytes = rest else { return nil }
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
            rest = nil
            return PathSegment(raw: bytes, hasEscapes: hasEscapes)
        }
        rest = bytes[(slash + 1)...]
        return PathSegment(raw: bytes[..<slash], hasEscapes: hasEscapes)
    }
}

package struct PathSegment: Sendable, CustomStringConvertible {
    /// As received.
    package let raw: ArraySlice<UInt8>
    private let hasEscapes: Bool

    init(raw: ArraySlice<UInt8>, hasEscapes: Bool) {
        self.raw = raw
        self.hasEscapes = hasEscapes
    }

    /// Decoded.
    package var text: String {
        guard hasEscapes, raw.contains(UInt8(ascii: "%")) else { return String(decoding: raw, as: UTF8.self) }
        return PercentEncoding.decode(raw) ?? ""
    }

    package var description: String { text }

    /// Compares the decoded text; allocates nothing where there are no escapes.
    package static func == (segment: PathSegment, text: String) -> Bool {
        guard !segment.hasEscapes else { return segment.text == text }
        return segment.raw.count == text.utf8.count && segment.raw.elementsEqual(text.utf8)
    }

    package static func ~= (text: String, segment: PathSegment) -> Bool {
        segment == text
    }
}
