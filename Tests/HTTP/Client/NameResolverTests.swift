import Dispatch
import HTTP
import IO
import Synchronization
import Testing

@Suite("Names that are looked up")
struct NameResolverTests {
    private static func address(_ ip: String) throws -> SocketAddress {
        SocketAddress(ip: try #require(IPAddress(ip)), port: 0)
    }

    /// A server on loopback, and a client that may connect only to public addresses, whose names are answered by `lookup`.
    private func setUp(
        policy: AddressPolicy = .publicOnly, _ lookup: @escaping NameResolver.Lookup
    ) async throws -> (server: ScriptedServer, client: HTTPClient) {
        let server = try await ScriptedServer.start { number, peer in
            while try await peer.request() != nil { try await peer.answer("\(number)", fields: "Connection: close\r\n") }
        }
        let names = NameResolver(pool: Shared.pool, lookup: lookup)
        return (server, try makeClient { options in
            options.policy = policy
            options.names = names
        })
    }

    @Test("an answer that changes after it was approved gains nothing: the address connected to is judged, each time")
    func rebinding() async throws {
        let (allowed, inner) = (try Self.address("127.0.0.1"), try Self.address("169.254.169.254"))
        let count = Mutex(0)
        let (server, client) = try await setUp(policy: .localToo) { _, _ in
            count.withLock { count in
                count += 1
                return [count == 2 ? inner : allowed]
            }
        }
        let url = try server.url("/", host: "rebind.example")
        #expect(try await client.text(url) == "1")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .forbiddenAddress)
        #expect(try await client.text(url) == "2")
        #expect(count.withLock { $0 } == 3, "nothing is remembered")
    }

    @Test("of several answers those that are forbidden are not connected to", arguments: [
        "127.0.0.1", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "10.0.0.1", "169.254.169.254",
        "0.0.0.0", "::", "fe80::1", "fd00:ec2::254", "224.0.0.1", "ff02::1",
    ])
    func mixed(forbidden: String) async throws {
        let answer = try Self.address(forbidden)
        let (server, client) = try await setUp { _, _ in [answer, answer] }
        let url = try server.url("/", host: "mixed.example")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .forbiddenAddress)
        #expect(server.connectionCount == 0)
    }

    @Test("a listed network is allowed, and only that")
    func listed() async throws {
        let (allowed, other) = (try Self.address("127.0.0.1"), try Self.address("127.0.1.1"))
        let policy = AddressPolicy(allowsLoopback: false, allowsPrivate: false, networks: [try #require(IPNetwork("127.0.0.0/24"))])
        let (server, client) = try await setUp(policy: policy) { host, _ in host == "allowed.example" ? [other, allowed] : [other] }
        #expect(try await client.text(server.url("/", host: "allowed.example")) == "1")
        let url = try server.url("/", host: "other.example")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .forbiddenAddress)
    }

    @Test("many who ask for one name share one look-up, and one that hangs holds up no other name")
    func sharing() async throws {
        let loopback = try Self.address("127.0.0.1")
        let (answers, answer) = AsyncStream.makeStream(of: Void.self)
        let asked = Mutex<[String]>([])
        let gate = Gate()
        let (server, client) = try await setUp(policy: .localToo) { host, _ in
            asked.withLock { $0.append(host) }
            if host == "hangs.example" {
                answer.yield()
                gate.wait()
            }
            return [loopback]
        }
        let hanging = try server.url("/", host: "hangs.example")
        let waiting = (0..<10).map { _ in Task { try await client.text(hanging) } }
        var signals = answers.makeAsyncIterator()
        await signals.next()
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(hanging, timeout: 50) } == .timedOut)
        #expect(try await client.text(server.url("/", host: "works.example")) == "1")
        #expect(asked.withLock { $0 } == ["hangs.example", "works.example"])
        gate.open()
        for task in waiting { _ = try await task.value }
    }

    @Test("names that hang, however many, leave threads to names that were quick, and end one after the other")
    func fairShare() async throws {
        let loopback = try Self.address("127.0.0.1")
        let gate = Gate()
        defer { gate.open() }
        let begun = Mutex(Set<String>())
        let names = NameResolver(pool: BlockingPool(name: "test", threads: 8), threads: 8) { host, _ in
            _ = begun.withLock { $0.insert(host) }
            if host.hasPrefix("hangs") { gate.wait() }
            return [loopback]
        }
        let server = try await ScriptedServer.start { _, peer in
            while try await peer.request() != nil { try await peer.answer("ok", fields: "Connection: close\r\n") }
        }
        let client = try makeClient { options in
            options.policy = .localToo
            options.names = names
        }
        #expect(try await client.text(server.url("/", host: "quick.example")) == "ok")
        let hanging = try (0..<20).map { try server.url("/", host: "hangs\($0).example") }
        let waiting = hanging.map { url in Task { try await client.text(url) } }
        // All that may are at it, and one who is known goes before them all.
        while begun.withLock({ $0.count }) < 7 { await Task.yield() }
        for _ in 0..<5 { #expect(try await client.text(server.url("/", host: "quick.example")) == "ok") }
        #expect(begun.withLock { $0.count } == 7, "six of eight threads")
        gate.open()
        for task in waiting { #expect(try await task.value == "ok") }
    }

    @Test("who gives up waiting for a name is let go")
    func cancelled() async throws {
        let gate = Gate()
        defer { gate.open() }
        let (answers, answer) = AsyncStream.makeStream(of: Void.self)
        let (server, client) = try await setUp { _, _ in
            answer.yield()
            gate.wait()
            return []
        }
        let url = try server.url("/", host: "hangs.example")
        let task = Task { await code { () throws(HTTPClientError) in _ = try await client.text(url) } }
        var signals = answers.makeAsyncIterator()
        await signals.next()
        task.cancel()
        #expect(await task.value == .cancelled)
    }
}

/// Holds threads up until it is opened.
private final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() {
        if isOpen.withLock({ $0 }) { return }
        semaphore.wait()
        semaphore.signal()
    }

    func open() {
        isOpen.withLock { $0 = true }
        semaphore.signal()
    }
}
