package import HTTP
package import IO

/// Posts deliveries over kept connections, one client for each loop.
package final class WebhookSender: Sendable {
    private let clients: [HTTPClient]
    private let timeout: Int64

    /// - Parameters:
    ///   - policy: which addresses may be called.
    ///   - authorities: a PEM file of certificate authorities, instead of the system's.
    ///   - timeout: milliseconds for one whole attempt.
    package init(
        policy: AddressPolicy, authorities: String? = nil, timeout: Int64 = 15_000, loops: EventLoopGroup, pool: BlockingPool
    ) throws(StreamError) {
        var options = HTTPClient.Options()
        options.policy = policy
        if let authorities { options.tls = try TLSContext.client(authorities: authorities) }
        clients = loops.loops.map { HTTPClient(on: $0, resolver: pool, options: options) }
        self.timeout = timeout
    }

    /// One attempt. The receiver's answer counts by its status; its content is passed over.
    package func send(_ delivery: DeliveryRequest) async -> AttemptOutcome {
        guard let client = clients.first(where: { $0.loop.isCurrent }) ?? clients.first else {
            return .failed("there is no event loop")
        }
        // It carries its own id, so a receiver that gets it twice can tell.
        let request = HTTPRequest(.post, delivery.url, headers: delivery.headers, content: delivery.body, isRepeatable: true)
        do throws(HTTPClientError) {
            let response = try await client.execute(
                request, until: Monotonic.milliseconds + timeout, capture: .prefix(4096))
            return .answered(Int(response.status.code))
        } catch {
            return .failed(error.message)
        }
    }
}
