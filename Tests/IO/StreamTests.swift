import Glibc
import IO
import Synchronization
import Testing

/// The loops that all tests of this bundle share: they live as long as the process.
let loops = try? EventLoopGroup(count: 2)

func onLoop<R: Sendable>(
    _ body: @escaping @Sendable (EventLoop) async throws -> R
) async throws -> R {
    let loop = try #require(loops).next()
    return try await Task(executorPreference: loop) { try await body(loop) }.value
}

@Suite("Streams on an event loop")
struct StreamTests {
    private static func loopback(_ loop: EventLoop) throws -> Listener {
        try Listener(SocketAddress(ip: #require(IPAddress("127.0.0.1")), port: 0), on: loop)
    }

    /// Both ends of a connection, each on the loop that is given.
    private static func pair(_ loop: EventLoop) async throws -> (client: ByteStream, server: ByteStream) {
        let listener = try loopback(loop)
        defer { listener.close() }
        async let client = ByteStream.connect(to: listener.address, on: loop, until: .max)
        let accepted = try await listener.accept()
        let server = try ByteStream(accepted.descriptor, peer: accepted.peer, on: loop)
        return (try await client, server)
    }

    private final class Listening: TurnListener {
        let count = Atomic(0)
        func turnEnded() { count.add(1, ordering: .relaxed) }
    }

    @Test("who asks for the end of a turn is told then, once however often it asked, and not in the next")
    func turnEnds() async throws {
        #expect(EventLoop.current == nil)
        try await onLoop { loop in
            #expect(EventLoop.current === loop)
            let listening = Listening()
            for turn in 1...3 {
                for _ in 0..<3 { loop.atEndOfTurn(listening) }
                #expect(listening.count.load(ordering: .relaxed) == turn - 1)
                await Task.yield()
                #expect(listening.count.load(ordering: .relaxed) == turn)
                await Task.yield()
                #expect(listening.count.load(ordering: .relaxed) == turn)
            }
        }
    }

    @Test("bytes arrive as they were written, more of them than any socket buffer holds")
    func largeTransfer() async throws {
        let received = try await onLoop { loop in
            let (client, server) = try await Self.pair(loop)
            let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            async let writing: Void = {
                try await client.write(sent, stall: 10_000)
                client.close()
            }()
            var received: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = try await server.read(into: &chunk, from: 0, until: .max)
                if count == 0 { break }
                received += chunk[..<count]
            }
            try await writing
            server.close()
            return received == sent
        }
        #expect(received)
    }

    @Test("a read whose deadline passes ends with timedOut")
    func readDeadline() async throws {
        let code = try await onLoop { loop in
            let (client, server) = try await Self.pair(loop)
            defer { client.close() }
            var chunk = [UInt8](repeating: 0, count: 16)
            do {
                _ = try await server.read(into: &chunk, from: 0, until: Monotonic.milliseconds + 50)
                return StreamError.Code?.none
            } catch let error as StreamError { return error.code }
        }
        #expect(code == .timedOut)
    }

    @Test("a peer that takes nothing stops a writer after the stall time")
    func writeStall() async throws {
        let code = try await onLoop { loop in
            let (client, server) = try await Self.pair(loop)
            defer { server.close() }
            do {
                try await client.write([UInt8](repeating: 1, count: 64 << 20), stall: 100)
                return StreamError.Code?.none
            } catch let error as StreamError { return error.code }
        }
        #expect(code == .timedOut)
    }

    @Test("interrupt wakes a waiting reader")
    func interrupt() async throws {
        let code = try await onLoop { loop in
            let (client, server) = try await Self.pair(loop)
            async let outcome: StreamError.Code? = {
                var chunk = [UInt8](repeating: 0, count: 16)
                do {
                    _ = try await server.read(into: &chunk, from: 0, until: .max)
                    return nil
                } catch let error as StreamError { return error.code }
            }()
            await Task.yield()
            server.channel.interrupt()
            let code = try await outcome
            client.close()
            return code
        }
        #expect(code == .interrupted)
    }

    @Test("a file goes through sendfile whole")
    func sendFile() async throws {
        let path = "/tmp/signalbox-sendfile-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { unlink(path); close(descriptor) }
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(content.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == content.count)
        let equal = try await onLoop { loop in
            let (client, server) = try await Self.pair(loop)
            async let sending: Void = {
                var offset = 0
                while offset < 1_000_000 {
                    offset += try await client.sendFile(descriptor, at: offset, count: 1_000_000 - offset, stall: 10_000)
                }
                client.close()
            }()
            var received: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            while case let count = try await server.read(into: &chunk, from: 0, until: .max), count > 0 {
                received += chunk[..<count]
            }
            try await sending
            return received == content
        }
        #expect(equal)
    }

    @Test("connecting where nobody listens is refused, in words that name the address")
    func refused() async throws {
        let error = try await onLoop { loop -> StreamError? in
            let listener = try Self.loopback(loop)
            let address = listener.address
            listener.close()
            do {
                _ = try await ByteStream.connect(to: address, on: loop, until: Monotonic.milliseconds + 5000)
                return nil
            } catch let error as StreamError { return error }
        }
        #expect(error?.code == .refused)
        #expect(error?.description.contains("127.0.0.1") == true)
    }

    @Test("ten thousand turns between two loops neither lose nor repeat a wake-up")
    func pingPong() async throws {
        let group = try #require(loops)
        let listenLoop = group.loops[0]
        let listener = try await Task(executorPreference: listenLoop) { try Self.loopback(listenLoop) }.value
        let server = Task(executorPreference: listenLoop) {
            let accepted = try await listener.accept()
            let stream = try ByteStream(accepted.descriptor, peer: accepted.peer, on: listenLoop)
            var byte: [UInt8] = [0]
            while try await stream.read(into: &byte, from: 0, until: .max) == 1 { try await stream.write(byte, stall: 5000) }
            stream.close()
            listener.close()
        }
        let other = group.loops[1]
        try await Task(executorPreference: other) {
            let stream = try await ByteStream.connect(to: listener.address, on: other, until: .max)
            var byte: [UInt8] = [0]
            for turn in 0..<10_000 {
                try await stream.write([UInt8(truncatingIfNeeded: turn)], stall: 5000)
                _ = try await stream.read(into: &byte, from: 0, until: .max)
                #expect(byte[0] == UInt8(truncatingIfNeeded: turn))
            }
            stream.close()
        }.value
        try await server.value
    }
}

@Suite("Groups of event loops")
struct EventLoopGroupTests {
    @Test("who shares a group's loops takes turns of its own")
    func sharing() throws {
        let group = try #require(loops)
        let shared = EventLoopGroup(sharing: group)
        var met: Set<ObjectIdentifier> = []
        for _ in group.loops {
            // One of the group's own between two of these: with turns in common, every second loop would never be met.
            _ = group.next()
            met.insert(ObjectIdentifier(shared.next()))
        }
        #expect(met.count == group.loops.count)
    }
}
