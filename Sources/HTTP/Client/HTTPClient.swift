package import IO
import Synchronization

/// An HTTP/1.1 client on one event loop: connections are kept and shared by requests to the same origin.
///
/// It follows no redirects and knows no proxies: where a request goes is what the caller said, and `AddressPolicy` is
/// asked about the very address. Calls may come from any task; their work is done on the loop.
package final class HTTPClient: TurnListener {
    package struct Options: Sendable {
        package var policy = AddressPolicy.localToo
        /// For `https` without an identity of the request's own; nil stands for the system's authorities, which are read when first needed.
        package var tls: TLSContext?
        /// Instead of `tls`, where several clients share them.
        package var contexts: TLSContexts?
        /// Where names are looked up, where several clients share that.
        package var names: NameResolver?
        /// Milliseconds for one address to accept a connection.
        package var connectTimeout: Int64 = 10_000
        /// Milliseconds for the TLS handshake.
        package var handshakeTimeout: Int64 = 10_000
        /// Milliseconds that an unused connection is kept.
        package var idleTimeout: Int64 = 30_000
        /// To one origin with one TLS identity.
        package var connectionsPerOrigin = 16
        package var connections = 256
        /// Requests that may wait for a connection; more are refused.
        package var waitingRequests = 4096
        package var limits = HeadLimits()
        package var userAgent = "signalbox"

        package init() {}
    }

    package let loop: EventLoop
    let options: Options
    let pool: BlockingPool
    let names: NameResolver
    let contexts: TLSContexts
    let state: Mutex<State>

    struct Unwatched {
        let connection: ClientConnection
        let destination: Destination
        /// Of the time when it became idle.
        let stamp: UInt64
    }

    /// Touched on the loop and, for cancellation and shutdown, from elsewhere: a few instructions under a lock.
    struct State {
        var pool: ConnectionPool
        var idle: [ConnectionPool.ConnectionID: ClientConnection] = [:]
        /// What became idle in this turn of the loop.
        var unwatched: [Unwatched] = []
        var waiters = WaiterTable()
        var resumptions = BoundedCache<Destination, TLSResumption>(limit: 1024)
    }

    /// - Parameter resolver: where names are looked up and authorities read, which block.
    package init(on loop: EventLoop, resolver: BlockingPool, options: Options = Options()) {
        self.loop = loop
        pool = resolver
        names = options.names ?? NameResolver(pool: resolver)
        contexts = options.contexts ?? TLSContexts(standard: options.tls)
        self.options = options
        let limits = ConnectionPool.Limits(
            perDestination: max(1, options.connectionsPerOrigin), total: max(1, options.connections), waiting: max(0, options.waitingRequests))
        state = Mutex(State(pool: ConnectionPool(limits: limits)))
    }

    /// Sends a request and reads the answer.
    /// - Parameter deadline: monotonic milliseconds for the whole exchange, waiting for a connection included.
    @concurrent package func execute(
        _ request: HTTPRequest, until deadline: Int64, capture: ContentCapture = .whole(limit: 1 << 20)
    ) async throws(HTTPClientError) -> HTTPResponse {
        try await stream(request, until: deadline) { head, body throws(HTTPClientError) in
            let (content, isTruncated) = try await body.collect(capture, until: deadline)
            return HTTPResponse(head: head, content: content, isTruncated: isTruncated)
        }
    }

    /// Sends a request and gives its answer to `read` as it arrives. `read` runs on the loop, so it must not block;
    /// when it returns before the content's end the connection is closed.
    /// - Parameter deadline: monotonic milliseconds until the head of the answer is there.
    @concurrent package func stream<R: Sendable>(
        _ request: HTTPRequest, until deadline: Int64,
        _ read: @escaping @Sendable (ResponseHead, inout ResponseBody) async throws(HTTPClientError) -> R
    ) async throws(HTTPClientError) -> R {
        try await onLoop { await self.exchange(request, until: deadline, read) }.get()
    }

    /// Refuses further requests and those that wait, and closes idle connections; exchanges under way end on their own.
    @concurrent package func shutDown() async {
        await onLoop {
            let (connections, resumptions) = self.state.withLock { state in
                let (closing, refusing) = state.pool.shutDown()
                let error = HTTPClientError(.shutDown, "the client is shut down")
                return (
                    closing.compactMap { state.idle.removeValue(forKey: $0) },
                    refusing.compactMap { state.waiters.settle($0, .failure(error)) }
                )
            }
            for connection in connections { connection.stream.close() }
            for resume in resumptions { resume() }
        }
    }

    /// Sockets belong to the loop, so whatever touches them runs there. `@concurrent` is what makes a function move to
    /// the executor that its task prefers; without it the caller's thread would go on.
    @concurrent private func onLoop<R: Sendable>(_ body: @concurrent @Sendable () async -> R) async -> R {
        if loop.isCurrent { return await body() }
        return await withTaskExecutorPreference(loop) {
            // The preference takes effect where the task is next scheduled.
            await Task.yield()
            return await body()
        }
    }
}
