/// Reads answers' heads (RFC 9112, sections 4 to 6) from a buffer that grows at its end, as strictly as requests.
package struct ResponseParser: Sendable {
    private var scanner: HeadScanner
    private var line: StatusLine?
    /// An answer to HEAD has no content, whatever its fields say.
    package var answersHead: Bool

    package init(limits: HeadLimits = HeadLimits(), answersHead: Bool = false) {
        scanner = HeadScanner(limits: limits)
        self.answersHead = answersHead
    }

    /// As `RequestParser.parse`. Informational answers are heads of their own; the caller passes over them.
    package mutating func parse(_ bytes: Span<UInt8>) throws(HTTPError) -> ParsedHead<ResponseHead>? {
        do {
            return try parseStrictly(bytes)
        } catch {
            throw HTTPError(.badGateway, error.message)
        }
    }

    private mutating func parseStrictly(_ bytes: Span<UInt8>) throws(HTTPError) -> ParsedHead<ResponseHead>? {
        if line == nil { line = try StatusLine.parse(bytes, &scanner) }
        guard let line else { return nil }
        while true {
            switch try scanner.nextField(bytes) {
            case .incomplete: return nil
            case .field: continue
            case .endOfHead:
                let head = try head(line, HTTPHeaders(scanner, in: bytes))
                let consumed = scanner.position
                self.line = nil
                scanner.reset()
                return ParsedHead(head: head, consumed: consumed)
            }
        }
    }

    private func head(_ line: StatusLine, _ headers: HTTPHeaders) throws(HTTPError) -> ResponseHead {
        let rules = try FramingRules(headers)
        let told = try rules.framing(line.version, unknownCoding: .badGateway)
        let framing: BodyFraming = answersHead || line.status.forbidsBody ? .none : told ?? .untilClose
        return ResponseHead(
            status: line.status,
            version: line.version,
            headers: headers,
            framing: framing,
            keepAlive: rules.persists(line.version) && framing != .untilClose)
    }
}

/// `HTTP/1.1 200 OK` (RFC 9112, section 4). The reason is passed over, and the space before it may be missing.
struct StatusLine: Sendable {
    let version: HTTPVersion
    let status: HTTPStatus

    static func parse(_ bytes: Span<UInt8>, _ scanner: inout HeadScanner) throws(HTTPError) -> StatusLine? {
        let limit = scanner.start + scanner.limits.headBytes
        let end = min(bytes.count, limit)
        guard scanner.shouldParseLine(bytes, end: end, isLimit: end == limit) else { return nil }
        guard let line = try whole(bytes, scanner.start..<end) else {
            guard end < limit else { throw HTTPError(.headersTooLarge, "the status line is too long") }
            scanner.lineIsIncomplete(at: end)
            return nil
        }
        scanner.position = line.end
        return line.line
    }

    private static func whole(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> (line: StatusLine, end: Int)? {
        guard let version = try HTTPVersion.parse(bytes, range) else { return nil }
        var index = range.lowerBound + HTTPVersion.byteCount
        var code = 0
        for place in 0..<4 {
            guard index < range.upperBound else { return nil }
            let byte = bytes[index]
            guard place == 0 ? byte == ByteClass.space : ByteClass.isDigit(byte) else { throw malformed }
            if place > 0 { code = code * 10 + Int(byte &- 0x30) }
            index += 1
        }
        guard code >= 100 else { throw malformed }
        guard index < range.upperBound else { return nil }
        guard bytes[index] == ByteClass.space || bytes[index] == ByteClass.cr else { throw malformed }
        while index < range.upperBound, !ByteClass.isForbiddenInValue(bytes[index]) { index += 1 }
        guard index < range.upperBound else { return nil }
        guard bytes[index] == ByteClass.cr else { throw HeadScanner.controlCharacter(bytes[index]) }
        guard index + 1 < range.upperBound else { return nil }
        guard bytes[index + 1] == ByteClass.lf else { throw HeadScanner.bareCR }
        return (StatusLine(version: version, status: HTTPStatus(code)), index + 2)
    }

    private static var malformed: HTTPError { HTTPError(.badGateway, "a malformed status line") }
}
