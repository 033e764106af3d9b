package import EventLog
import EventPattern
import Events
import IO
import JSON
import Synchronization

/// Old records leave the log. Webhooks that have not come so far are waited for, but not for ever; what they lose is a record.
extension Webhooks {
    /// How far a webhook is, for those who want to remove records.
    package struct Need: Sendable {
        let webhook: Webhook
        /// All up to here is done for good. As it was last saved, since a crash goes back to that.
        let position: UInt64
        /// The first failure since the last success; Unix milliseconds.
        let failingSince: Int64?

        /// Whether the records of a segment have to wait for it. A disabled webhook holds nothing. One whose receiver fails is
        /// waited for until it is disabled; any other one, be it paused, slow or damaged, while the records are young.
        /// - Parameter patience: milliseconds.
        package func holds(_ segment: EventLog.SealedSegment, now: Int64, patience: Int64) -> Bool {
            guard position < segment.last, webhook.settings.state != .disabled else { return false }
            if let failingSince, webhook.settings.isEnabled, now - failingSince < Circuit.patience { return true }
            return now - segment.latest < patience
        }
    }

    /// How far everyone is.
    package func needs() -> [Need] {
        state.withLock { state in
            state.fold.webhooks.values.map { webhook in
                Need(
                    webhook: webhook, position: state.savedPositions[webhook.id] ?? webhook.created,
                    failingSince: state.endpoints[webhook.id]?.core.withLock { $0.open.circuit.failingSince })
            }
        }
    }

    /// Records for each webhook what it will not get when the records up to `last` leave the log. Call it before they do.
    package func skip(through last: UInt64) async throws {
        for need in needs() where need.position < last {
            let webhook = need.webhook
            // What left before was said before; after a crash, so was this.
            let from = max(need.position + 1, log.oldestSequence, webhook.lost.through + 1)
            guard from <= last else { continue }
            let endpoint = state.withLock { $0.endpoints[webhook.id] }
            let progress = endpoint?.core.withLock { $0.saved(done: feed.done) } ?? SavedEndpoint(position: need.position)
            let log = log
            let events = try await pool.run { try progress.owed(from: from, through: last, webhook.settings, in: log) }
            guard events > 0 else { continue }
            let gap = WebhookGap(from: from, through: last, events: events)
            let request = RequestInfo(id: webhook.id, address: "", userAgent: options.userAgent, method: "")
            let context = EventContext(actor: .system("retention"), request: request)
            try await commit(.webhookSkipped(webhook.settings.shown, gap), webhook.id, context) { state throws(WebhookError) in
                try state.checkUnchanged(webhook)
            }
            Diagnostics.warning(
                "webhook \(webhook.id) will not get \(events) events of records \(from) to \(last): they leave the log, and it has not come so far")
        }
    }
}

extension SavedEndpoint {
    /// How many records of a stretch of the log have still to be delivered. Blocks.
    fileprivate func owed(from: UInt64, through: UInt64, _ settings: WebhookSettings, in log: EventLog) throws -> Int64 {
        // A pattern that cannot be read any more excludes nothing.
        let pattern = settings.pattern.flatMap { try? Pattern.parse($0.encoded) }
        var session = pattern.map { MatchSession(PatternMatcher([(name: true, pattern: $0)])) }
        let open = Set(open.values.map(\.sequence))
        var cursor = EventLog.Cursor(after: from - 1)
        var count: Int64 = 0
        while cursor.sequence < through {
            let records = try log.read(&cursor, limit: 512, maxBytes: 1 << 20)
            if records.isEmpty { break }
            for record in records where record.sequence <= through && record.kind != .lost && owes(record, open) {
                if session == nil || (try? session?.match(record.body))?.isEmpty == false { count += 1 }
            }
        }
        return count
    }

    /// - Parameter open: the records of deliveries that have begun and are not done.
    private func owes(_ record: Record, _ open: Set<UInt64>) -> Bool {
        let sequence = record.sequence
        if sequence > main.position { return !main.done.contains(sequence) }
        if open.contains(sequence) { return true }
        if !lanes.isEmpty, let lane = lanes[Lane.of(record.body)], sequence > lane.position { return !lane.done.contains(sequence) }
        guard let replay, sequence <= replay.through, sequence > replay.progress.position else { return false }
        return !replay.progress.done.contains(sequence)
    }
}
