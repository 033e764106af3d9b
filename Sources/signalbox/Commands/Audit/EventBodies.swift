/// The events of a page, each byte for byte.
enum EventBodies {
    static func of(_ page: [UInt8]) -> [[UInt8]] {
        guard let start = page.firstIndex(of: UInt8(ascii: "[")) else { return [] }
        var bodies: [[UInt8]] = []
        var (depth, begin, inText, escaped) = (0, 0, false, false)
        for place in (start + 1)..<page.count {
            let byte = page[place]
            if inText {
                if escaped { escaped = false } else if byte == UInt8(ascii: "\\") { escaped = true } else if byte == UInt8(ascii: "\"") { inText = false }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "{"):
                if depth == 0 { begin = place }
                depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth < 0 { return bodies }
                if depth == 0 { bodies.append(Array(page[begin...place])) }
            case UInt8(ascii: "]") where depth == 0: return bodies
            default: break
            }
        }
        return bodies
    }
}
