import IO

/// Where a streaming answer writes its content. Belongs to the connection's task.
package final class ResponseWriter {
    private let connection: Connection
    private var encoder: BodyEncoder

    init(_ connection: Connection, _ framing: BodyFraming) {
        self.connection = connection
        encoder = BodyEncoder(framing)
    }

    /// Sends `bytes` now. Suspends while the client is slow; throws once it is gone or stalls.
    package func write(_ bytes: [UInt8]) async throws {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 16)
        try encoder.append(bytes, to: &out)
        try await connection.stream.write(out, stall: connection.options.stall)
    }

    func finish() async throws {
        var out: [UInt8] = []
        try encoder.finish(to: &out)
        try await connection.stream.write(out, stall: connection.options.stall)
    }
}
