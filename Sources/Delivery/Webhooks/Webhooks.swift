package import Crypto
package import EventLog
import Events
package import HTTP
package import IO
import Synchronization

/// The webhooks and their deliveries. Changes are records of the log, decided and sequenced under one lock, and take
/// effect when they are on disk.
package final class Webhooks: Sendable {
    package struct Options: Sendable {
        /// Folder of secrets, and of cursors that an earlier version left.
        package var directory: String
        /// The name that events carry.
        package var host: String
        package var userAgent: String
        package var formats: FormatOptions
        package var limit = 10_000
        /// Requests under way, of all webhooks together (but always one for each).
        package var requests = 2048
        /// Between the first two probes of a receiver that fails; milliseconds.
        var firstProbe = Circuit.firstInterval

        package init(directory: String, host: String, userAgent: String, formats: FormatOptions) {
            self.directory = directory
            self.host = host
            self.userAgent = userAgent
            self.formats = formats
        }
    }

    struct State {
        var fold: WebhookState
        /// Those with a record on its way to disk.
        var pending: Set<String> = []
        var endpoints: [String: Endpoint] = [:]
        /// Why a webhook cannot be followed.
        var problems: [String: String] = [:]
        var tasks: [Task<Void, Never>] = []
        /// What of the log each webhook is done with for good.
        var savedPositions: [String: UInt64] = [:]
        var isStopped = false

        func view(_ webhook: Webhook) -> View {
            let endpoint = endpoints[webhook.id]
            return View(webhook: webhook, status: endpoint?.status, problem: problems[webhook.id], publicKey: endpoint?.publicKey)
        }
    }

    let options: Options
    let log: EventLog
    let attempts: DeliveryLog
    let pool: BlockingPool
    let readers: BlockingPool
    let loops: EventLoopGroup
    let store: CredentialStore
    let send: @Sendable (DeliveryRequest) async -> AttemptOutcome
    let ask: @Sendable (HTTPURL, TLSIdentity?, _ timeout: Int64) async -> Handshake.Outcome
    let state: Mutex<State>
    let dispatcher: Dispatcher
    let feed: Feed
    let timetable = Timetable()
    let turns = Turns()
    let budget: Budget
    package let meters = Meters()
    /// How far each webhook had got at the start.
    let saved: [String: SavedEndpoint]

    /// - Parameters:
    ///   - state: what the log says up to now.
    ///   - deliveries: what became of deliveries so far.
    ///   - key: seals the secrets at rest.
    ///   - send: posts once, and `ask` asks whether a receiver wants to be called; see `WebhookSender`.
    package init(
        options: Options, state: WebhookState, log: EventLog, deliveries: SavedDeliveries, pool: BlockingPool,
        loops: EventLoopGroup, key: SecretKey, send: @escaping @Sendable (DeliveryRequest) async -> AttemptOutcome,
        ask: @escaping @Sendable (HTTPURL, TLSIdentity?, _ timeout: Int64) async -> Handshake.Outcome
    ) throws(IOError) {
        self.options = options
        budget = Budget(Budget.Limits(requests: options.requests))
        self.log = log
        attempts = deliveries.log
        saved = deliveries.endpoints
        self.pool = pool
        self.loops = EventLoopGroup(sharing: loops)
        // Matching is work for processors, of which there are about as many as loops.
        readers = BlockingPool(name: "readers", threads: max(2, loops.loops.count / 2))
        self.send = send
        self.ask = ask
        try Files.makeDirectories(options.directory, mode: 0o700)
        store = CredentialStore(directory: options.directory, key: key)
        try store.removeAll(except: state.webhooks.mapValues(\.settings.credentials))
        self.state = Mutex(State(fold: state))
        feed = Feed(at: log.durableSequence)
        dispatcher = Dispatcher(log: log, pool: pool, feed: feed)
    }

    /// - Parameter sequence: a record up to which everything was folded in, the records of others included.
    package func snapshot(through sequence: UInt64) -> (sequence: UInt64, bytes: @Sendable () -> [UInt8]) {
        let fold = state.withLock { $0.fold }
        return (max(fold.sequence, sequence), { fold.encoded() })
    }

    // MARK: Reading

    package struct View: Sendable {
        package let webhook: Webhook
        package let status: EndpointStatus?
        /// Why nothing is delivered.
        package let problem: String?
        /// What receivers verify with, where deliveries are signed with an Ed25519 key: `whpk_...`.
        package let publicKey: String?

        package init(webhook: Webhook, status: EndpointStatus?, problem: String? = nil, publicKey: String? = nil) {
            self.webhook = webhook
            self.status = status
            self.problem = problem
            self.publicKey = publicKey
        }
    }

    /// All webhooks, oldest first.
    package func list() -> [View] {
        state.withLock { state in
            state.fold.webhooks.values.sorted { $0.created < $1.created }.map { state.view($0) }
        }
    }

    package func view(_ id: String) -> View? {
        state.withLock { state in state.fold.webhooks[id].map { state.view($0) } }
    }

    /// Attempts that were made and could not be recorded.
    package var unrecordedAttempts: UInt64 { attempts.unrecorded }

    func endpoint(_ id: String) throws(WebhookError) -> Endpoint {
        let (webhook, endpoint, problem) = state.withLock { ($0.fold.webhooks[id], $0.endpoints[id], $0.problems[id]) }
        guard webhook != nil else { throw Self.unknown(id) }
        guard let endpoint else { throw WebhookError(.unavailable, problem ?? "webhook \(id) is being set up: try again") }
        return endpoint
    }
}
