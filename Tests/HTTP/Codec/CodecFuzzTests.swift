import HTTP
import Testing

@Suite("Whatever bytes come")
struct CodecFuzzTests {
    private static let pieces: [String] = [
        "GET ", "/", "?a=b", " HTTP/1.1", "\r\n", "\n", "\r", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked", ":", " ",
        "\t", "\0", "%41", "%", "http://", "*", "OPTIONS ", "HTTP/1.1 200 OK", "5", "0", ";x=y", "hello", "\u{e9}", "\"", ",", "[", "]",
    ]

    private static func bytes(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            bytes.append(contentsOf: (pieces.randomElement(using: &generator) ?? "").utf8)
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) where !bytes.isEmpty {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        return bytes
    }

    @Test("request parsing never takes more than it was given, and splits do not matter", arguments: 1...8)
    func requests(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let start = Array("GET /p?q=1 HTTP/1.1\r\nHost: a\r\n".utf8)
        let limits = HeadLimits(headBytes: 120, headerCount: 4, targetBytes: 40)
        for _ in 0..<1500 {
            let prefix = Bool.random(using: &generator) ? start[...] : []
            let text = Array(prefix) + Self.bytes(&generator) + Array("\r\n\r\n".utf8)
            let atOnce = feed([text[...]], limits: limits)
            let split = Int.random(in: 0...text.count, using: &generator)
            #expect(feed([text[..<split], text[split...]], limits: limits) == atOnce)
            #expect(feedByteByByte(text, limits: limits) == atOnce)
        }
    }

    @Test("answers' parsing never takes more than it was given", arguments: 1...4)
    func responses(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let start = Array("HTTP/1.1 200 OK\r\n".utf8)
        for _ in 0..<3000 {
            let prefix = Bool.random(using: &generator) ? start[...] : []
            let text = Array(prefix) + Self.bytes(&generator) + Array("\r\n\r\n".utf8)
            var parser = ResponseParser(limits: HeadLimits(headBytes: 120))
            let parsed = try? parser.parse(text.span)
            #expect((parsed?.consumed ?? 0) <= text.count)
        }
    }

    @Test("chunk decoding never takes or yields more than it was given", arguments: 1...4)
    func chunks(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let text = Array("5\r\nhello\r\n".utf8) + Self.bytes(&generator)
            var decoder = ChunkedDecoder()
            var rest = text[...]
            while !rest.isEmpty {
                let given = Array(rest)
                guard let progress = try? decoder.decode(given.span) else { break }
                #expect(progress.consumed <= given.count)
                #expect(progress.content.upperBound <= progress.consumed)
                if progress.isComplete || progress.consumed == 0 { break }
                rest = rest.dropFirst(progress.consumed)
            }
        }
    }
}
