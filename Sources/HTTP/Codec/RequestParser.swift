/// A head that was read, and how many bytes of the buffer it took.
package struct ParsedHead<Head: Sendable>: Sendable {
    package let head: Head
    package let consumed: Int
}

/// Reads request heads (RFC 9112, sections 2 to 6) from a buffer that grows at its end.
///
/// Call `parse` with everything that was received and not yet consumed, again and again as more arrives. It answers
/// with the head once it is whole, after which the parser is ready for the next. An error ends the connection.
package struct RequestParser: Sendable {
    private var scanner: HeadScanner
    private var line: RequestLine?

    package init(limits: HeadLimits = HeadLimits()) {
        scanner = HeadScanner(limits: limits)
    }

    package mutating func parse(_ bytes: Span<UInt8>) throws(HTTPError) -> ParsedHead<RequestHead>? {
        if line == nil {
            if scanner.position == scanner.start {
                guard try scanner.skipEmptyLines(bytes) else { return nil }
            }
            line = try RequestLine.parse(bytes, &scanner)
        }
        guard let line else { return nil }
        while true {
            switch try scanner.nextField(bytes) {
            case .incomplete: return nil
            case .field: continue
            case .endOfHead:
                let head = try Self.head(line, HTTPHeaders(scanner, in: bytes))
                let consumed = scanner.position
                self.line = nil
                scanner.reset()
                return ParsedHead(head: head, consumed: consumed)
            }
        }
    }

    private static func head(_ line: RequestLine, _ headers: HTTPHeaders) throws(HTTPError) -> RequestHead {
        let rules = try FramingRules(headers)
        if line.version == .http11, rules.hostCount == 0 { throw HTTPError(.badRequest, "no Host field") }
        let framing = try rules.framing(line.version, unknownCoding: .notImplemented) ?? .none
        return RequestHead(
            method: line.method,
            version: line.version,
            headers: headers,
            framing: framing,
            keepAlive: rules.persists(line.version),
            expectsContinue: rules.expectsContinue && line.version == .http11 && !framing.isEmpty,
            target: line.target)
    }
}
