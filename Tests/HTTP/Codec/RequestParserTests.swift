import HTTP
import Testing

@Suite("Request heads")
struct RequestParserTests {
    @Test("a plain GET is read in all its parts")
    func plain() throws {
        let head = try head("GET /v2/a/b/tags/list?n=5&last=x HTTP/1.1\r\nHost: hub:5000\r\nX-Custom:  some value \t\r\n\r\n")
        #expect(head.method == .get)
        #expect(head.path == "/v2/a/b/tags/list")
        #expect(head.query == "n=5&last=x")
        #expect(head.version == .http11)
        #expect(head.authority == "hub:5000")
        #expect(head.headers["x-custom"] == "some value")
        #expect(head.framing == .none)
        #expect(head.keepAlive)
        #expect(!head.expectsContinue)
    }

    static let whole: [String] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT /v2/x/blobs/uploads/1?digest=sha256%3Aabc HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 17\r\nExpect: 100-continue\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost:a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "POST /a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://other:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
        "PROPFIND /%7Euser HTTP/1.1\r\nHost: a\r\nA: \r\nB:\t\r\nC: \u{e9}\r\n\r\n",
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n",
        "GET / HTTP/3.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    @Test("however the bytes arrive, the outcome is the same", arguments: whole)
    func everySplit(text: String) {
        let bytes = Array(text.utf8)
        let atOnce = feed([bytes[...]])
        #expect(atOnce != .needMore)
        #expect(feedByteByByte(bytes) == atOnce)
        for split in 1..<bytes.count {
            #expect(feed([bytes[..<split], bytes[split...]]) == atOnce, "split at \(split)")
        }
    }

    @Test("every proper prefix of a head needs more", arguments: whole[0..<8])
    func prefixes(text: String) {
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            #expect(feed([bytes[..<count]]) == .needMore, "\(count) bytes")
        }
    }

    @Test("connections persist as version and Connection say", arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "x, Close", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true), ("HTTP/1.0", "keep-alive, close", false),
        ("HTTP/1.7", "", true),
    ])
    func persistence(version: String, connection: String, expected: Bool) throws {
        #expect(try head("GET / \(version)\r\nHost: a\r\nConnection: \(connection)\r\n\r\n").keepAlive == expected)
    }

    @Test("100-continue is expected only where content follows in 1.1", arguments: [
        ("HTTP/1.1", "Content-Length: 5", true), ("HTTP/1.1", "Transfer-Encoding: chunked", true),
        ("HTTP/1.1", "Content-Length: 0", false), ("HTTP/1.1", "X: y", false), ("HTTP/1.0", "Content-Length: 5", false),
    ])
    func expectation(version: String, field: String, expected: Bool) throws {
        #expect(try head("PUT / \(version)\r\nHost: a\r\nExpect: 100-Continue\r\n\(field)\r\n\r\n").expectsContinue == expected)
    }

    @Test("the limits are exact", arguments: [0, 1])
    func limits(excess: Int) {
        let line = "GET /\(String(repeating: "a", count: 99)) HTTP/1.1\r\n"
        let target = feed(line + "Host: a\r\n\r\n", limits: HeadLimits(targetBytes: 100 - excess))
        #expect(target.status == (excess == 0 ? 200 : 414))

        let whole = "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 500))\r\n\r\n"
        let size = feed(whole, limits: HeadLimits(headBytes: whole.utf8.count - excess))
        #expect(size.status == (excess == 0 ? 200 : 431))

        let many = "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 9 + excess) + "\r\n"
        #expect(feed(many, limits: HeadLimits(headerCount: 10)).status == (excess == 0 ? 200 : 431))
    }

    @Test("a head that never ends is refused at its limit, however it arrives", arguments: [
        ("GET /", "a", 414), ("GET / HTTP/1.1\r\nHost: a\r\nX: ", "x", 431), ("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", 431),
        ("GET / HTTP/1.1\r\n", "x", 431), ("", "M", 501), ("GET / HTTP/1.1", "1", 400),
    ])
    func endless(start: String, rest: String, status: Int) {
        let bytes = Array((start + String(repeating: rest, count: 3000)).utf8)
        let limits = HeadLimits(headBytes: 2000, headerCount: 1000, targetBytes: 1000)
        #expect(feed([bytes[...]], limits: limits).status == status)
        #expect(feedByteByByte(bytes, limits: limits).status == status)
    }
}
