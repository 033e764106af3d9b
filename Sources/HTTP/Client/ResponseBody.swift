/// The content of an answer as it arrives, within `HTTPClient.stream`.
package struct ResponseBody {
    let connection: ClientConnection
    var decoder: BodyDecoder

    init(_ connection: ClientConnection, framing: BodyFraming) {
        self.connection = connection
        decoder = BodyDecoder(framing)
    }

    /// Waits for more content; nil at its end.
    /// - Parameter deadline: monotonic milliseconds; `.max` waits for as long as the connection stands.
    package mutating func next(until deadline: Int64 = .max) async throws(HTTPClientError) -> [UInt8]? {
        try await connection.readContent(&decoder, until: deadline)
    }

    /// Reads as `capture` says, to the end or as far as is worth it to keep the connection.
    mutating func collect(
        _ capture: ContentCapture, until deadline: Int64
    ) async throws(HTTPClientError) -> (bytes: [UInt8], isTruncated: Bool) {
        var bytes: [UInt8] = []
        var dropped = 0
        while let more = try await next(until: deadline) {
            let room = capture.limit - bytes.count
            bytes.append(contentsOf: more.prefix(room))
            guard more.count > room else { continue }
            if case .whole(let limit) = capture {
                throw HTTPClientError(.bodyTooLarge, "the answer is larger than \(limit) bytes")
            }
            dropped += more.count - room
            if dropped > Self.drainLimit { break }
        }
        return (bytes, dropped > 0)
    }

    /// Reading this much that nobody wants is cheaper than a new connection.
    private static let drainLimit = 64 << 10
}
