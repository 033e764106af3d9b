import HTTP
import Testing

@Suite("Answers' heads")
struct ResponseParserTests {
    private func parse(_ text: String, answersHead: Bool = false) throws -> ResponseHead? {
        var parser = ResponseParser(answersHead: answersHead)
        return try parser.parse(Array(text.utf8).span)?.head
    }

    @Test("an answer is read in all its parts, however its bytes arrive")
    func whole() throws {
        let bytes = Array("HTTP/1.1 201 Created at last\r\nLocation: /x\r\nContent-Length: 12\r\n\r\nbody".utf8)
        var parser = ResponseParser()
        var parsed: ParsedHead<ResponseHead>?
        var fed = 0
        while parsed == nil, fed < bytes.count {
            fed += 1
            parsed = try parser.parse(bytes.span.extracting(0..<fed))
        }
        #expect(fed == bytes.count - 4)
        #expect(parsed?.consumed == fed)
        #expect(parsed?.head.status == .created)
        #expect(parsed?.head.headers[.location] == "/x")
        #expect(parsed?.head.framing == .length(12))
        #expect(parsed?.head.keepAlive == true)
    }

    @Test("framing follows status, method and fields", arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5", false, BodyFraming.length(5), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5", true, .none, true),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5", false, .none, true),
        ("HTTP/1.1 304 \r\nContent-Length: 5", false, .none, true),
        ("HTTP/1.1 100 Continue", false, .none, true),
        ("HTTP/1.1 200\r\nTransfer-Encoding: chunked", false, .chunked, true),
        ("HTTP/1.1 200 OK", false, .untilClose, false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5", false, .length(5), false),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5", false, .length(5), true),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5", false, .length(5), false),
    ])
    func framing(text: String, answersHead: Bool, framing: BodyFraming, keepAlive: Bool) throws {
        let head = try parse(text + "\r\n\r\n", answersHead: answersHead)
        #expect(head?.framing == framing)
        #expect(head?.keepAlive == keepAlive)
    }

    @Test("malformed answers are refused", arguments: [
        "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 099 X", "HTTP/1.1  200 OK", "HTTP/2 200 OK", "ICY 200 OK", "HTTP/1.1 200 OK\nX: y",
        "HTTP/1.1 200 O\0K", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip",
        "HTTP/1.1 200 OK\r\nX : y",
    ])
    func malformed(text: String) {
        #expect(throws: HTTPError.self) { try parse(text + "\r\n\r\n") }
    }

    @Test("a status line without end is refused at the limit")
    func endless() {
        var parser = ResponseParser(limits: HeadLimits(headBytes: 100))
        let bytes = Array(("HTTP/1.1 200 " + String(repeating: "x", count: 200)).utf8)
        #expect(throws: HTTPError.self) { try parser.parse(bytes.span) }
    }
}
