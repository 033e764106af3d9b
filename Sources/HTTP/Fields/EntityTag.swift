/// The lists of entity tags in If-Match and If-None-Match (RFC 9110, sections 8.8.3 and 13.1).
package enum EntityTag {
    /// Strong or weak, quotes and all, as it goes into `ETag`. The text must not have a quotation mark.
    package static func quoted(_ text: String, weak: Bool = false) -> String {
        (weak ? "W/\"" : "\"") + text + "\""
    }

    enum Comparison {
        /// Equal text.
        case weak
        /// Equal text, and neither is weak.
        case strong
    }

    /// Whether a list has `*` or a tag that equals `tag` (quoted, perhaps `W/`). Malformed elements match nothing.
    static func list(_ line: ArraySlice<UInt8>, has tag: String, _ comparison: Comparison) -> Bool {
        guard let (text, isWeak) = parts(Array(tag.utf8)[...]) else { return false }
        var elements = ListElements(line)
        while let element = elements.next() {
            if element.elementsEqual("*".utf8) { return true }
            guard let (candidate, candidateIsWeak) = parts(element), candidate.elementsEqual(text) else { continue }
            if comparison == .weak || (!isWeak && !candidateIsWeak) { return true }
        }
        return false
    }

    private static func parts(_ tag: ArraySlice<UInt8>) -> (text: ArraySlice<UInt8>, isWeak: Bool)? {
        let isWeak = tag.starts(with: "W/".utf8)
        let quoted = isWeak ? tag.dropFirst(2) : tag
        guard quoted.count >= 2, quoted.first == UInt8(ascii: "\""), quoted.last == UInt8(ascii: "\"") else { return nil }
        let text = quoted.dropFirst().dropLast()
        return text.contains(UInt8(ascii: "\"")) ? nil : (text, isWeak)
    }
}

extension HTTPHeaders {
    /// The client has this representation already: answer GET and HEAD with 304, other methods with 412.
    package func ifNoneMatch(matches tag: String) -> Bool {
        slices(of: .ifNoneMatch).contains { EntityTag.list($0, has: tag, .weak) }
    }

    /// True too where there is no If-Match; false means 412. `tag` is nil where nothing is there to match.
    package func ifMatch(allows tag: String?) -> Bool {
        guard contains(.ifMatch) else { return true }
        guard let tag else { return false }
        return slices(of: .ifMatch).contains { EntityTag.list($0, has: tag, .strong) }
    }
}
