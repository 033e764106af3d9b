import Glibc
import IO
import TestSupport
import Testing

/// A reader that found a stream empty does not ask again before something arrived: nothing that arrived may be missed by that.
@Suite("Streams that were emptied", .timeLimit(.minutes(2)))
struct EmptiedStreamTests {
    /// Both ends of a connection, each on a loop of its own.
    private static func pair() async throws -> (reader: ByteStream, writer: ByteStream) {
        let group = try #require(loops)
        let (here, there) = (group.loops[0], group.loops[1])
        let listener = try await Task(executorPreference: here) {
            try Listener(SocketAddress(ip: #require(IPAddress("127.0.0.1")), port: 0), on: here)
        }.value
        async let writer = Task(executorPreference: there) { try await ByteStream.connect(to: listener.address, on: there, until: .max) }.value
        let reader = try await Task(executorPreference: here) {
            let accepted = try await listener.accept()
            listener.close()
            return try ByteStream(accepted.descriptor, peer: accepted.peer, on: here)
        }.value
        return (reader, try await writer)
    }

    private static func on<R: Sendable>(_ stream: ByteStream, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
        try await Task(executorPreference: stream.channel.loop) { try await body() }.value
    }

    private static func read(_ stream: ByteStream, upTo size: Int) async throws -> [UInt8] {
        try await on(stream) {
            var buffer = [UInt8](repeating: 0, count: size)
            let count = try await stream.read(into: &buffer, from: 0, until: Monotonic.milliseconds + 20_000)
            return Array(buffer[..<count])
        }
    }

    @Test("what came together with the end is read, and then the end")
    func endWithContent() async throws {
        let (reader, writer) = try await Self.pair()
        try await Self.on(writer) { try await writer.write([1, 2, 3], stall: 1000) }
        #expect(try await Self.read(reader, upTo: 100) == [1, 2, 3])
        try await Self.on(writer) {
            try await writer.write([4, 5], stall: 1000)
            writer.close()
        }
        // The edge of both is taken before anybody wants to read.
        try await Self.on(reader) { for _ in 0..<100 { await Task.yield() } }
        #expect(try await Self.read(reader, upTo: 100) == [4, 5])
        #expect(try await Self.read(reader, upTo: 100) == [])
        #expect(try await Self.read(reader, upTo: 100) == [])
        try await Self.on(reader) { reader.close() }
    }

    @Test("what did not fit is still there, and what came while nobody read")
    func leftOver() async throws {
        let (reader, writer) = try await Self.pair()
        try await Self.on(writer) { try await writer.write([1, 2, 3, 4, 5, 6], stall: 1000) }
        #expect(try await Self.read(reader, upTo: 4) == [1, 2, 3, 4])
        #expect(try await Self.read(reader, upTo: 2) == [5, 6])
        try await Self.on(writer) { try await writer.write([7], stall: 1000) }
        try await Self.on(reader) { for _ in 0..<100 { await Task.yield() } }
        #expect(try await Self.read(reader, upTo: 4) == [7])
        try await Self.on(reader) { reader.close() }
        try await Self.on(writer) { writer.close() }
    }

    @Test("urgent data, at which a read stops, keeps nobody from what comes behind it")
    func urgent() async throws {
        let loop = try #require(loops).loops[0]
        let listener = try await Task(executorPreference: loop) {
            try Listener(SocketAddress(ip: #require(IPAddress("127.0.0.1")), port: 0), on: loop)
        }.value
        let peer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(peer) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(listener.address.port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(peer, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        try #require(connected == 0)
        for (text, flags) in [("ab", 0), ("x", Int32(MSG_OOB)), ("cd", 0)] { #expect(send(peer, text, text.utf8.count, Int32(flags)) > 0) }
        let reader = try await Task(executorPreference: loop) {
            let accepted = try await listener.accept()
            listener.close()
            return try ByteStream(accepted.descriptor, peer: accepted.peer, on: loop)
        }.value
        // The edge is taken before anybody reads.
        try await Self.on(reader) { for _ in 0..<100 { await Task.yield() } }
        #expect(try await Self.read(reader, upTo: 100) == Array("ab".utf8))
        #expect(try await Self.read(reader, upTo: 100) == Array("cd".utf8))
        try await Self.on(reader) { reader.close() }
    }

    @Test("whatever the sizes of writes and reads, all bytes come in order, and then the end", arguments: 1...12 as ClosedRange<UInt64>)
    func anySizes(seed: UInt64) async throws {
        let (reader, writer) = try await Self.pair()
        let sent = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        async let writing: Void = Self.on(writer) {
            var random = SeededGenerator(seed: seed)
            var position = 0
            while position < sent.count {
                let end = min(sent.count, position + Int.random(in: 1...(Bool.random(using: &random) ? 50 : 20_000), using: &random))
                try await writer.write(sent[position..<end], stall: 20_000)
                position = end
                if Bool.random(using: &random) { await Task.yield() }
            }
            writer.close()
        }
        let received = try await Self.on(reader) {
            var random = SeededGenerator(seed: seed &+ 1000)
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 30_000)
            while true {
                let size = Int.random(in: 1...(Bool.random(using: &random) ? 60 : 30_000), using: &random)
                let count = try await reader.read(into: &buffer, from: 0, limit: size, until: Monotonic.milliseconds + 20_000)
                if count == 0 { break }
                received += buffer[..<count]
                if Bool.random(using: &random) { await Task.yield() }
            }
            reader.close()
            return received
        }
        try await writing
        #expect(received == sent)
    }
}
