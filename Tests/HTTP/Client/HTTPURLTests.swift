import HTTP
import Testing

@Suite("URLs to request")
struct HTTPURLTests {
    @Test("parts are told apart", arguments: [
        ("http://hub", "hub", 80, "/", "http://hub/"), ("HTTPS://Hub.Example/a?b=c", "hub.example", 443, "/a?b=c", "https://hub.example/a?b=c"),
        ("http://hub:5000?q", "hub", 5000, "/?q", "http://hub:5000/?q"), ("http://[::1]:80/x", "::1", 80, "/x", "http://[::1]/x"),
        ("https://[2001:DB8::1]:8443", "2001:db8::1", 8443, "/", "https://[2001:db8::1]:8443/"), ("http://hub:/", "hub", 80, "/", "http://hub/"),
        ("http://127.0.0.1:9/a%20b//c?x=%2F?y", "127.0.0.1", 9, "/a%20b//c?x=%2F?y", "http://127.0.0.1:9/a%20b//c?x=%2F?y"),
    ])
    func parts(text: String, host: String, port: UInt16, target: String, description: String) throws {
        let url = try HTTPURL(text)
        #expect(url.origin.host == host)
        #expect(url.origin.port == port)
        #expect(url.target == target)
        #expect(url.description == description)
        #expect(try HTTPURL(description) == url)
    }

    @Test("what cannot be requested is refused", arguments: [
        "", "hub", "hub/path", "ftp://hub/", "http:/hub", "http://", "http:///path", "http://user@hub/", "http://user:pass@hub/", "http://hub:0/",
        "http://hub:65536/", "http://hub:x/", "http://hub/a b", "http://hub/a\r\nX: y", "http://h\u{fc}b/", "http://hub/\u{e9}", "http://hub/#f",
        "http://hub/%zz", "http://hub/%00", "http://[::1/", "http://[zz]/", "http://::1/", "http://hub\\@evil/", "http://a b/", "javascript:alert(1)",
    ])
    func refused(text: String) {
        #expect(throws: HTTPClientError.self) { try HTTPURL(text) }
    }

    @Test("logs do not show the query")
    func secret() throws {
        #expect(try HTTPURL("https://hub/hook?token=secret").descriptionWithoutQuery == "https://hub/hook")
    }
}
