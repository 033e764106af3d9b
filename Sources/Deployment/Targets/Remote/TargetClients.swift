import HTTP
import IO
import Synchronization

/// The HTTP clients of targets: one for each set of certificate authorities, made when first needed.
final class TargetClients: Sendable {
    private let policy: AddressPolicy
    private let authorities: String?
    private let userAgent: String
    private let loops: EventLoopGroup
    private let pool: BlockingPool
    // A Mutex: looked up once for each run, from any task.
    private let clients = Mutex<[String?: HTTPClient]>([:])

    init(policy: AddressPolicy, authorities: String?, userAgent: String, loops: EventLoopGroup, pool: BlockingPool) {
        self.policy = policy
        self.authorities = authorities
        self.userAgent = userAgent
        self.loops = loops
        self.pool = pool
    }

    /// - Parameter authorities: a PEM file for this target alone.
    func client(authorities own: String? = nil) async throws(TargetFailure) -> HTTPClient {
        let file = own ?? authorities
        if let client = clients.withLock({ $0[file] }) { return client }
        var options = HTTPClient.Options()
        options.policy = policy
        options.userAgent = userAgent
        options.connectionsPerOrigin = 8
        options.connections = 64
        if let file {
            do throws(StreamError) {
                options.tls = try await pool.run { () throws(StreamError) in try TLSContext.client(authorities: file) }
            } catch {
                throw .retryable(error.description)
            }
        }
        let made = HTTPClient(on: loops.next(), resolver: pool, options: options)
        return clients.withLock { clients in
            // Triggers come and go, and with them the files that they name. Who uses a client goes on with it.
            if clients.count >= 64 { clients.removeAll() }
            let first = clients[file] ?? made
            clients[file] = first
            return first
        }
    }

    func shutDown() async {
        for client in clients.withLock({ Array($0.values) }) { await client.shutDown() }
    }
}
