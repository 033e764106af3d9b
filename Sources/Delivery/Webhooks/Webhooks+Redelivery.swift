import EventLog
import Events
import IO
import Synchronization

extension Webhooks {
    /// Makes one delivery again, with attempts of its own, under the id that it had; the body is the event in the
    /// format that the webhook has now.
    /// - Returns: the new delivery's id. It will be made, even if the hub crashes now.
    package func resend(_ id: String) async throws(WebhookError) -> String {
        let found = try await delivery(id)
        guard let sent = found.sent else {
            throw WebhookError(.conflict, "delivery \(id) was asked for and is not made yet")
        }
        guard !sent.isTest else { throw WebhookError(.invalid, "delivery \(id) is a test: test the webhook again") }
        let endpoint = try endpoint(sent.webhook)
        let request = DeliveryRecord.Request(
            webhook: sent.webhook, sequence: sent.sequence, eventID: found.event.id, eventType: found.event.type,
            time: Wall.milliseconds, original: found.first, lane: sent.lane)
        let number = try endpoint.core.withLock { core throws(WebhookError) in
            guard !core.open.isFull else {
                throw WebhookError(.tooMany, "webhook \(sent.webhook) has \(core.open.count) deliveries open: try again when some are done")
            }
            let number = try recorded(.request(request))
            core.last = number
            let delivery = OpenDelivery(key: DeliveryKey(.resend, number), sequence: sent.sequence, lane: sent.lane, first: number, last: number)
            guard core.open.enqueue(delivery) else { throw Self.noHistory }
            return number
        }
        endpoint.pump()
        try await sync()
        return DeliveryID.text(number)
    }

    /// Makes all deliveries again that were given up since a time.
    /// - Parameter since: Unix milliseconds.
    package func resendFailed(_ id: String, since: Int64) async throws(WebhookError) {
        let endpoint = try endpoint(id)
        guard let log = attempts.log else { throw Self.noHistory }
        try await sync()
        let (after, through) = (try await sequence(before: since, in: log), log.durableSequence)
        try begin(DeliveryRecord.Job(webhook: id, source: .failed, after: after, through: through, time: Wall.milliseconds), endpoint)
        try await sync()
    }

    /// Where a replay begins.
    package enum ReplayStart: Sendable {
        case sequence(UInt64)
        /// Unix milliseconds.
        case time(Int64)
    }

    /// Delivers all matching events of a stretch of the log again, in order.
    /// - Parameter through: the last record; up to now where there is none.
    package func replay(_ id: String, from start: ReplayStart, through: UInt64?) async throws(WebhookError) {
        let endpoint = try endpoint(id)
        let durable = log.durableSequence
        let after: UInt64
        let pointer: String
        switch start {
        case .sequence(let first): (after, pointer) = (first == 0 ? 0 : first - 1, "/fromSequence")
        case .time(let time): (after, pointer) = (try await sequence(before: time, in: log), "/fromTime")
        }
        let end = min(through ?? durable, durable)
        guard after < durable else {
            throw WebhookError(.invalid, "is after the end of the log, which is record \(durable): there is nothing to replay", pointer: pointer)
        }
        guard after < end else {
            throw WebhookError(.invalid, "is before the first record to replay, which is \(after + 1)", pointer: "/through")
        }
        try begin(DeliveryRecord.Job(webhook: id, source: .replay, after: after, through: end, time: Wall.milliseconds), endpoint)
        try await sync()
    }

    private func begin(_ job: DeliveryRecord.Job, _ endpoint: Endpoint) throws(WebhookError) {
        try endpoint.core.withLock { core throws(WebhookError) in
            guard (job.source == .replay ? core.replay : core.failed) == nil, !core.open.contains(source: job.source) else {
                let (name, path) = job.source == .replay ? ("replay", "replay") : ("redelivery", "resend-failed")
                throw WebhookError(
                    .conflict, "webhook \(job.webhook) has a \(name) under way: wait until it is done, or call it off with DELETE /api/v1/webhooks/\(job.webhook)/\(path)")
            }
            let number = try recorded(.job(job))
            core.last = number
            let track = Track(
                job.source, job: number, after: job.after, through: job.through, SavedEndpoint.Progress(position: job.after))
            if job.source == .replay { core.replay = track } else { core.failed = track }
        }
        endpoint.pump()
    }

    // MARK: The delivery log

    static let noHistory = WebhookError(.unavailable, "the log of deliveries cannot be used at the moment: see the hub's own log")

    /// What somebody was promised has to be recorded.
    func recorded(_ record: DeliveryRecord) throws(WebhookError) -> UInt64 {
        guard let number = attempts.append(record) else { throw Self.noHistory }
        return number
    }

    func sync() async throws(WebhookError) {
        do throws(LogError) { try await attempts.sync() } catch { throw Self.noHistory }
    }

    /// The last record from before a time, by bisection: records are in order of time but for a clock that was set.
    private func sequence(before time: Int64, in log: EventLog) async throws(WebhookError) -> UInt64 {
        do throws(LogError) {
            return try await pool.run { () throws(LogError) in
                var (low, high) = (log.oldestSequence - 1, log.durableSequence)
                while low < high {
                    let middle = low + (high - low + 1) / 2
                    if let record = try log.record(at: middle), record.time >= time { high = middle - 1 } else { low = middle }
                }
                return low
            }
        } catch {
            throw WebhookError(.unavailable, "\(error)")
        }
    }
}
