package import HTTP
package import IO

/// Posts deliveries over kept connections, one client for each loop. They share TLS contexts and look names up on threads of
/// their own: a name server that hangs holds up neither the hub's files nor those who have a connection.
package final class WebhookSender: Sendable {
    private let clients: [HTTPClient]
    /// Milliseconds for one attempt that says nothing else.
    let timeout: Int64

    private static let nameThreads = 64

    /// How much of an answer is kept for operators.
    package static let responsePrefix = 4096

    /// - Parameters:
    ///   - policy: which addresses may be called.
    ///   - authorities: a PEM file of certificate authorities, instead of the system's.
    ///   - timeout: milliseconds for one whole attempt that says nothing else.
    ///   - connections: of each loop, those that are kept included.
    ///   - names: nil stands for the system's resolver.
    package init(
        policy: AddressPolicy, authorities: String? = nil, timeout: Int64 = 15_000, connections: Int = 8192, loops: EventLoopGroup, pool: BlockingPool,
        names: NameResolver? = nil
    ) throws(StreamError) {
        var options = HTTPClient.Options()
        options.policy = policy
        // Deliveries have bounds of their own. Webhooks of one origin must not wait for one another's connections.
        options.connections = connections
        options.connectionsPerOrigin = 2048
        options.waitingRequests = 65_536
        options.contexts = TLSContexts(standard: try authorities.map { file throws(StreamError) in try .client(authorities: file) })
        options.names = names ?? NameResolver(pool: BlockingPool(name: "names", threads: Self.nameThreads), threads: Self.nameThreads)
        clients = loops.loops.map { HTTPClient(on: $0, resolver: pool, options: options) }
        self.timeout = timeout
    }

    /// One attempt. The receiver's answer counts by its status; of its content the first bytes are kept.
    package func send(_ delivery: DeliveryRequest) async -> AttemptOutcome {
        // It carries its own id, so a receiver that gets it twice can tell.
        await send(HTTPRequest(
            .post, delivery.url, headers: delivery.headers, content: delivery.body, isRepeatable: true, tls: delivery.tls), delivery.timeout)
    }

    private func send(_ request: HTTPRequest, _ timeout: Int64?) async -> AttemptOutcome {
        let begin = Monotonic.nanoseconds
        var outcome: AttemptOutcome
        do throws(HTTPClientError) {
            let response = try await answer(to: request, timeout)
            let retryAfter = response.headers[.retryAfter].flatMap { RetryAfter.seconds($0, now: Wall.milliseconds / 1000) }
            outcome = .answered(Int(response.status.code), response: response.content, retryAfter: retryAfter)
        } catch {
            outcome = .failed(Self.text(error, after: (Monotonic.nanoseconds - begin) / 1_000_000, timeout ?? self.timeout))
        }
        outcome.latency = (Monotonic.nanoseconds - begin) / 1000
        return outcome
    }

    /// With what can be done about it.
    /// - Parameter elapsed: milliseconds.
    static func text(_ error: HTTPClientError, after elapsed: Int64, _ timeout: Int64) -> String {
        switch error.code {
        case .timedOut:
            "\(error.message): given up after \((elapsed + 500) / 1000) s (the webhook's timeout is \(timeout / 1000) s for all of an attempt)"
        case .forbiddenAddress where ["a loopback address", "a private address"].contains { error.message.hasSuffix($0) }:
            "\(error.message); networks that are meant go into webhooks.allowNetworks in the hub's config file"
        default: error.message
        }
    }

    func answer(to request: HTTPRequest, _ timeout: Int64?) async throws(HTTPClientError) -> HTTPResponse {
        guard let client = clients.first(where: { $0.loop.isCurrent }) ?? clients.first else {
            throw HTTPClientError(.shutDown, "there is no event loop")
        }
        return try await client.execute(
            request, until: Monotonic.milliseconds + (timeout ?? self.timeout), capture: .prefix(Self.responsePrefix))
    }
}
