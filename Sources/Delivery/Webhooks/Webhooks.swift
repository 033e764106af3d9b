package import Crypto
package import EventLog
import Events
package import IO
import Synchronization

/// The webhooks and their followers. Changes are records of the log, decided and sequenced under one lock, and take
/// effect when they are on disk.
package final class Webhooks: Sendable {
    package struct Options: Sendable {
        /// Folder of secrets and cursors.
        package var directory: String
        /// The name that events carry.
        package var host: String
        package var userAgent: String
        package var limit = 10_000

        package init(directory: String, host: String, userAgent: String) {
            self.directory = directory
            self.host = host
            self.userAgent = userAgent
        }
    }

    struct Running {
        let follower: Follower
        let task: Task<Void, Never>
    }

    struct State {
        var fold: WebhookState
        /// Those with a record on its way to disk.
        var pending: Set<String> = []
        var running: [String: Running] = [:]
        /// Why a webhook cannot be followed.
        var problems: [String: String] = [:]
        var isStopped = false
    }

    let options: Options
    let log: EventLog
    let pool: BlockingPool
    let loops: EventLoopGroup
    let store: CredentialStore
    let send: @Sendable (DeliveryRequest) async -> AttemptOutcome
    let state: Mutex<State>

    /// - Parameters:
    ///   - state: what the log says up to now.
    ///   - key: seals the secrets at rest.
    ///   - send: posts once; see `WebhookSender`.
    package init(
        options: Options, state: WebhookState, log: EventLog, pool: BlockingPool, loops: EventLoopGroup, key: SecretKey,
        send: @escaping @Sendable (DeliveryRequest) async -> AttemptOutcome
    ) throws(IOError) {
        self.options = options
        self.log = log
        self.pool = pool
        self.loops = loops
        self.send = send
        try Files.makeDirectories(options.directory, mode: 0o700)
        store = CredentialStore(directory: options.directory, key: key)
        try store.removeAll(except: state.webhooks.mapValues(\.settings.credentials))
        self.state = Mutex(State(fold: state))
    }

    /// Starts to follow the log for every webhook that is there.
    package func start() async {
        for webhook in state.withLock({ Array($0.fold.webhooks.values) }) { await follow(webhook) }
    }

    /// Ends all followers; what is not delivered stays for the next start.
    package func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            defer { state.running = [:] }
            return state.running.values.map(\.task)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// - Parameter sequence: a record up to which everything was folded in, the records of others included.
    package func snapshot(through sequence: UInt64) -> (sequence: UInt64, bytes: @Sendable () -> [UInt8]) {
        let fold = state.withLock { $0.fold }
        return (max(fold.sequence, sequence), { fold.encoded() })
    }

    // MARK: Reading

    package struct View: Sendable {
        package let webhook: Webhook
        package let status: FollowerStatus?
        /// Why nothing is delivered.
        package let problem: String?

        package init(webhook: Webhook, status: FollowerStatus?, problem: String? = nil) {
            self.webhook = webhook
            self.status = status
            self.problem = problem
        }
    }

    /// All webhooks, oldest first.
    package func list() -> [View] {
        state.withLock { state in
            state.fold.webhooks.values.sorted { $0.created < $1.created }
                .map { View(webhook: $0, status: state.running[$0.id]?.follower.status, problem: state.problems[$0.id]) }
        }
    }

    package func view(_ id: String) -> View? {
        state.withLock { state in
            state.fold.webhooks[id].map {
                View(webhook: $0, status: state.running[id]?.follower.status, problem: state.problems[id])
            }
        }
    }
}
