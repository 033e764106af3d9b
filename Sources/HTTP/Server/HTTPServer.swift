package import IO
import Synchronization

/// Answers one request. Called on the connection's loop: what blocks goes to a `BlockingPool`.
package typealias Handler = @Sendable (Request, RequestBody) async -> Response

/// Accepts connections and spreads them over the loops.
package final class HTTPServer: Sendable {
    let options: HTTPServerOptions
    let handler: Handler
    let pool: BlockingPool
    private let loops: EventLoopGroup
    private let tls: TLSContext?
    private let state = Mutex(State())

    private struct State {
        var connections: [ObjectIdentifier: ConnectionLifetime] = [:]
        var listeners: [(Listener, EventLoop)] = []
        var isStopping = false
    }

    package init(
        options: HTTPServerOptions = HTTPServerOptions(), loops: EventLoopGroup, pool: BlockingPool, tls: TLSContext? = nil,
        handler: @escaping Handler
    ) {
        self.options = options
        self.loops = loops
        self.pool = pool
        self.tls = tls
        self.handler = handler
    }

    /// How many connections are open.
    package var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Listens and serves from now on; answers the address, with the port that the kernel chose where it was 0.
    package func listen(on address: SocketAddress) async throws(StreamError) -> SocketAddress {
        let loop = loops.next()
        let result: Result<Listener, StreamError> = await Task(executorPreference: loop) {
            do throws(StreamError) { return .success(try Listener(address, on: loop)) } catch { return .failure(error) }
        }.value
        let listener = try result.get()
        state.withLock { $0.listeners.append((listener, loop)) }
        Task(executorPreference: loop) { await self.acceptAll(listener) }
        return listener.address
    }

    private func acceptAll(_ listener: Listener) async {
        while true {
            do throws(StreamError) {
                start(try await listener.accept())
            } catch {
                if error.code == .interrupted { return }
                // Out of descriptors or memory: those who wait are served once something is free again.
                Diagnostics.warning("\(error); trying again in 100 ms")
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func start(_ accepted: Listener.Accepted) {
        let loop = loops.next()
        Task(executorPreference: loop) {
            guard let stream = try? ByteStream(accepted.descriptor, peer: accepted.peer, on: loop) else { return }
            let lifetime = ConnectionLifetime(stream.channel)
            lifetime.task = Task(executorPreference: loop) { await self.serve(stream, lifetime) }
        }
    }

    private func serve(_ stream: ByteStream, _ lifetime: ConnectionLifetime) async {
        guard admit(lifetime) else {
            if state.withLock({ $0.isStopping }) { return stream.close() }
            let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
            if tls == nil { try? await stream.write(Array(busy.utf8), stall: 1_000) }
            stream.close()
            return
        }
        defer { state.withLock { $0.connections[ObjectIdentifier(lifetime)] = nil } }
        var secured = stream
        if let tls {
            guard let session = try? await stream.startTLS(tls, until: Monotonic.milliseconds + options.header) else { return }
            secured = session
        }
        await Connection(secured, of: self, lifetime: lifetime).serve()
    }

    private func admit(_ lifetime: ConnectionLifetime) -> Bool {
        state.withLock { state in
            guard !state.isStopping, state.connections.count < options.connections else { return false }
            state.connections[ObjectIdentifier(lifetime)] = lifetime
            return true
        }
    }

    /// Stops accepting, lets requests in flight finish for `drain` milliseconds, then ends what is left.
    package func stop(drain: Int64) async {
        let listeners = state.withLock { state in
            state.isStopping = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for (listener, loop) in listeners { await Task(executorPreference: loop) { listener.close() }.value }
        await eachConnection { $0.drain() }
        await waitUntilEmpty(Monotonic.milliseconds + drain)
        await eachConnection { $0.abort() }
        await waitUntilEmpty(Monotonic.milliseconds + 1_000)
    }

    private func eachConnection(_ body: @escaping @Sendable (ConnectionLifetime) -> Void) async {
        for lifetime in state.withLock({ Array($0.connections.values) }) {
            await Task(executorPreference: lifetime.channel.loop) { body(lifetime) }.value
        }
    }

    /// Looks again every few milliseconds: this happens once in a process' life.
    private func waitUntilEmpty(_ deadline: Int64) async {
        while connectionCount > 0, Monotonic.milliseconds < deadline { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
