import HTTP
import Testing

@Suite("Content by its framing")
struct BodyTests {
    @Test("a fixed length takes its bytes and leaves the next message's")
    func fixed() throws {
        var decoder = BodyDecoder(.length(5))
        let bytes = Array("helloGET".utf8)
        #expect(try decoder.decode(bytes.span.extracting(0..<2)) == BodyProgress(consumed: 2, content: 0..<2, isComplete: false))
        #expect(decoder.remaining == 3)
        let ended = decoder.endOfConnection()
        #expect(!ended)
        #expect(try decoder.decode(bytes.span.extracting(2..<8)) == BodyProgress(consumed: 3, content: 0..<3, isComplete: true))
        #expect(decoder.isComplete)
        #expect(try decoder.decode(bytes.span).consumed == 0)
    }

    @Test("no content is complete at once")
    func none() {
        #expect(BodyDecoder(.none).isComplete)
        #expect(BodyDecoder(.length(0)).isComplete)
        #expect(!BodyDecoder(.chunked).isComplete)
    }

    @Test("content until the end of the connection ends there")
    func untilClose() throws {
        var decoder = BodyDecoder(.untilClose)
        #expect(try decoder.decode([1, 2, 3].span) == BodyProgress(consumed: 3, content: 0..<3, isComplete: false))
        let ended = decoder.endOfConnection()
        #expect(ended)
        #expect(decoder.isComplete)
        var chunked = BodyDecoder(.chunked)
        let cutOff = chunked.endOfConnection()
        #expect(!cutOff)
    }

    @Test("the encoder holds content to the promised length")
    func promise() throws {
        var out: [UInt8] = []
        var encoder = BodyEncoder(.length(3))
        try encoder.append([1, 2], to: &out)
        #expect(throws: HTTPError.self) { try encoder.finish(to: &out) }
        #expect(throws: HTTPError.self) { try encoder.append([3, 4], to: &out) }
        try encoder.append([3], to: &out)
        try encoder.finish(to: &out)
        #expect(out == [1, 2, 3])
        var dropped = BodyEncoder(.none)
        try dropped.append([1], to: &out)
        try dropped.finish(to: &out)
        #expect(out == [1, 2, 3])
    }
}
