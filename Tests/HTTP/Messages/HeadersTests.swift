import HTTP
import Testing

@Suite("Fields")
struct HeadersTests {
    @Test("names are found in whatever case, known or not")
    func lookup() throws {
        let headers = try headers("content-TYPE: text/plain", "X-One: 1", "x-ONE: 2", "Accept: a", "Accept: b")
        #expect(headers[.contentType] == "text/plain")
        #expect(headers["CONTENT-type"] == "text/plain")
        #expect(headers["X-ONE"] == "1")
        #expect(headers.values(of: "x-one") == ["1", "2"])
        #expect(headers.values(of: .accept) == ["a", "b"])
        #expect(headers.count(of: .accept) == 2)
        #expect(headers.contains(.host))
        #expect(headers.contains("x-one"))
        #expect(!headers.contains("x-on"))
        #expect(!headers.contains(.range))
        #expect(headers[.range] == nil)
        #expect(headers.count == 6)
        #expect(headers.all.map(\.name) == ["Host", "content-TYPE", "X-One", "x-ONE", "Accept", "Accept"])
    }

    @Test("every known name is told from its text", arguments: HeaderName.allCases)
    func known(name: HeaderName) throws {
        guard ![.host, .contentLength, .transferEncoding, .expect].contains(name) else { return }
        let headers = try headers("\(name.text.uppercased()): value")
        #expect(headers[name] == "value")
        #expect(HeaderName.allCases.filter { headers.contains($0) } == HeaderName.allCases.filter { $0 == name || $0 == .host })
    }

    @Test("there are no more known names than the builder has bits")
    func bits() {
        #expect(HeaderName.allCases.count < 64)
        #expect(Set(HeaderName.allCases.map { $0.text.lowercased() }).count == HeaderName.allCases.count)
    }

    @Test("a field that could write another one is left out", arguments: [
        "a\r\nX: y", "a\nb", "a\rb", "a\0b", "\u{7f}", "\u{1b}",
    ])
    func injection(value: String) {
        var builder = HeaderBuilder()
        let added = [
            builder.append(.location, value), builder.append("X-Custom", value), builder.append("X-" + value, "fine"),
        ]
        #expect(added == [false, false, false])
        #expect(builder.isEmpty)
        #expect(!builder.contains(.location))
    }

    @Test("a control character is found at whatever place, and a tab and what is not ASCII are let pass", arguments: 0..<20)
    func controlCharacters(place: Int) throws {
        for byte in UInt8.min ... .max {
            for rest in [0, 1, 7, 8, 20] {
                var value = Array(repeating: UInt8(ascii: "a"), count: place) + [byte] + Array(repeating: UInt8(ascii: "b"), count: rest)
                if place > 0 { value[0] = 0x09 }
                let isAllowed = byte == 0x09 || byte >= 0x20 && byte != 0x7F
                var builder = HeaderBuilder()
                let added = builder.append(.location, bytes: value.span)
                #expect(added == isAllowed && builder.isEmpty != isAllowed)
                let head = Array("GET / HTTP/1.1\r\nHost: x\r\nX-A: -".utf8) + value + Array("-\r\n\r\n".utf8)
                var parser = RequestParser()
                let headers = try? parser.parse(head.span)?.head.headers
                #expect((headers != nil) == isAllowed)
                #expect(headers.map { $0["X-A"] == String(decoding: [0x2D] + value + [0x2D], as: UTF8.self) } ?? true)
            }
        }
    }

    @Test("framing belongs to the encoder", arguments: ["Content-Length", "transfer-encoding", "CONNECTION", "Keep-Alive", "Trailer"])
    func framing(name: String) {
        var builder = HeaderBuilder()
        let added = builder.append(name, "1")
        #expect(!added)
        #expect(builder.isEmpty)
    }

    @Test("fields are written in order")
    func building() {
        var builder = HeaderBuilder([.contentType: "text/plain"])
        builder.append(.retryAfter, 5)
        builder.append("x-custom", "a\tb \u{e9}")
        builder.append(.eTag, bytes: [0x22, 0x22].span)
        var all = HeaderBuilder([.server: "s"])
        all.append(contentsOf: builder)
        #expect(
            String(decoding: all.bytes, as: UTF8.self)
                == "Server: s\r\nContent-Type: text/plain\r\nRetry-After: 5\r\nx-custom: a\tb \u{e9}\r\nETag: \"\"\r\n")
        #expect(all.contains(.eTag))
        #expect(!all.contains(.accept))
    }
}
