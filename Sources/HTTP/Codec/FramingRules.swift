/// Gathers from the fields what decides where a message ends and whether its connection lives on.
/// Wherever two readers could disagree the message is refused (RFC 9112, sections 6.1, 6.3 and 11.2).
struct FramingRules: Sendable {
    private(set) var length: UInt64?
    private var codings = 0
    /// The one word `chunked`, with nothing around it that another reader might take differently.
    private var isPlainChunked = false
    private var lastIsChunked = false
    private var chunkedBeforeLast = false
    private(set) var hostCount = 0
    private(set) var close = false
    private(set) var keepAlive = false
    private(set) var expectsContinue = false

    var hasTransferEncoding: Bool { codings > 0 }

    init(_ headers: HTTPHeaders) throws(HTTPError) {
        for field in headers.fields {
            guard let name = field.known else { continue }
            switch name {
            case .contentLength: try contentLength(headers.bytes[field.valueRange])
            case .transferEncoding: try transferEncoding(headers.bytes[field.valueRange])
            case .connection: connection(headers.bytes[field.valueRange])
            case .host: try host(headers.bytes[field.valueRange])
            case .expect: try expect(headers.bytes[field.valueRange])
            default: break
            }
        }
    }

    private mutating func host(_ value: ArraySlice<UInt8>) throws(HTTPError) {
        hostCount += 1
        guard hostCount == 1 else { throw HTTPError(.badRequest, "more than one Host field") }
        guard Authority.isValid(value, mayBeEmpty: true) else { throw HTTPError(.badRequest, "a malformed Host field") }
    }

    private mutating func expect(_ value: ArraySlice<UInt8>) throws(HTTPError) {
        guard ByteClass.equalsIgnoringCase(value, "100-continue") else {
            throw HTTPError(.expectationFailed, "an expectation other than 100-continue")
        }
        expectsContinue = true
    }

    /// RFC 9112, section 6.3, would let equal repetitions pass; one number, once, leaves nothing to agree on.
    private mutating func contentLength(_ value: ArraySlice<UInt8>) throws(HTTPError) {
        guard length == nil else { throw HTTPError(.badRequest, "more than one Content-Length") }
        guard let number = ByteClass.decimal(value) else {
            throw HTTPError(.badRequest, "Content-Length is not a decimal number")
        }
        length = number
    }

    private mutating func transferEncoding(_ value: ArraySlice<UInt8>) throws(HTTPError) {
        isPlainChunked = codings == 0 && ByteClass.equalsIgnoringCase(value, "chunked")
        var elements = ListElements(value)
        var isEmpty = true
        while let coding = elements.next() {
            isEmpty = false
            chunkedBeforeLast = chunkedBeforeLast || lastIsChunked
            lastIsChunked = ByteClass.equalsIgnoringCase(coding, "chunked")
            codings += 1
        }
        guard !isEmpty else { throw HTTPError(.badRequest, "an empty Transfer-Encoding") }
    }

    private mutating func connection(_ value: ArraySlice<UInt8>) {
        var elements = ListElements(value)
        while let option = elements.next() {
            if ByteClass.equalsIgnoringCase(option, "close") { close = true }
            if ByteClass.equalsIgnoringCase(option, "keep-alive") { keepAlive = true }
        }
    }

    /// The framing that the fields say. `unknownCoding` is the status for a coding that is not ours to undo.
    func framing(_ version: HTTPVersion, unknownCoding: HTTPStatus) throws(HTTPError) -> BodyFraming? {
        guard hasTransferEncoding else { return length.map { .length($0) } }
        guard length == nil else { throw HTTPError(.badRequest, "both Content-Length and Transfer-Encoding") }
        guard version == .http11 else { throw HTTPError(.badRequest, "Transfer-Encoding in HTTP/1.0") }
        guard lastIsChunked, !chunkedBeforeLast else {
            throw HTTPError(.badRequest, "chunked is not the last transfer coding, once")
        }
        guard codings == 1 else { throw HTTPError(unknownCoding, "a transfer coding other than chunked") }
        guard isPlainChunked else { throw HTTPError(.badRequest, "a malformed Transfer-Encoding") }
        return .chunked
    }

    func persists(_ version: HTTPVersion) -> Bool {
        version == .http11 ? !close : keepAlive && !close
    }
}
