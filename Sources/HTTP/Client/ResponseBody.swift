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

    /// Reads as `capture` says, to the end or as far as is worth it to keep the connection. Of a prefix, what came counts however
    /// the content ends: the status is known by then, and a request must not be made again for want of words.
    mutating func collect(
        _ capture: ContentCapture, until deadline: Int64
    ) async throws(HTTPClientError) -> (bytes: [UInt8], isTruncated: Bool) {
        switch capture {
        case .whole(let limit): (try await whole(limit, until: deadline), false)
        case .prefix(let limit): await prefix(max(0, limit), until: deadline)
        }
    }

    private mutating func whole(_ limit: Int, until deadline: Int64) async throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try await next(until: deadline) {
            guard more.count <= limit - bytes.count else {
                throw HTTPClientError(.bodyTooLarge, "the answer is larger than \(limit) bytes")
            }
            bytes.append(contentsOf: more)
        }
        return bytes
    }

    private mutating func prefix(_ limit: Int, until deadline: Int64) async -> (bytes: [UInt8], isTruncated: Bool) {
        var bytes: [UInt8] = []
        var dropped = 0
        do throws(HTTPClientError) {
            while dropped <= Self.drainLimit, let more = try await next(until: deadline) {
                let taken = more.prefix(limit - bytes.count)
                bytes.append(contentsOf: taken)
                dropped += more.count - taken.count
            }
            return (bytes, dropped > 0)
        } catch {
            return (bytes, true)
        }
    }

    /// Reading this much that nobody wants is cheaper than a new connection.
    private static let drainLimit = 64 << 10
}
