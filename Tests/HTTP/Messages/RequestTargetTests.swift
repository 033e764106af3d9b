import HTTP
import Testing

@Suite("Request targets")
struct RequestTargetTests {
    private func target(_ target: String, method: String = "GET") throws -> RequestHead {
        try head("\(method) \(target) HTTP/1.1\r\nHost: named\r\n\r\n")
    }

    @Test("paths decode, but what would change their segments stays", arguments: [
        ("/", "/", [""]), ("/v2/", "/v2/", ["v2", ""]), ("/a%2Fb/c", "/a%2Fb/c", ["a/b", "c"]), ("/a%2fb", "/a%2Fb", ["a/b"]),
        ("/%61%20%C3%A9", "/a \u{e9}", ["a \u{e9}"]), ("/a%252Fb", "/a%252Fb", ["a%2Fb"]), ("//a", "//a", ["", "a"]),
        ("/.a/..b/c.", "/.a/..b/c.", [".a", "..b", "c."]), ("/a%3Fb", "/a?b", ["a?b"]), ("/...", "/...", ["..."]),
    ])
    func paths(raw: String, path: String, segments: [String]) throws {
        let head = try target(raw)
        #expect(head.path == path)
        #expect(head.segments.map(\.text) == segments)
        #expect(String(decoding: head.rawPath, as: UTF8.self) == raw)
        #expect(zip(head.segments, segments).allSatisfy { $0 == $1 })
    }

    @Test("queries decode, repeated names and all")
    func queries() throws {
        let head = try target("/p?tag=a&tag=b%26c&x&=y&+k+=%2B&e=1=2?&&n=%C3%A9")
        #expect(
            head.queryItems == [
                QueryItem(name: "tag", value: "a"), QueryItem(name: "tag", value: "b&c"), QueryItem(name: "x", value: ""),
                QueryItem(name: "", value: "y"), QueryItem(name: " k ", value: "+"), QueryItem(name: "e", value: "1=2?"),
                QueryItem(name: "n", value: "\u{e9}"),
            ])
        #expect(head.queryValues("tag") == ["a", "b&c"])
        #expect(head.queryValue("x") == "")
        #expect(head.queryValue("none") == nil)
        #expect(try target("/p").queryItems == [])
        #expect(try target("/p?").query == "")
    }

    @Test("an absolute target's authority goes before the Host field", arguments: [
        ("http://other:81/a?b", "other:81", "/a", "b"), ("HTTPS://other/", "other", "/", nil), ("http://[::1]", "[::1]", "/", nil),
        ("http://other?q", "other", "/", "q"), ("/a", "named", "/a", nil),
    ])
    func absolute(raw: String, authority: String, path: String, query: String?) throws {
        let head = try target(raw)
        #expect(head.authority == authority)
        #expect(head.path == path)
        #expect(head.query == query)
        #expect(String(decoding: head.rawTarget, as: UTF8.self) == raw)
    }

    @Test("the target of the server itself")
    func asterisk() throws {
        let head = try target("*", method: "OPTIONS")
        #expect(head.path == "*")
        #expect(head.segments.map(\.text) == [])
    }

    @Test("offsets hold when empty lines and another request go before")
    func offsets() throws {
        let outcome = feed("GET /first HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET http://x/second?q HTTP/1.1\r\nHost: b\r\nA: c\r\n\r\n")
        guard case .heads(let heads, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(heads.count == 2)
        #expect(heads[1].hasPrefix("GET /second ?q @x "))
        #expect(heads[1].hasSuffix("[Host=b|A=c]"))
    }

    @Test("encoding is the inverse of decoding")
    func encoding() {
        let text = "a/b c+d%e\u{e9}~-._"
        #expect(PercentEncoding.encode(text) == "a%2Fb%20c%2Bd%25e%C3%A9~-._")
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        #expect(PercentEncoding.encode("a/b c", except: "/") == "a/b%20c")
    }
}
