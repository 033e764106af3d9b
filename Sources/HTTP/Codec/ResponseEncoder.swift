/// What an answer has to know of its request.
package struct ResponseContext: Sendable {
    package var isHead: Bool
    package var version: HTTPVersion
    package var keepAlive: Bool

    package init(_ request: RequestHead) {
        isHead = request.method == .head
        version = request.version
        keepAlive = request.keepAlive
    }

    private init() {
        isHead = false
        version = .http11
        keepAlive = false
    }

    /// For the answer to a request that could not be read: the connection closes after it.
    package static var unreadable: ResponseContext { ResponseContext() }
}

/// Writes heads of answers into a buffer: status line, Date, the fields, and the framing.
package struct ResponseEncoder: Sendable {
    private var date = HTTPDateCache()

    package init() {}

    /// Appends the head to `out` and returns the framing that its content must be sent with.
    ///
    /// - `.length` with HEAD or 304 says the length of what GET would give; no content follows.
    /// - `.none` says `Content-Length: 0`, but for statuses that have no content anyway.
    /// - `.chunked` to a client of HTTP/1.0 becomes `.untilClose`, and `context.keepAlive` false.
    /// - now: Unix time in seconds.
    package mutating func encode(
        _ status: HTTPStatus, _ headers: HeaderBuilder, framing: BodyFraming, _ context: inout ResponseContext, now: Int64,
        into out: inout [UInt8]
    ) -> BodyFraming {
        let framing = context.version == .http10 && framing == .chunked ? .untilClose : framing
        if framing == .untilClose, !context.isHead, !status.forbidsBody { context.keepAlive = false }
        appendStatusLine(status, to: &out)
        if !headers.contains(.date) { date.append(now, to: &out) }
        out.append(contentsOf: headers.bytes)
        appendFraming(framing, status, to: &out)
        if !context.keepAlive {
            out.append(contentsOf: "Connection: close\r\n".utf8)
        } else if context.version == .http10 {
            out.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        }
        out.append(ByteClass.cr)
        out.append(ByteClass.lf)
        return context.isHead || status.forbidsBody ? .none : framing
    }

    /// `100 Continue`, whole.
    package static func appendContinue(to out: inout [UInt8]) {
        out.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
    }

    private func appendStatusLine(_ status: HTTPStatus, to out: inout [UInt8]) {
        if status.code == 200 {
            out.append(contentsOf: "HTTP/1.1 200 OK\r\n".utf8)
            return
        }
        out.append(contentsOf: "HTTP/1.1 ".utf8)
        Decimal.append(UInt64(status.code), to: &out)
        out.append(ByteClass.space)
        out.append(contentsOf: status.reason.utf8)
        out.append(ByteClass.cr)
        out.append(ByteClass.lf)
    }

    /// RFC 9110, section 8.6: neither field in 1xx and 204; 304 may say the length it would have had.
    private func appendFraming(_ framing: BodyFraming, _ status: HTTPStatus, to out: inout [UInt8]) {
        guard status.code >= 200, status.code != 204 else { return }
        switch framing {
        case .none:
            if !status.forbidsBody { out.append(contentsOf: "Content-Length: 0\r\n".utf8) }
        case .length(let count):
            out.append(contentsOf: "Content-Length: ".utf8)
            Decimal.append(count, to: &out)
            out.append(ByteClass.cr)
            out.append(ByteClass.lf)
        case .chunked: out.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        case .untilClose: break
        }
    }
}
