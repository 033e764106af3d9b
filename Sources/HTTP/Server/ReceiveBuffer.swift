import IO

/// What has arrived on a connection and is not consumed yet. It grows for a large head and shrinks again,
/// so that an idle connection holds little.
struct ReceiveBuffer {
    private var bytes: [UInt8] = []
    private var start = 0
    private var end = 0

    private static let small = 4 << 10
    static let large = 64 << 10

    var isEmpty: Bool { start == end }
    var count: Int { end - start }

    /// The next head, where it is whole; what it took is consumed.
    mutating func parse(_ parser: inout RequestParser) throws(HTTPError) -> RequestHead? {
        guard let parsed = try parser.parse(bytes.span.extracting(start..<end)) else { return nil }
        consume(parsed.consumed)
        return parsed.head
    }

    /// Moves content from here to `target` from `offset` on, as much as there is and fits; 0 where there was only framing.
    mutating func decode(
        _ decoder: inout BodyDecoder, into target: inout [UInt8], from offset: Int
    ) throws(HTTPError) -> Int {
        let room = min(count, target.count - offset)
        let progress = try decoder.decode(bytes.span.extracting(start..<start + room))
        let content = progress.content
        if !content.isEmpty {
            target.replaceSubrange(
                offset..<offset + content.count, with: bytes[start + content.lowerBound..<start + content.upperBound])
        }
        consume(progress.consumed)
        return content.count
    }

    private mutating func consume(_ count: Int) {
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Lets go of memory that a large head or body needed; for a connection that turns idle.
    mutating func shrink() {
        if isEmpty, bytes.count > Self.small { bytes = [] }
    }

    /// Reads what is there behind what is held, making room first. False at the peer's end.
    /// - Parameter capacity: how much may be held at once.
    mutating func fill(from stream: ByteStream, capacity: Int, until deadline: Int64) async throws(StreamError) -> Bool {
        if start > 0, end == bytes.count {
            bytes.replaceSubrange(0..<end - start, with: bytes[start..<end])
            end -= start
            start = 0
        }
        if end == bytes.count {
            let size = min(capacity, max(Self.small, bytes.count * 4))
            guard size > bytes.count else { throw StreamError(.system, "a receive buffer is full") }
            bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
        }
        let count = try await stream.read(into: &bytes, from: end, until: deadline)
        end += count
        return count > 0
    }
}
