/// `GET /path?query HTTP/1.1` (RFC 9112, section 3): single spaces, nothing before, between or after.
struct RequestLine: Sendable {
    let method: HTTPMethod
    let target: RequestTarget
    let version: HTTPVersion

    /// Nil where the line is not all there. Moves the scanner to the line after it.
    static func parse(_ bytes: Span<UInt8>, _ scanner: inout HeadScanner) throws(HTTPError) -> RequestLine? {
        let limits = scanner.limits
        let limit = scanner.start + HeadLimits.methodBytes + limits.targetBytes + HeadLimits.requestLineRest
        let end = min(bytes.count, limit)
        guard scanner.shouldParseLine(bytes, end: end, isLimit: end == limit) else { return nil }
        guard let method = try method(bytes, scanner.start..<end),
            let target = try TargetParser.range(bytes, method.end + 1..<end, limit: limits.targetBytes),
            let next = try version(bytes, target.range.upperBound + 1..<end)
        else {
            scanner.lineIsIncomplete(at: end)
            return nil
        }
        scanner.position = next.end
        guard scanner.position - scanner.start <= limits.headBytes else {
            throw HTTPError(.headersTooLarge, "the head is larger than \(limits.headBytes) bytes")
        }
        guard method.method != .connect else { throw HTTPError(.notImplemented, "CONNECT is not supported") }
        var parts = try TargetParser.split(bytes, target, method.method)
        parts.move(by: -scanner.start)
        return RequestLine(method: method.method, target: parts, version: next.version)
    }

    private static func method(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> (method: HTTPMethod, end: Int)? {
        var word: UInt64 = 0
        var index = range.lowerBound
        while true {
            guard index < range.upperBound else { return nil }
            let byte = bytes[index]
            guard ByteClass.isToken(byte) else { break }
            guard index - range.lowerBound < HeadLimits.methodBytes else {
                throw HTTPError(.notImplemented, "the method is too long")
            }
            word = word << 8 | UInt64(byte)
            index += 1
        }
        guard bytes[index] == ByteClass.space, index > range.lowerBound else {
            throw HTTPError(.badRequest, "the method is not a token")
        }
        if index - range.lowerBound <= 8, let known = HTTPMethod(known: word) { return (known, index) }
        let text = [UInt8](copying: bytes.extracting(range.lowerBound..<index))
        return (.other(String(decoding: text, as: UTF8.self)), index)
    }

    /// `HTTP/1.1` and CRLF: the version, and where the next line begins.
    private static func version(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> (version: HTTPVersion, end: Int)? {
        guard let version = try HTTPVersion.parse(bytes, range) else { return nil }
        let index = range.lowerBound + HTTPVersion.byteCount
        guard index < range.upperBound else { return nil }
        guard bytes[index] == ByteClass.cr else {
            throw bytes[index] == ByteClass.lf
                ? HeadScanner.controlCharacter(ByteClass.lf)
                : HTTPError(.badRequest, "the request line does not end after its version")
        }
        guard index + 1 < range.upperBound else { return nil }
        guard bytes[index + 1] == ByteClass.lf else { throw HeadScanner.bareCR }
        return (version, index + 2)
    }
}

extension HTTPVersion {
    static let byteCount = 8

    /// `HTTP/` digit `.` digit at the start of `range`; nil where bytes are missing.
    static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPError) -> HTTPVersion? {
        var index = range.lowerBound
        for expected in "HTTP/".utf8 {
            guard index < range.upperBound else { return nil }
            guard bytes[index] == expected else { throw malformed }
            index += 1
        }
        guard index < range.upperBound else { return nil }
        let major = bytes[index]
        guard ByteClass.isDigit(major) else { throw malformed }
        guard index + 1 < range.upperBound else { return nil }
        guard bytes[index + 1] == UInt8(ascii: ".") else { throw malformed }
        guard index + 2 < range.upperBound else { return nil }
        let minor = bytes[index + 2]
        guard ByteClass.isDigit(minor) else { throw malformed }
        guard major == UInt8(ascii: "1") else { throw HTTPError(.versionNotSupported, "only HTTP/1.x is spoken here") }
        return minor == UInt8(ascii: "0") ? .http10 : .http11
    }

    private static var malformed: HTTPError { HTTPError(.badRequest, "a malformed HTTP version") }
}
