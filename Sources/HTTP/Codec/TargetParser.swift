/// Request targets (RFC 9112, section 3.2): finds the end of one, tells its form, and checks that it decodes.
enum TargetParser {
    /// What one pass over the target's bytes notices.
    struct Scan {
        var range: Range<Int>
        var question: Int?
        var hasEscapes = false
        /// A dot at the start of a path segment: `.` and `..` are looked for.
        var hasLeadingDot = false
    }

    /// The target and the space after it; nil where that is not there yet.
    static func range(_ bytes: Span<UInt8>, _ range: Range<Int>, limit: Int) throws(HTTPError) -> Scan? {
        var scan = Scan(range: range)
        var index = range.lowerBound
        var previous: UInt8 = 0
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == ByteClass.space {
                guard index > range.lowerBound else { throw HTTPError(.badRequest, "more than one space in the request line") }
                scan.range = range.lowerBound..<index
                return scan
            }
            guard ByteClass.isVisible(byte), byte != UInt8(ascii: "#") else {
                throw byte == ByteClass.lf || byte == ByteClass.cr
                    ? HTTPError(.badRequest, "a request line without a version")
                    : HTTPError(.badRequest, "a character that a request target must not have")
            }
            guard index - range.lowerBound < limit else {
                throw HTTPError(.uriTooLong, "the request target is longer than \(limit) bytes")
            }
            switch byte {
            case UInt8(ascii: "%"): scan.hasEscapes = true
            case UInt8(ascii: "?"): if scan.question == nil { scan.question = index }
            case UInt8(ascii: "."): if previous == UInt8(ascii: "/") { scan.hasLeadingDot = true }
            default: break
            }
            previous = byte
            index += 1
        }
        return nil
    }

    static func split(_ bytes: Span<UInt8>, _ scan: Scan, _ method: HTTPMethod) throws(HTTPError) -> RequestTarget {
        var target = RequestTarget()
        let range = scan.range
        target.whole = Range<Int32>(range)
        if bytes[range.lowerBound] == UInt8(ascii: "*"), range.count == 1 {
            guard method == .options else { throw HTTPError(.badRequest, "the target * is for OPTIONS only") }
            target.isAsterisk = true
            return target
        }
        var pathStart = range.lowerBound
        let pathEnd = scan.question ?? range.upperBound
        if bytes[pathStart] != UInt8(ascii: "/") {
            let authority = try authority(bytes, range.lowerBound..<pathEnd)
            target.authority = Range<Int32>(authority)
            pathStart = authority.upperBound
        }
        target.path = Range<Int32>(pathStart..<pathEnd)
        if let question = scan.question { target.query = Range<Int32>(question + 1..<range.upperBound) }
        if scan.hasEscapes || scan.hasLeadingDot {
            try check(bytes, path: pathStart..<pathEnd, query: target.query?.int)
            target.hasEscapes = (pathStart..<pathEnd).contains { bytes[$0] == UInt8(ascii: "%") }
        }
        return target
    }

    /// The authority of `http://authority/path`.
    private static func authority(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> Range<Int> {
        let text = [UInt8](copying: bytes.extracting(range))
        for scheme in ["http://", "https://"] {
            let count = scheme.utf8.count
            guard text.count > count, ByteClass.equalsIgnoringCase(text[..<count], scheme) else { continue }
            let end = text[count...].firstIndex(of: UInt8(ascii: "/")) ?? text.count
            guard Authority.isValid(text[count..<end], mayBeEmpty: false) else { break }
            return range.lowerBound + count..<range.lowerBound + end
        }
        throw HTTPError(.badRequest, "the request target is neither a path nor an http URL")
    }

    /// Escapes decode to UTF-8; no segment of the path is `.` or `..`, which nothing that follows the rules sends
    /// (RFC 3986, section 5.2.4, has the client take them out), and none holds a control character.
    private static func check(_ bytes: Span<UInt8>, path: Range<Int>, query: Range<Int>?) throws(HTTPError) {
        let pathBytes = [UInt8](copying: bytes.extracting(path))
        for segment in PathSegments(pathBytes[...], hasEscapes: false) {
            guard let text = PercentEncoding.decode(segment.raw) else { throw badEscape }
            guard text != ".", text != ".." else { throw HTTPError(.badRequest, "a dot segment in the path") }
            guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw HTTPError(.badRequest, "a control character in the path")
            }
        }
        guard let query else { return }
        let queryBytes = [UInt8](copying: bytes.extracting(query))
        for item in queryBytes.split(whereSeparator: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "=") })
        where PercentEncoding.decode(item) == nil {
            throw badEscape
        }
    }

    private static var badEscape: HTTPError { HTTPError(.badRequest, "a malformed percent escape in the request target") }
}
