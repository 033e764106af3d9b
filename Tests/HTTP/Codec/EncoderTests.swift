import HTTP
import Testing

@Suite("Encoded heads")
struct EncoderTests {
    private func encode(
        _ status: HTTPStatus, _ framing: BodyFraming, request: String = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    ) throws -> (text: String, framing: BodyFraming, keepAlive: Bool) {
        var encoder = ResponseEncoder()
        var context = ResponseContext(try head(request))
        var out: [UInt8] = []
        let headers = HeaderBuilder([.contentType: "text/plain"])
        let framing = encoder.encode(status, headers, framing: framing, &context, now: 784_111_777, into: &out)
        return (String(decoding: out, as: UTF8.self), framing, context.keepAlive)
    }

    @Test("a plain answer")
    func plain() throws {
        let answer = try encode(.ok, .length(120))
        #expect(
            answer.text
                == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\nContent-Length: 120\r\n\r\n")
        #expect(answer.framing == .length(120))
        #expect(answer.keepAlive)
    }

    @Test("framing fields follow status and method", arguments: [
        (200, BodyFraming.none, "GET", "Content-Length: 0\r\n", BodyFraming.none),
        (204, .none, "GET", "", .none), (304, .length(7), "GET", "Content-Length: 7\r\n", .none), (304, .none, "GET", "", .none),
        (200, .length(7), "HEAD", "Content-Length: 7\r\n", .none), (200, .chunked, "HEAD", "Transfer-Encoding: chunked\r\n", .none),
        (200, .chunked, "GET", "Transfer-Encoding: chunked\r\n", .chunked), (204, .length(3), "DELETE", "", .none),
        (200, .length(.max), "GET", "Content-Length: 18446744073709551615\r\n", .length(.max)),
    ])
    func framing(status: Int, framing: BodyFraming, method: String, line: String, effective: BodyFraming) throws {
        let answer = try encode(HTTPStatus(status), framing, request: "\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answer.text.hasSuffix("Content-Type: text/plain\r\n\(line)\r\n"))
        #expect(answer.framing == effective)
    }

    @Test("an HTTP/1.0 client gets content of unknown length until the connection closes")
    func oldClient() throws {
        let answer = try encode(.ok, .chunked, request: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(answer.framing == .untilClose)
        #expect(!answer.keepAlive)
        #expect(answer.text.contains("Connection: close\r\n"))
        #expect(!answer.text.contains("chunked"))
        let kept = try encode(.ok, .length(1), request: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(kept.text.contains("Connection: keep-alive\r\n"))
    }

    @Test("an answer to what could not be read closes")
    func unreadable() {
        var encoder = ResponseEncoder()
        var context = ResponseContext.unreadable
        var out: [UInt8] = []
        _ = encoder.encode(.badRequest, HeaderBuilder(), framing: .none, &context, now: 0, into: &out)
        #expect(
            String(decoding: out, as: UTF8.self)
                == "HTTP/1.1 400 Bad Request\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }

    @Test("the Date line follows the clock")
    func date() {
        var encoder = ResponseEncoder()
        var context = ResponseContext.unreadable
        for (now, text) in [(Int64(59), "00:00:59"), (59, "00:00:59"), (60, "00:01:00")] {
            var out: [UInt8] = []
            _ = encoder.encode(.ok, HeaderBuilder(), framing: .none, &context, now: now, into: &out)
            #expect(String(decoding: out, as: UTF8.self).contains(text))
        }
    }

    @Test("a request is written as its parser reads it")
    func request() throws {
        var headers = HeaderBuilder()
        headers.append(.accept, "application/json")
        var out: [UInt8] = []
        try RequestEncoder.encode(.post, target: "/a?b=c", host: "hub:5000", headers, framing: .length(3), into: &out)
        #expect(
            String(decoding: out, as: UTF8.self)
                == "POST /a?b=c HTTP/1.1\r\nHost: hub:5000\r\nAccept: application/json\r\nContent-Length: 3\r\n\r\n")
        let made = try RequestHead(method: .post, target: "/a?b=c", headers: headers, framing: .chunked)
        #expect(made.framing == .chunked)
        #expect(made.queryValue("b") == "c")
    }

    @Test("a request that could write a second line is refused", arguments: [
        ("/a b", "h", "GET"), ("/a\r\nX: y", "h", "GET"), ("", "h", "GET"), ("/\u{e9}", "h", "GET"), ("/", "h\r\nX: y", "GET"), ("/", "h", "G T"),
    ])
    func injection(target: String, host: String, method: String) {
        var out: [UInt8] = []
        #expect(throws: HTTPError.self) {
            try RequestEncoder.encode(HTTPMethod(method), target: target, host: host, HeaderBuilder(), into: &out)
        }
    }
}
