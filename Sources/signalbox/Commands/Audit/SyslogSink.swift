import Audit
import IO
import JSON

/// A syslog receiver over TCP or TLS. Its position moves on only when the receiver's side has everything that was sent; after a break the
/// messages since then are sent again, so a receiver can see some twice (their `sequence` tells) and never misses one.
struct SyslogSink: ExportSink {
    private let address: HostPort
    private let file: String
    private let tls: TLSContext?
    private let loop: EventLoop
    private var stream: ByteStream?
    private(set) var position: UInt64?
    private(set) var last: ExportedEvent?

    private static let patience: Int64 = 30_000

    init(_ receiver: String, position file: String, isSecure: Bool, authorities: String?) throws {
        guard let address = HostPort(receiver) else { throw UsageError("--syslog takes HOST:PORT, not \"\(receiver)\"") }
        self.address = address
        self.file = file
        tls = isSecure ? try TLSContext.client(authorities: authorities) : nil
        loop = try EventLoop(name: "syslog")
        guard let bytes = try Files.read(file, limit: 1024) else { return }
        // The position; below it the last event that was sent.
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let sequence = lines.first.flatMap({ UInt64($0) }) else {
            throw CommandFailure("\(file) is not the position of an export")
        }
        position = sequence
        let words = lines.dropFirst().first?.split(separator: " ").map(String.init) ?? []
        last = words.count == 2 ? ExportedEvent(sequence: words[0], id: words[1]) : nil
    }

    mutating func take(_ events: [JSONValue], through position: UInt64) async throws -> Bool {
        var out: [UInt8] = []
        for event in events { SyslogMessage.append(event, to: &out) }
        if !out.isEmpty {
            let (bytes, known, loop, address, tls) = (out, stream, loop, address, tls)
            stream = try await Task(executorPreference: loop) {
                try await Self.send(bytes, over: known, to: address, tls, on: loop)
            }.value
        }
        last = ExportedEvent(events.last) ?? last
        let event = last.map { "\($0.sequence) \($0.id)\n" } ?? ""
        try Files.replace(file, with: Array("\(position)\n\(event)".utf8), mode: 0o600)
        self.position = position
        return true
    }

    /// Sends everything and waits until it is on the other side; connects anew where it must.
    private static func send(
        _ bytes: [UInt8], over known: ByteStream?, to address: HostPort, _ tls: TLSContext?, on loop: EventLoop
    ) async throws -> ByteStream {
        var known = known
        var attempt = 0
        while true {
            do throws(StreamError) {
                let stream: ByteStream
                if let known { stream = known } else { stream = try await connect(to: address, tls, on: loop) }
                do throws(StreamError) {
                    try await stream.write(bytes, stall: patience)
                    try await stream.waitUntilTaken(until: Monotonic.milliseconds + patience)
                    return stream
                } catch {
                    stream.close()
                    throw error
                }
            } catch {
                known = nil
                attempt += 1
                guard attempt < 10 else { throw CommandFailure("cannot send to syslog at \(address): \(error)") }
                Terminal.error("signalbox: \(error); trying again\n")
                try await Task.sleep(for: .milliseconds(min(30_000, 200 << attempt)))
            }
        }
    }

    private static func connect(to address: HostPort, _ tls: TLSContext?, on loop: EventLoop) async throws(StreamError) -> ByteStream {
        var failure = StreamError(.closed, "\(address.host) has no address")
        for candidate in try Resolver.addresses(of: address.host, port: address.port) {
            do throws(StreamError) {
                let deadline = Monotonic.milliseconds + patience
                let stream = try await ByteStream.connect(to: candidate, on: loop, until: deadline)
                guard let tls else { return stream }
                return try await stream.startTLS(tls, host: address.host, until: deadline)
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
