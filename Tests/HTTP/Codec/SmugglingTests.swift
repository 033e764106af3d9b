import HTTP
import Testing

/// Messages that two readers could take for different ones, and messages that break the grammar.
@Suite("Requests that are refused")
struct SmugglingTests {
    static let fields: [(String, Int)] = [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
        ("Content-Length: 5\r\nContent-Length: 6", 400),
        ("Content-Length: 5\r\nContent-Length: 5", 400),
        ("Content-Length: 5, 5", 400),
        ("Content-Length: +5", 400),
        ("Content-Length: -5", 400),
        ("Content-Length: 5 5", 400),
        ("Content-Length: 0x5", 400),
        ("Content-Length: 5.0", 400),
        ("Content-Length: ", 400),
        ("Content-Length: 18446744073709551616", 400),
        ("Content-Length: 99999999999999999999999", 400),
        ("Content-Length:5\u{b}", 400),
        ("Content-Length : 5", 400),
        ("Content-Length\t: 5", 400),
        (" Content-Length: 5", 400),
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501),
        ("Transfer-Encoding: gzip", 400),
        ("Transfer-Encoding: identity", 400),
        ("Transfer-Encoding: xchunked", 400),
        ("Transfer-Encoding: chunked, gzip", 400),
        ("Transfer-Encoding: chunked, chunked", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: chunked, identity", 400),
        ("Transfer-Encoding: chunked,", 400),
        ("Transfer-Encoding: ,chunked", 400),
        ("Transfer-Encoding: chunked;x=1", 400),
        ("Transfer-Encoding: \"chunked\"", 400),
        ("Transfer-Encoding:", 400),
        ("Transfer-Encoding: \u{b}chunked", 400),
        ("Transfer-Encoding : chunked", 400),
        ("X: a\r\n Transfer-Encoding: chunked", 400),
        ("X: a\r\n\tb", 400),
        ("X: a\nTransfer-Encoding: chunked", 400),
        ("X: a\rTransfer-Encoding: chunked", 400),
        ("X: a\r\rY: b", 400),
        ("X: a\0b", 400),
        ("X\0: a", 400),
        ("X: \u{7f}", 400),
        ("X: \u{1b}[0m", 400),
        (": a", 400),
        ("X", 400),
        ("X(Y): a", 400),
        ("\u{e9}: a", 400),
        ("Host: b", 400),
        ("Expect: 200-ok", 417),
        ("\(String(repeating: "n", count: 257)): a", 431),
    ]

    @Test("field lines", arguments: fields)
    func fieldLine(lines: String, status: Int) {
        let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n".utf8)
        #expect(feed([bytes[...]]).status == status)
        #expect(feedByteByByte(bytes).status == status)
    }

    static let lines: [(String, Int)] = [
        ("GET  / HTTP/1.1", 400),
        (" GET / HTTP/1.1", 400),
        ("GET /  HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        ("GET\t/ HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("GET /", 400),
        ("GET", 400),
        ("GE(T / HTTP/1.1", 400),
        ("GET / http/1.1", 400),
        ("GET / HTTP/1.", 400),
        ("GET / HTTP/11", 400),
        ("GET / HTTP/1.11", 400),
        ("GET / HTTP/2.0", 505),
        ("PRI * HTTP/2.0", 505),
        ("GET / HTTP/0.9", 505),
        ("GET * HTTP/1.1", 400),
        ("OPTIONS *x HTTP/1.1", 400),
        ("CONNECT hub:443 HTTP/1.1", 501),
        ("CONNECT / HTTP/1.1", 501),
        ("GET hub/v2 HTTP/1.1", 400),
        ("GET ftp://hub/v2 HTTP/1.1", 400),
        ("GET http:/v2 HTTP/1.1", 400),
        ("GET http:///v2 HTTP/1.1", 400),
        ("GET http://user@hub/v2 HTTP/1.1", 400),
        ("GET http://hub:99999/v2 HTTP/1.1", 400),
        ("GET /a#b HTTP/1.1", 400),
        ("GET /\u{e9} HTTP/1.1", 400),
        ("GET /\u{0} HTTP/1.1", 400),
        ("GET /% HTTP/1.1", 400),
        ("GET /%2 HTTP/1.1", 400),
        ("GET /%zz HTTP/1.1", 400),
        ("GET /%00 HTTP/1.1", 400),
        ("GET /%0a HTTP/1.1", 400),
        ("GET /%ff HTTP/1.1", 400),
        ("GET /?%f HTTP/1.1", 400),
        ("GET /?a=%00 HTTP/1.1", 400),
        ("GET /?a=%c3 HTTP/1.1", 400),
        ("GET /a/../b HTTP/1.1", 400),
        ("GET /.. HTTP/1.1", 400),
        ("GET /./a HTTP/1.1", 400),
        ("GET /%2e%2E/a HTTP/1.1", 400),
        ("GET /a/.%2e HTTP/1.1", 400),
        ("\(String(repeating: "M", count: 33)) / HTTP/1.1", 501),
    ]

    @Test("request lines", arguments: lines)
    func requestLine(line: String, status: Int) {
        let bytes = Array("\(line)\r\nHost: a\r\n\r\n".utf8)
        #expect(feed([bytes[...]]).status == status)
        #expect(feedByteByByte(bytes).status == status)
    }

    @Test("bare line feeds end no line", arguments: [
        "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func bareLineFeed(text: String) {
        #expect(feed(text).status == 400)
        #expect(feedByteByByte(Array(text.utf8)).status == 400)
    }

    @Test("Host is there once in 1.1 and well-formed", arguments: [
        ("HTTP/1.1", "X: y", 400), ("HTTP/1.0", "X: y", 200), ("HTTP/1.1", "Host: a\r\nhost: a", 400),
        ("HTTP/1.0", "Host: a\r\nhost: b", 400), ("HTTP/1.1", "Host: a b", 400), ("HTTP/1.1", "Host: a/b", 400),
        ("HTTP/1.1", "Host: u@a", 400), ("HTTP/1.1", "Host: a:b", 400), ("HTTP/1.1", "Host: [::1", 400),
        ("HTTP/1.1", "Host: [::1]x", 400), ("HTTP/1.1", "Host: a:70000", 400), ("HTTP/1.1", "Host: a, b", 400),
        ("HTTP/1.1", "Host:", 200), ("HTTP/1.1", "Host: a:", 200), ("HTTP/1.1", "Host: [::1]:5000", 200),
        ("HTTP/1.1", "Host: my_hub.local:5000", 200),
    ])
    func host(version: String, lines: String, status: Int) {
        #expect(feed("GET / \(version)\r\n\(lines)\r\n\r\n").status == status)
    }

    @Test("Transfer-Encoding in HTTP/1.0 is refused")
    func oldVersion() {
        #expect(feed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status == 400)
    }

    @Test("what is unusual but unambiguous passes", arguments: [
        ("Content-Length: 00005", BodyFraming.length(5)), ("Content-Length:\t5 \t", .length(5)),
        ("Content-Length: 18446744073709551615", .length(.max)), ("transfer-ENCODING: CHUNKED", .chunked),
        ("X: \u{80}\u{ff}", .none), ("X:", .none), ("!#$%&'*+-.^_`|~: x", .none),
    ])
    func passes(line: String, framing: BodyFraming) throws {
        #expect(try head("POST / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n").framing == framing)
    }
}
