package import Crypto
package import EventLog
package import Events
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

    private struct Running {
        let follower: Follower
        let task: Task<Void, Never>
    }

    private struct State {
        var fold: WebhookState
        var pending = 0
        var running: [String: Running] = [:]
        /// Why a webhook cannot be followed.
        var problems: [String: String] = [:]
        var isStopped = false
    }

    private let options: Options
    private let log: EventLog
    private let pool: BlockingPool
    private let loops: EventLoopGroup
    private let secrets: SecretStore
    private let send: @Sendable (DeliveryRequest) async -> AttemptOutcome
    private let state: Mutex<State>

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
        secrets = SecretStore(directory: options.directory, key: key)
        try secrets.removeAll(except: Set(state.webhooks.keys))
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

    // MARK: Changing

    /// Adds a webhook; it gets every matching record after its own. The secret is shown here and never again.
    package func create(
        _ new: NewWebhook, context: EventContext
    ) async throws(WebhookError) -> (webhook: Webhook, secret: SigningSecret) {
        let secret: SigningSecret
        let id: String
        do throws(CryptoError) {
            if let given = new.secret { secret = given } else { secret = try SigningSecret.random() }
            id = "wh_" + Hex.encode(try SecureRandom.bytes(12))
        } catch {
            throw WebhookError(.unavailable, error.description)
        }
        let secrets = secrets
        // The secret first: a record without its secret would be a webhook that cannot sign.
        try await pool.run { () throws(WebhookError) in try secrets.save(secret, for: id) }
        let settings = WebhookSettings(id: id, url: new.url, pattern: new.pattern, schedule: new.schedule)
        do throws(WebhookError) {
            try await commit(.webhookCreated(settings), context) { state throws(WebhookError) in
                guard state.fold.webhooks.count + state.pending < self.options.limit else {
                    throw WebhookError(.tooMany, "there are \(self.options.limit) webhooks already: remove one first")
                }
            }
        } catch {
            try? await pool.run { () throws(IOError) in try secrets.remove(id) }
            throw error
        }
        guard let webhook = view(id)?.webhook else { throw WebhookError(.notFound, "webhook \(id) was removed meanwhile") }
        await follow(webhook)
        return (webhook, secret)
    }

    package func delete(_ id: String, context: EventContext) async throws(WebhookError) {
        guard let settings = view(id)?.webhook.settings else { throw Self.unknown(id) }
        try await commit(.webhookDeleted(settings), context) { state throws(WebhookError) in
            guard state.fold.webhooks[id] != nil else { throw Self.unknown(id) }
        }
        let running = state.withLock { $0.running.removeValue(forKey: id) }
        running?.task.cancel()
        let secrets = secrets
        let cursor = cursorPath(id)
        do throws(IOError) {
            try await pool.run { () throws(IOError) in
                try secrets.remove(id)
                try Files.unlinkIfPresent(cursor)
            }
        } catch {
            // The record stands; the next start removes what is left.
            Diagnostics.warning("\(error)")
        }
    }

    private static func unknown(_ id: String) -> WebhookError {
        WebhookError(.notFound, "there is no webhook \(id)")
    }

    private func disable(_ webhook: Webhook, _ reason: String) async {
        var settings = webhook.settings
        settings.enabled = false
        let request = RequestInfo(id: webhook.id, address: "", userAgent: options.userAgent, method: "")
        let context = EventContext(actor: .system("webhooks"), request: request)
        do throws(WebhookError) {
            try await commit(.webhookDisabled(settings, reason: reason), context) { state throws(WebhookError) in
                guard state.fold.webhooks[webhook.id] != nil else { throw Self.unknown(webhook.id) }
            }
        } catch {
            Diagnostics.warning("webhook \(webhook.id) could not be recorded as disabled: \(error)")
        }
    }

    /// Checks and appends in one critical section, and returns when the record is on disk and folded in.
    private func commit(
        _ payload: Event.Payload, _ context: EventContext, _ check: (borrowing State) throws(WebhookError) -> Void
    ) async throws(WebhookError) {
        let result: Result<Void, WebhookError> = await withCheckedContinuation { continuation in
            do throws(WebhookError) {
                try state.withLock { state throws(WebhookError) in
                    try check(state)
                    try append(payload, context, &state) { continuation.resume(returning: $0) }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        try result.get()
    }

    private func append(
        _ payload: Event.Payload, _ context: EventContext, _ state: inout State,
        _ done: @escaping @Sendable (Result<Void, WebhookError>) -> Void
    ) throws(WebhookError) {
        let host = options.host
        do {
            let committed = Committed()
            try log.commit({ transaction in
                let event = Event(id: .next(now: transaction.time), registry: host, context: context, payload: payload)
                let time = transaction.time
                let sequence = transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                committed.value.withLock { $0 = (sequence, time) }
            }, whenDurable: { result in
                let (sequence, time) = committed.value.withLock { $0 }
                self.state.withLock { state in
                    state.pending -= 1
                    if case .success = result { state.fold.apply(payload, at: sequence, time: time) }
                }
                done(result.mapError { WebhookError(.unavailable, $0.description) })
            })
            state.pending += 1
        } catch {
            throw WebhookError(.unavailable, "\(error)")
        }
    }

    /// Where a transaction's record got its place, from the commit to its completion.
    private final class Committed: Sendable {
        let value = Mutex((sequence: UInt64(0), time: Int64(0)))
    }

    // MARK: Following

    private func cursorPath(_ id: String) -> String { "\(options.directory)/\(id).cursor" }

    private func follow(_ webhook: Webhook) async {
        guard webhook.settings.enabled else { return }
        let services = DeliveryServices(
            log: log, pool: pool, userAgent: options.userAgent, send: send,
            disable: { [weak self] webhook, reason in await self?.disable(webhook, reason) })
        let (secrets, path) = (secrets, cursorPath(webhook.id))
        let follower: Follower
        do throws(WebhookError) {
            follower = try await pool.run { () throws(WebhookError) in
                try Follower(webhook, secret: secrets.load(webhook.id), cursorPath: path, services: services)
            }
        } catch {
            state.withLock { $0.problems[webhook.id] = error.message }
            return Diagnostics.error("\(error)")
        }
        let loop = loops.next()
        state.withLock { state in
            guard !state.isStopped, state.fold.webhooks[webhook.id] != nil else { return }
            state.running[webhook.id] = Running(follower: follower, task: Task(executorPreference: loop) { await follower.run() })
        }
    }
}
