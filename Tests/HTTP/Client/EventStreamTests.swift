import HTTP
import Testing

@Suite("Event streams")
struct EventStreamTests {
    static let streams: [(String, [ServerSentEvent])] = [
        ("data: a\n\n", [ServerSentEvent(data: "a")]),
        ("event: push\nid: 7\ndata: a\ndata: b\n\ndata:c\n\n", [
            ServerSentEvent(type: "push", data: "a\nb", lastID: "7"), ServerSentEvent(data: "c", lastID: "7"),
        ]),
        ("data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", [ServerSentEvent(data: "a"), ServerSentEvent(data: "b"), ServerSentEvent(data: "c")]),
        (": a comment\n\nevent: none\n\n", []),
        ("data\n\n", [ServerSentEvent(data: "")]),
        ("\u{feff}data: \u{e9}\n\ndata: unfinished", [ServerSentEvent(data: "\u{e9}")]),
        ("unknown: x\ndata:  two spaces\n\n", [ServerSentEvent(data: " two spaces")]),
    ]

    @Test("events are the same however their bytes arrive", arguments: streams)
    func everySplit(text: String, expected: [ServerSentEvent]) throws {
        let bytes = Array(text.utf8)
        for split in 0...bytes.count {
            var parser = EventStreamParser()
            var events = try parser.feed(bytes[..<split])
            events += try parser.feed(bytes[split...])
            #expect(events == expected)
        }
    }

    @Test("lines and events are bounded")
    func bounds() {
        for text in [String(repeating: "x", count: 200), String(repeating: "data: xxxxxxxxxx\n", count: 20)] {
            var parser = EventStreamParser(limit: 100)
            #expect(throws: HTTPError.self) { try parser.feed(text.utf8) }
        }
    }

    @Test("the time to wait before connecting anew")
    func retry() throws {
        var parser = EventStreamParser()
        _ = try parser.feed("retry: 2500\nretry: soon\n".utf8)
        #expect(parser.retry == 2500)
    }
}
