import TestSupport
import Crypto
import Events
import EventLog
import IO
import JSON
import Synchronization
import Testing

@testable import Delivery

/// A log and webhooks over it in a folder of its own.
final class Bench: Sendable {
    let folder: TemporaryFolder
    let log: EventLog
    static let threads = 4
    /// Those that webhooks read with.
    static let readers = 2
    let pool = BlockingPool(name: "test", threads: threads)
    let loops: EventLoopGroup
    let key: SecretKey

    init() throws {
        folder = try TemporaryFolder()
        log = try folder.openLog()
        loops = try EventLoopGroup(count: 1)
        key = try SecretKey.random()
    }

    deinit { log.close() }

    static let context = EventContext(
        actor: .anonymous, request: RequestInfo(id: "r", address: "127.0.0.1", userAgent: "test", method: "POST"))

    var directory: String { folder.path + "/webhooks" }

    /// The webhooks as a start would find them: folded from the log.
    func webhooks(_ receiver: Receiver, limit: Int = 10, firstProbe: Int64 = 1, deliveryBytes: Int = 1 << 30, requests: Int = 2048) async throws -> Webhooks {
        var state = WebhookState()
        for record in try records { try state.apply(record) }
        var options = Webhooks.Options(
            directory: directory, host: "hub.example", userAgent: "Signalbox/test", formats: FormatOptions(publicURL: "http://hub.example"))
        options.limit = limit
        options.firstProbe = firstProbe
        options.requests = requests
        var history = DeliveryLog.Options(directory: deliveries)
        history.maxBytes = deliveryBytes
        let webhooks = try Webhooks(
            options: options, state: state, log: log, deliveries: DeliveryLog.open(history), pool: pool,
            loops: loops, key: key, send: receiver.send, ask: receiver.ask)
        try await webhooks.start()
        return webhooks
    }

    var deliveries: String { folder.path + "/deliveries" }

    var records: [Record] {
        get throws { try log.read(after: 0, limit: 1_000_000, maxBytes: 1 << 30) }
    }

    func commit(_ payloads: [Event.Payload]) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit { transaction in
                    let time = transaction.time
                    for payload in payloads {
                        let event = Event(
                            id: .next(now: time), registry: "hub.example", context: Self.context, payload: payload)
                        transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                    }
                } whenDurable: { result in
                    continuation.resume(with: result.mapError { $0 as any Error })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Events that differ in the guard's name alone.
    func commitGuards(_ names: [String]) async throws {
        try await commit(names.map { .guardCreated(GuardSettings(name: $0, repositories: ["**"], tags: ["*"])) })
    }
}

extension Webhooks {
    /// Retries at once, and more often than any test needs.
    static let eager = [Int](repeating: 0, count: 32)

    @discardableResult
    func add(
        _ url: String = "http://receiver.example/", pattern: String? = nil, schedule: [Int] = eager,
        _ change: (inout WebhookInput) throws -> Void = { _ in }
    ) async throws -> (webhook: Webhook, secret: SigningSecret) {
        var input = WebhookInput(url: url)
        input.settings.pattern = try pattern.map { try JSONValue.parse($0) }
        input.settings.schedule = schedule
        try change(&input)
        let created = try await create(input, context: Bench.context)
        return (created.webhook, try #require(created.secrets.first))
    }

    /// Waits until a webhook is done with everything up to `sequence`.
    func settle(_ id: String, at sequence: UInt64) async throws {
        try await until {
            guard let status = self.view(id)?.status else { return false }
            return status.position >= sequence && status.open == 0 && status.parked == 0
        }
    }

    /// Ends like a hub that is killed: what was not saved by now is not.
    func crash() async {
        let (tasks, endpoints) = state.withLock { state in
            state.isStopped = true
            return (state.tasks, Array(state.endpoints.values))
        }
        for task in tasks { task.cancel() }
        for endpoint in endpoints { await endpoint.stop() }
        for task in tasks { await task.value }
        timetable.stop()
        let attempts = attempts
        await pool.run { attempts.close() }
    }
}
