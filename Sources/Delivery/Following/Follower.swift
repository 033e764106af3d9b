import EventLog
import EventPattern
import Events
import Glibc
import HTTP
import IO
import JSON
import Synchronization

/// Follows the log for one webhook: each matching record is posted, in order, again and again until the receiver takes it.
/// The cursor moves only past records that are done, so a crash repeats a delivery and never skips one.
final class Follower: Sendable {
    let webhook: Webhook
    private let url: HTTPURL
    /// Nil where the webhook gets everything.
    private let matcher: PatternMatcher<Bool>?
    private let signer: Signer
    private let tls: TLSIdentity?
    private let schedule: RetrySchedule
    private let cursorFile: CursorFile
    private let services: DeliveryServices
    private let state: Mutex<FollowerStatus>

    var status: FollowerStatus { state.withLock { $0 } }

    /// Opens the webhook's files; call it where blocking is allowed.
    init(_ webhook: Webhook, credentials: WebhookCredentials, cursorPath: String, services: DeliveryServices) throws(WebhookError) {
        self.webhook = webhook
        self.services = services
        do {
            url = try HTTPURL(webhook.settings.url)
            matcher = try webhook.settings.pattern.map { PatternMatcher([(name: true, pattern: try Pattern.parse($0.encoded))]) }
            cursorFile = try CursorFile(cursorPath)
            // A log that was cut by a repair ends before the cursor: go on where it ends.
            let saved = try cursorFile.load() ?? webhook.created
            state = Mutex(FollowerStatus(cursor: min(max(saved, webhook.created), services.log.durableSequence)))
        } catch {
            throw WebhookError(.damaged, "webhook \(webhook.id) cannot be followed: \(error)")
        }
        tls = try credentials.tlsIdentity()
        signer = Signer(credentials)
        schedule = RetrySchedule(webhook.settings.schedule)
    }

    /// Runs until the task is cancelled, or the receiver says that it is gone.
    func run() async {
        while !Task.isCancelled {
            do {
                guard try await followBatch() else { return services.disable(webhook, "the receiver answered 410 Gone") }
            } catch is CancellationError {
                return
            } catch {
                Diagnostics.warning("webhook \(webhook.id) cannot read the log: \(error); trying again in 5 s")
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// The next records, or a wait for them. False once the receiver is gone.
    private func followBatch() async throws -> Bool {
        let cursor = status.cursor
        let log = services.log
        guard log.durableSequence > cursor else {
            _ = try await log.wait(after: cursor)
            return true
        }
        let records = try await services.pool.run { () throws(LogError) in
            try log.read(after: cursor, limit: 256, maxBytes: 1 << 20)
        }
        for record in records {
            try Task.checkCancellation()
            if try matches(record) {
                guard try await deliver(record) else { return false }
                try await advance(to: record.sequence, isSaved: true)
            } else {
                try await advance(to: record.sequence, isSaved: record.sequence == records.last?.sequence)
            }
        }
        return true
    }

    private func matches(_ record: Record) throws -> Bool {
        guard record.kind != .lost else { return false }
        guard let matcher else { return true }
        return try !matcher.match(record.body).isEmpty
    }

    private func advance(to sequence: UInt64, isSaved: Bool) async throws {
        state.withLock { $0.cursor = sequence }
        guard isSaved else { return }
        let cursorFile = cursorFile
        try await services.pool.run { () throws(IOError) in try cursorFile.save(sequence) }
    }

    /// Tries until the receiver answers 2xx. False where it answers 410.
    private func deliver(_ record: Record) async throws -> Bool {
        let id = try EventHeader(scanning: record.body).id
        var random = SystemRandomNumberGenerator()
        var failures = 0
        while true {
            let outcome = await services.send(try request(id, record.body))
            try Task.checkCancellation()
            note(outcome, record.sequence)
            if outcome.isSuccess { return true }
            if outcome.isGone { return false }
            failures += 1
            let delay = schedule.delay(after: failures, using: &random)
            if failures == 1 {
                Diagnostics.warning(
                    "webhook \(webhook.id): record \(record.sequence) was not taken by \(url.descriptionWithoutQuery): \(outcome.text); next try in \(delay) ms")
            }
            try await Task.sleep(for: .milliseconds(delay))
        }
    }

    private func note(_ outcome: AttemptOutcome, _ sequence: UInt64) {
        let now = Wall.milliseconds
        state.withLock { status in
            status.lastAttempt = FollowerStatus.LastAttempt(time: now, sequence: sequence, outcome: outcome)
            status.failures = outcome.isSuccess ? 0 : status.failures + 1
            if outcome.isSuccess { status.delivered += 1 }
        }
    }

    /// CloudEvents' structured mode, signed as Standard Webhooks says; the timestamp is the attempt's.
    private func request(_ id: String, _ body: [UInt8]) throws -> DeliveryRequest {
        let timestamp = Wall.milliseconds / 1000
        var headers = HeaderBuilder()
        headers.append(.contentType, "application/cloudevents+json; charset=utf-8")
        headers.append(.userAgent, services.userAgent)
        for field in try signer.headers(id: id, timestamp: timestamp, body: body) { headers.append(field.name, field.value) }
        return DeliveryRequest(
            url: url, headers: headers, body: body, tls: tls, timeout: webhook.settings.timeout.map { Int64($0) * 1000 })
    }
}
