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

    @Test("what may be secret is hidden: the query, and parts of the path that look like it", arguments: [
        ("https://hub/hook?token=secret", "https://hub/hook?..."), ("http://hub/?", "http://hub/?..."), ("http://hub:80?x", "http://hub/?..."),
        ("https://hooks.slack.com/services/T00000000/B00000000/aBcDeFgHiJkLmNoPqRsTuVwX", "https://hooks.slack.com/services/T00000000/B00000000/..."),
        ("https://x.example/api/webhooks/123456789012345678/aB-c_9/slack", "https://x.example/api/webhooks/.../aB-c_9/slack"),
        ("https://x.example/0b7c1a52-68cf-4c2b-9d0e-000000000000/", "https://x.example/.../"),
        // Nothing to hide: as it was written.
        ("HTTP://Hub:80/v1/webhooks/native-registry-events", "HTTP://Hub:80/v1/webhooks/native-registry-events"), ("http://hub", "http://hub"),
    ])
    func masked(text: String, shown: String) throws {
        #expect(HTTPURL.masked(text) == shown)
        #expect(HTTPURL.isMasked(shown) == (text != shown) && !HTTPURL.isMasked(text))
        for secret in try HTTPURL(text).secrets where secret.utf8.count > 3 { #expect(!shown.contains(secret)) }
    }

    @Test("an error about a URL does not have its password, its query or what looks secret in its path", arguments: [
        ("http://user:pass-word@hub/", "http://..."), ("https://user:pass/word@hub/", "https://..."), ("user:pass-word@hub", "..."),
        ("http://hub/a b?token=pass-word", "http://hub/a b?..."), ("http://hub/#f", "http://hub/#..."),
        ("https://hooks.example.com/services/T00/aBcDeFgHiJkLmNoPqRsTuVwX#f", "https://hooks.example.com/services/T00/...#..."),
        ("hooks.slack.example.com1/services/T00/aBcDeFgHiJkLmNoPqRsTuVwX", "hooks.slack.example.com1/services/T00/..."),
        ("ftp://registry-2.example.com/a b/0123456789abcdef0", "ftp://registry-2.example.com/a b/..."), ("aBcDeFgHiJkLmNoPqRsTuVwX", "..."),
    ])
    func errors(text: String, shown: String) {
        let error = #expect(throws: HTTPClientError.self) { try HTTPURL(text) }
        #expect(error?.message.hasPrefix("\(shown) is not a URL") == true, "\(error?.message ?? "")")
    }

    /// RFC 3986, section 5.4, but for the scheme without a host, which is no URL that can be requested.
    @Test("a reference is resolved as the standard's examples are", arguments: [
        ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"), ("g?y", "/b/c/g?y"), ("#s", "/b/c/d;p?q"), ("g#s", "/b/c/g"),
        ("g?y#s", "/b/c/g?y"), (";x", "/b/c/;x"), ("g;x", "/b/c/g;x"), ("g;x?y#s", "/b/c/g;x?y"), ("", "/b/c/d;p?q"), (".", "/b/c/"), ("./", "/b/c/"),
        ("..", "/b/"), ("../", "/b/"), ("../g", "/b/g"), ("../..", "/"), ("../../", "/"), ("../../g", "/g"), ("../../../g", "/g"), ("../../../../g", "/g"),
        ("/./g", "/g"), ("/../g", "/g"), ("g.", "/b/c/g."), (".g", "/b/c/.g"), ("g..", "/b/c/g.."), ("..g", "/b/c/..g"), ("./../g", "/b/g"), ("./g/.", "/b/c/g/"),
        ("g/./h", "/b/c/g/h"), ("g/../h", "/b/c/h"), ("g;x=1/./y", "/b/c/g;x=1/y"), ("g;x=1/../y", "/b/c/y"), ("g?y/./x", "/b/c/g?y/./x"), ("g?y/../x", "/b/c/g?y/../x"),
        ("g#s/../x", "/b/c/g"), ("g/1:2", "/b/c/g/1:2"), ("//h", "http://h/"), ("//h:81/../i?j", "http://h:81/i?j"), ("HTTPS://H/./k", "https://h/k"),
    ])
    func resolved(reference: String, expected: String) throws {
        let whole = expected.hasPrefix("/") ? "http://a" + expected : expected
        #expect(try HTTPURL("http://a/b/c/d;p?q").resolving(reference).description == whole)
    }

    @Test("what a reference cannot mean is an error", arguments: ["http:g", "g:h", "mailto:x@y", "//", "/a b", "/%2", "/\u{E4}", "//user@h/"])
    func unresolvable(reference: String) {
        #expect(throws: HTTPClientError.self) { try HTTPURL("http://a/b/c/d;p?q").resolving(reference) }
    }
}
