import IO

/// The content of the request at hand, read as it arrives. Belongs to the connection's task.
package final class RequestBody {
    private let connection: Connection
    private var decoder: BodyDecoder
    private var owesContinue: Bool

    init(_ head: RequestHead, of connection: Connection) {
        self.connection = connection
        decoder = BodyDecoder(head.framing)
        owesContinue = head.expectsContinue
    }

    /// Everything has been read.
    package var isComplete: Bool { decoder.isComplete }

    /// Bytes still to come, where the framing tells.
    package var remaining: UInt64? { decoder.remaining }

    /// The client waits for leave to send, and never got it: the content will not come.
    var wasNeverAskedFor: Bool { owesContinue }

    /// Reads content into `buffer` from `offset` on, as much as there is and fits; 0 at its end.
    package func read(into buffer: inout [UInt8], from offset: Int = 0) async throws(BodyError) -> Int {
        do {
            let held = try takeHeld(into: &buffer, from: offset)
            if held > 0 || decoder.isComplete { return held }
            return try await readThrowingAny(into: &buffer, from: offset)
        } catch let error as HTTPError {
            throw BodyError(.malformed, error.message)
        } catch let error as StreamError {
            throw BodyError(error.code == .timedOut ? .timedOut : .disconnected, error.description)
        } catch {
            throw BodyError(.disconnected, "\(error)")
        }
    }

    private func readThrowingAny(into buffer: inout [UInt8], from offset: Int) async throws -> Int {
        while !decoder.isComplete {
            let room = buffer.count - offset
            guard room > 0 else { return 0 }
            // Plain content of known length goes straight to where it is wanted.
            if connection.buffer.isEmpty, let left = decoder.fixedRemaining {
                try await giveLeave()
                let count = try await connection.stream.read(
                    into: &buffer, from: offset, limit: Int(clamping: left), until: connection.stallDeadline)
                guard count > 0 else { throw StreamError(.closed, "the client left in the middle of its content") }
                decoder.skip(UInt64(count))
                return count
            }
            if connection.buffer.isEmpty {
                try await giveLeave()
                guard try await connection.fill() else {
                    throw StreamError(.closed, "the client left in the middle of its content")
                }
            }
            let count = try takeHeld(into: &buffer, from: offset)
            if count > 0 { return count }
        }
        return 0
    }

    /// Content that has arrived already; 0 where there is none.
    private func takeHeld(into buffer: inout [UInt8], from offset: Int) throws(HTTPError) -> Int {
        while !decoder.isComplete, !connection.buffer.isEmpty, offset < buffer.count {
            let count = try connection.buffer.decode(&decoder, into: &buffer, from: offset)
            if count > 0 { return count }
        }
        return 0
    }

    /// Fills `buffer` from `offset` on as far as the content goes; answers where it ends.
    package func fill(_ buffer: inout [UInt8], from offset: Int = 0) async throws(BodyError) -> Int {
        var end = offset
        while end < buffer.count {
            let count = try await read(into: &buffer, from: end)
            if count == 0 { break }
            end += count
        }
        return end
    }

    /// All of the content; more than `limit` bytes is `.tooLarge`, found before they are read where the length is told.
    package func collect(limit: Int) async throws(BodyError) -> [UInt8] {
        if let remaining, remaining > UInt64(limit) { throw BodyError.tooLarge(limit) }
        if let remaining, remaining <= ReceiveBuffer.large {
            // Little enough to be made room for before it has come.
            var content = [UInt8](repeating: 0, count: Int(remaining))
            let end = try await fill(&content)
            content.removeLast(content.count - end)
            return content
        }
        var content: [UInt8] = []
        content.reserveCapacity(min(limit, Int(clamping: remaining ?? 0)))
        var chunk = [UInt8](repeating: 0, count: min(ReceiveBuffer.large, max(1, Int(clamping: remaining ?? 16 << 10))))
        while true {
            let count = try await read(into: &chunk)
            if count == 0 { return content }
            guard content.count + count <= limit else { throw BodyError.tooLarge(limit) }
            content.append(contentsOf: chunk[..<count])
        }
    }

    /// Reads and drops what is left, up to `limit` bytes. False where more is left.
    func discard(limit: Int) async throws(BodyError) -> Bool {
        if let remaining, remaining > UInt64(limit) { return false }
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        var dropped = 0
        while true {
            let count = try await read(into: &chunk)
            if count == 0 { return true }
            dropped += count
            if dropped > limit { return false }
        }
    }

    private func giveLeave() async throws(StreamError) {
        guard owesContinue else { return }
        owesContinue = false
        var leave: [UInt8] = []
        ResponseEncoder.appendContinue(to: &leave)
        try await connection.stream.write(leave, stall: connection.options.stall)
    }
}

/// Why a request's content could not be read.
package struct BodyError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        case malformed, timedOut, disconnected, tooLarge
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static func tooLarge(_ limit: Int) -> BodyError {
        BodyError(.tooLarge, "the content is larger than \(limit) bytes")
    }
}
