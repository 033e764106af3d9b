import IO

/// An open connection and what was received on it and not yet read.
///
/// `@unchecked Sendable`: the pool grants it to one exchange at a time, and exchanges run on the loop's thread only.
final class ClientConnection: @unchecked Sendable {
    let id: ConnectionPool.ConnectionID
    let stream: ByteStream
    /// Whether the client has kept what the server gave for the next handshake.
    var hasGivenResumption = false
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)
    private var start = 0
    private var end = 0

    init(id: ConnectionPool.ConnectionID, stream: ByteStream) {
        self.id = id
        self.stream = stream
    }

    /// Nothing is left over that no request asked for.
    var isDrained: Bool { start == end }

    func send(_ bytes: [UInt8], until deadline: Int64) async throws(HTTPClientError) {
        do throws(StreamError) {
            try await stream.write(bytes[...], until: deadline)
        } catch {
            throw error.code == .timedOut
                ? HTTPClientError(.timedOut, "\(stream.peer) took too long to take the request") : HTTPClientError(error)
        }
    }

    /// The head of the answer itself: informational ones before it are passed over.
    func readHead(answersHead: Bool, limits: HeadLimits, until deadline: Int64) async throws(HTTPClientError) -> ResponseHead {
        var parser = ResponseParser(limits: limits, answersHead: answersHead)
        var informational = 0
        while true {
            if start < end, let parsed = try parse(&parser) {
                start += parsed.consumed
                guard parsed.head.status.isInformational else { return parsed.head }
                informational += 1
                guard parsed.head.status.code != 101, informational <= 16 else {
                    throw HTTPClientError(.malformedAnswer, "the answer's status \(parsed.head.status) was not asked for")
                }
                continue
            }
            guard try await fill(until: deadline) else {
                throw HTTPClientError(.closed, "\(stream.peer) closed the connection before it answered")
            }
        }
    }

    /// The next run of content; nil at its end.
    func readContent(_ decoder: inout BodyDecoder, until deadline: Int64) async throws(HTTPClientError) -> [UInt8]? {
        while !decoder.isComplete {
            if start < end {
                let progress = try decode(&decoder)
                let content = [UInt8](buffer[start + progress.content.lowerBound..<start + progress.content.upperBound])
                start += progress.consumed
                if !content.isEmpty { return content }
                if decoder.isComplete { return nil }
            }
            guard try await fill(until: deadline) else {
                guard decoder.endOfConnection() else {
                    throw HTTPClientError(.closed, "\(stream.peer) closed the connection within its answer")
                }
                return nil
            }
        }
        return nil
    }

    private func parse(_ parser: inout ResponseParser) throws(HTTPClientError) -> ParsedHead<ResponseHead>? {
        do throws(HTTPError) {
            let received = buffer
            return try parser.parse(received.span.extracting(start..<end))
        } catch {
            throw HTTPClientError(malformed: error)
        }
    }

    private func decode(_ decoder: inout BodyDecoder) throws(HTTPClientError) -> BodyProgress {
        do throws(HTTPError) {
            let received = buffer
            return try decoder.decode(received.span.extracting(start..<end))
        } catch {
            throw HTTPClientError(malformed: error)
        }
    }

    /// Receives more behind what is there. False at the end of the connection.
    private func fill(until deadline: Int64) async throws(HTTPClientError) -> Bool {
        if start == end {
            (start, end) = (0, 0)
        } else if end == buffer.count {
            // A head that fills the buffer; the parser's limit bounds how far this goes.
            buffer.replaceSubrange(0..<start, with: [])
            end -= start
            start = 0
            buffer.append(contentsOf: [UInt8](repeating: 0, count: 16 << 10))
        }
        do throws(StreamError) {
            let count = try await stream.read(into: &buffer, from: end, until: deadline)
            end += count
            return count > 0
        } catch {
            throw error.code == .timedOut
                ? HTTPClientError(.timedOut, "\(stream.peer) took too long to answer") : HTTPClientError(error)
        }
    }
}
