import HTTP
import Testing

@Suite("Chunks")
struct ChunkedDecoderTests {
    /// The content, and what was left over behind it; nil where it is not complete.
    private func decode(_ pieces: [ArraySlice<UInt8>]) throws -> (content: String, left: String)? {
        var decoder = ChunkedDecoder()
        var content: [UInt8] = []
        var buffer: [UInt8] = []
        for piece in pieces {
            buffer.append(contentsOf: piece)
            while !buffer.isEmpty, !decoder.isComplete {
                let progress = try decoder.decode(buffer.span)
                content.append(contentsOf: buffer[progress.content])
                buffer.removeFirst(progress.consumed)
            }
        }
        guard decoder.isComplete else { return nil }
        return (String(decoding: content, as: UTF8.self), String(decoding: buffer, as: UTF8.self))
    }

    @Test("content is found however the bytes arrive", arguments: [
        ("0\r\n\r\n", "", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
        ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET", "hello world", "GET"),
        ("A;name=value\r\n0123456789\r\n0;last\r\n\r\n", "0123456789", ""),
        ("a ; x=\"y\"\r\n0123456789\r\n000\r\nTrailer: t\r\nOther:\r\n\r\n", "0123456789", ""),
        ("0000000000000001\r\n\r\r\n0\r\n\r\n", "\r", ""),
    ])
    func content(text: String, content: String, left: String) throws {
        let bytes = Array(text.utf8)
        for split in 0...bytes.count {
            let decoded = try decode([bytes[..<split], bytes[split...]])
            #expect(decoded?.content == content)
            #expect(decoded?.left == left)
        }
        let decoded = try decode(bytes.indices.map { bytes[$0..<$0 + 1] })
        #expect(decoded?.content == content)
    }

    @Test("malformed chunks are refused", arguments: [
        "\r\n", "g\r\n", "-1\r\n", "+1\r\n", " 5\r\nhello", "0x5\r\n", "5\nhello", "5\r\rhello", "5 5\r\n", "5 \r\nhello",
        "10000000000000000\r\n", "00000000000000001\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n", "5\r\nhello\rX", ";x\r\n",
        "5;a\nb\r\n", "5;a\0\r\n", "0\r\nTrailer\r\n", "0\r\n folded\r\n", "0\r\nA: b\n", "0\r\n\n", "0\r\n\rX", "0\r\nA : b\r\n", "0\r\n: b\r\n",
    ])
    func malformed(text: String) {
        #expect(throws: HTTPError.self) { try decode([Array(text.utf8)[...]]) }
    }

    @Test("extensions, trailers and tiny chunks are bounded")
    func bounds() {
        let long = "5;" + String(repeating: "x", count: 20_000) + "\r\nhello\r\n0\r\n\r\n"
        #expect(throws: HTTPError.self) { try decode([Array(long.utf8)[...]]) }
        let many = String(repeating: "1;" + String(repeating: "x", count: 100) + "\r\na\r\n", count: 500)
        #expect(throws: HTTPError.self) { try decode([Array(many.utf8)[...]]) }
        let trailers = "0\r\n" + String(repeating: "A: b\r\n", count: 2_000) + "\r\n"
        #expect(throws: HTTPError.self) { try decode([Array(trailers.utf8)[...]]) }
    }

    @Test("any number of plain tiny chunks passes")
    func tiny() throws {
        let text = String(repeating: "1\r\na\r\n", count: 50_000) + "0\r\n\r\n"
        #expect(try decode([Array(text.utf8)[...]])?.content.utf8.count == 50_000)
    }

    @Test("a size of 64 bits is taken without overflow")
    func huge() throws {
        var decoder = ChunkedDecoder()
        let progress = try decoder.decode(Array("FFFFFFFFFFFFFFFF\r\nabc".utf8).span)
        #expect(progress == BodyProgress(consumed: 21, content: 18..<21, isComplete: false))
    }

    @Test("what the encoder writes the decoder reads")
    func roundTrip() throws {
        var encoder = BodyEncoder(.chunked)
        var bytes: [UInt8] = []
        try encoder.append(Array("hello ".utf8), to: &bytes)
        try encoder.append([], to: &bytes)
        try encoder.append(Array(repeating: 0x78, count: 300), to: &bytes)
        try encoder.finish(to: &bytes)
        #expect(bytes.starts(with: "6\r\nhello \r\n12c\r\nxxx".utf8))
        #expect(try decode([bytes[...]])?.content == "hello " + String(repeating: "x", count: 300))
    }
}
