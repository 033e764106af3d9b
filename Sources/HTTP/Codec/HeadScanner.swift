/// Reads the lines of a head from a buffer that grows at its end, each byte about once however it arrives.
///
/// A line is parsed in one pass when it is all there. Of one that is not, the part that was looked at is remembered and
/// only searched for its end when more has come, so that a client that sends byte by byte costs no more than another.
struct HeadScanner: Sendable {
    enum Line {
        case incomplete
        case field
        case endOfHead
    }

    let limits: HeadLimits
    private let names = HeaderNameTable.shared
    /// Where the head begins: after any empty lines.
    private(set) var start = 0
    /// Where the line at hand begins.
    var position = 0
    /// How far the line at hand has been looked at in vain.
    private var seen = 0
    private(set) var fields: [HeaderField] = []

    init(limits: HeadLimits) {
        self.limits = limits
    }


    mutating func reset() {
        start = 0
        position = 0
        seen = 0
        fields = []
    }

    /// RFC 9112, section 2.2: an empty line or two before a request line is passed over.
    /// False where that cannot be told yet.
    mutating func skipEmptyLines(_ bytes: Span<UInt8>) throws(HTTPError) -> Bool {
        while position < bytes.count, bytes[position] == ByteClass.cr {
            guard position + 1 < bytes.count else { return false }
            guard bytes[position + 1] == ByteClass.lf else { throw Self.bareCR }
            position += 2
            start = position
            guard start <= 4 else { throw HTTPError(.badRequest, "empty lines before the request line") }
        }
        return position < bytes.count
    }

    /// Whether it is worth parsing the line at hand: unless it was found unfinished before and its end is still missing.
    /// `end` is where the bytes, or the bytes that the limits allow, end.
    mutating func shouldParseLine(_ bytes: Span<UInt8>, end: Int, isLimit: Bool) -> Bool {
        guard seen > position, !isLimit else { return true }
        while seen < end {
            if ByteClass.isForbiddenInValue(bytes[seen]) { return true }
            seen += 1
        }
        return false
    }

    /// The last byte is looked at again: if it is a carriage return, what follows it matters.
    mutating func lineIsIncomplete(at end: Int) {
        seen = max(position, end - 1)
    }

    /// The next field line, or the empty line that ends the head.
    mutating func nextField(_ bytes: Span<UInt8>) throws(HTTPError) -> Line {
        let limit = start + limits.headBytes
        let end = min(bytes.count, limit)
        guard shouldParseLine(bytes, end: end, isLimit: end == limit) else { return .incomplete }
        let line = try parseField(bytes, end: end)
        if case .incomplete = line {
            guard end < limit else { throw HTTPError(.headersTooLarge, "the head is larger than \(limits.headBytes) bytes") }
            lineIsIncomplete(at: end)
        }
        return line
    }

    private mutating func parseField(_ bytes: Span<UInt8>, end: Int) throws(HTTPError) -> Line {
        var index = position
        guard index < end else { return .incomplete }
        if bytes[index] == ByteClass.cr {
            guard index + 1 < end else { return .incomplete }
            guard bytes[index + 1] == ByteClass.lf else { throw Self.bareCR }
            position = index + 2
            return .endOfHead
        }
        var hash = HeaderNameTable.emptyHash
        while true {
            guard index < end else { return .incomplete }
            let byte = bytes[index]
            guard ByteClass.isToken(byte) else { break }
            hash = HeaderNameTable.hash(hash, byte)
            index += 1
        }
        let name = position..<index
        try checkName(name, followedBy: bytes[index])
        index += 1
        while index < end, bytes[index] == ByteClass.space || bytes[index] == ByteClass.tab { index += 1 }
        let valueStart = index
        guard let lineEnd = try Self.endOfValue(bytes, from: index, end: end) else { return .incomplete }
        var valueEnd = lineEnd - 2
        while valueEnd > valueStart, bytes[valueEnd - 1] == ByteClass.space || bytes[valueEnd - 1] == ByteClass.tab {
            valueEnd -= 1
        }
        try append(bytes, name: name, value: valueStart..<valueEnd, hash: hash)
        position = lineEnd
        return .field
    }

    /// The position after the line's CRLF; nil where it is not there yet.
    @inline(__always)
    private static func endOfValue(_ bytes: Span<UInt8>, from start: Int, end: Int) throws(HTTPError) -> Int? {
        let index = ByteClass.firstForbidden(bytes, from: start, to: end)
        guard index < end else { return nil }
        guard bytes[index] == ByteClass.cr else { throw controlCharacter(bytes[index]) }
        guard index + 1 < end else { return nil }
        guard bytes[index + 1] == ByteClass.lf else { throw bareCR }
        return index + 2
    }

    private func checkName(_ name: Range<Int>, followedBy byte: UInt8) throws(HTTPError) {
        guard byte == UInt8(ascii: ":") else {
            guard byte != ByteClass.space, byte != ByteClass.tab else {
                throw HTTPError(
                    .badRequest, name.isEmpty ? "a folded field line" : "space between a field's name and its colon")
            }
            throw ByteClass.isForbiddenInValue(byte)
                ? Self.controlCharacter(byte) : HTTPError(.badRequest, "a field's name is not a token")
        }
        guard !name.isEmpty else { throw HTTPError(.badRequest, "a field without a name") }
        guard name.count <= HeadLimits.nameBytes else { throw HTTPError(.headersTooLarge, "a field's name is too long") }
    }

    private mutating func append(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>, hash: UInt32) throws(HTTPError) {
        guard fields.count < limits.headerCount else {
            throw HTTPError(.headersTooLarge, "more than \(limits.headerCount) fields")
        }
        if fields.isEmpty { fields.reserveCapacity(16) }
        // Offsets are below the head limit, which fits 32 bits.
        fields.append(
            HeaderField(
                nameStart: UInt32(truncatingIfNeeded: name.lowerBound - start),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound - start),
                valueCount: UInt32(truncatingIfNeeded: value.count),
                nameCount: UInt16(truncatingIfNeeded: name.count),
                known: names.name(in: bytes, name, hash: hash)))
    }

    static var bareCR: HTTPError { HTTPError(.badRequest, "a carriage return without a line feed") }

    static func controlCharacter(_ byte: UInt8) -> HTTPError {
        byte == ByteClass.lf
            ? HTTPError(.badRequest, "a line feed without a carriage return")
            : HTTPError(.badRequest, "a control character in the head")
    }
}

extension HTTPHeaders {
    /// Takes the head's bytes over from the receive buffer: the one copy.
    init(_ scanner: HeadScanner, in bytes: Span<UInt8>) {
        self.bytes = [UInt8](copying: bytes.extracting(scanner.start..<scanner.position))
        fields = scanner.fields
    }
}
