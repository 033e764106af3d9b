/// Writes heads of requests into a buffer, for the client.
package enum RequestEncoder {
    /// `target` is a path with its query, percent-encoded by the caller; `host` is the Host field's value.
    /// Throws where either could write a second line.
    package static func encode(
        _ method: HTTPMethod, target: String, host: String, _ headers: HeaderBuilder, framing: BodyFraming = .none,
        keepAlive: Bool = true, into out: inout [UInt8]
    ) throws(HTTPError) {
        guard ByteClass.isToken(method.text.utf8) else { throw HTTPError(.internalServerError, "the method is not a token") }
        guard !target.isEmpty, target.utf8.allSatisfy({ ByteClass.isVisible($0) }) else {
            throw HTTPError(.internalServerError, "the request target has characters that must be escaped")
        }
        guard Authority.isValid(Array(host.utf8)[...], mayBeEmpty: true) else {
            throw HTTPError(.internalServerError, "the host is not a host name")
        }
        out.append(contentsOf: method.text.utf8)
        out.append(UInt8(ascii: " "))
        out.append(contentsOf: target.utf8)
        out.append(contentsOf: " HTTP/1.1\r\n".utf8)
        if !headers.contains(.host) {
            out.append(contentsOf: "Host: ".utf8)
            out.append(contentsOf: host.utf8)
            out.append(contentsOf: "\r\n".utf8)
        }
        out.append(contentsOf: headers.bytes)
        switch framing {
        case .none:
            // RFC 9110, section 8.6: a method that usually has content says that there is none.
            if method == .post || method == .put || method == .patch { out.append(contentsOf: "Content-Length: 0\r\n".utf8) }
        case .length(let count):
            out.append(contentsOf: "Content-Length: ".utf8)
            out.append(contentsOf: String(count).utf8)
            out.append(contentsOf: "\r\n".utf8)
        case .chunked: out.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        case .untilClose: throw HTTPError(.internalServerError, "a request cannot end with its connection")
        }
        if !keepAlive { out.append(contentsOf: "Connection: close\r\n".utf8) }
        out.append(contentsOf: [ByteClass.cr, ByteClass.lf])
    }
}
