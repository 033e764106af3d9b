import EventLog
package import IO
import Synchronization

extension Webhooks {
    /// Which deliveries a list has.
    package struct DeliveryQuery: Sendable {
        package var webhook: String?
        /// `pending` stands for all that waits, those included that were tried.
        package var state: DeliveryView.State?
        /// An event's id, sequence or type.
        package var event: String?
        /// Of the last attempt, or of the event where there was none; Unix milliseconds.
        package var since: Int64?
        package var until: Int64?
        /// Only with a last record behind this one: the end of an earlier page.
        package var after: UInt64?
        package var limit = 100
        /// What the page before said about the next one.
        package var cursor: String?

        package init() {}
    }

    /// One request looks at this much of the log; where it finds little it says where to go on.
    private static let scanBytes = 64 << 20

    package struct DeliveryPage: Sendable {
        package let deliveries: [DeliveryView]
        /// Where the next page begins.
        package let next: String?
        /// The last record of the log of deliveries when this was read; nil where what waits is listed.
        package let end: UInt64?
    }

    /// Deliveries with their last attempt, newest attempt first, or what waits, in the order in which it begins.
    /// - Parameter readers: where they are read, which can be much; without it, where all that blocks is done.
    package func deliveries(_ query: DeliveryQuery, on readers: BlockingPool? = nil) async throws(WebhookError) -> DeliveryPage {
        if query.state == .pending { return try await pending(query, readers) }
        let before = try query.cursor.map { text throws(WebhookError) in
            guard let number = UInt64(text) else { throw Self.badCursor }
            return number
        }
        try await sync()
        guard let log = attempts.log else { throw Self.noHistory }
        let end = log.durableSequence
        let (deliveries, next) = try await reading(readers) { [self] () throws(LogError) in try page(query, before: before ?? end &+ 1, log) }
        return DeliveryPage(deliveries: deliveries, next: next.map { "\($0)" }, end: end)
    }

    private static let badCursor = WebhookError(.invalid, "\"cursor\" must be what \"next\" was, of the same list", pointer: "cursor")

    private func pending(_ query: DeliveryQuery, _ readers: BlockingPool?) async throws(WebhookError) -> DeliveryPage {
        guard query.after == nil else {
            throw WebhookError(.invalid, "\"after\" is for attempts, and what is pending waits for one: leave it out", pointer: "after")
        }
        let cursor = try query.cursor.map { text throws(WebhookError) in
            guard let cursor = PendingCursor(text) else { throw Self.badCursor }
            return cursor
        }
        // The last attempts are to be read; without the log of deliveries what waits is listed all the same.
        try? await attempts.sync()
        let endpoints = state.withLock { state in
            let webhooks = query.webhook.map { [$0] } ?? Array(state.fold.webhooks.keys)
            let pairs = webhooks.compactMap { id in state.fold.webhooks[id].flatMap { webhook in state.endpoints[id].map { (webhook.created, $0) } } }
            return pairs.filter { $0.0 >= cursor?.webhook ?? 0 }.sorted { $0.0 < $1.0 }
        }
        let page = try await reading(readers) { () throws(LogError) in
            var page = PendingPage(query)
            for (created, endpoint) in endpoints {
                guard try page.add(endpoint, after: cursor?.webhook == created ? cursor?.key : nil) else { break }
            }
            return page
        }
        return DeliveryPage(deliveries: page.deliveries, next: page.next?.text, end: nil)
    }

    /// Off the event loops, with the errors of an answer.
    private func reading<R: Sendable>(
        _ readers: BlockingPool?, _ body: @escaping @Sendable () throws(LogError) -> R
    ) async throws(WebhookError) -> R {
        do throws(LogError) { return try await (readers ?? pool).run(body) } catch { throw WebhookError(.unavailable, "\(error)") }
    }

    private func page(_ query: DeliveryQuery, before: UInt64, _ log: EventLog) throws(LogError) -> ([DeliveryView], UInt64?) {
        let after = query.after ?? 0
        var found: [DeliveryView] = []
        var position = min(before, log.durableSequence &+ 1)
        var scanned = 0
        while true {
            let records = try log.readBackward(before: position, limit: 1000, maxBytes: 4 << 20)
            guard let last = records.last else { return (found, nil) }
            for record in records {
                if record.sequence <= after { return (found, nil) }
                position = record.sequence
                scanned += record.body.count + record.attachment.count
                if let since = query.since, record.time < since { return (found, nil) }
                guard let view = try view(record, log), query.takes(view, at: record.time) else { continue }
                found.append(view)
                if found.count == query.limit { return (found, isOldest(position, log) || position == after &+ 1 ? nil : position) }
            }
            if isOldest(last.sequence, log) { return (found, nil) }
            if scanned >= Self.scanBytes { return (found, position) }
        }
    }

    private func isOldest(_ number: UInt64, _ log: EventLog) -> Bool { number <= log.oldestSequence }

    /// Nil for a record that is not the last one about its delivery, or about none.
    private func view(_ record: Record, _ log: EventLog) throws(LogError) -> DeliveryView? {
        switch DeliveryRecord(record.body) {
        case .attempt(let attempt)?:
            // Of one that goes on, only the endpoint knows whether this was its last attempt.
            if attempt.fate == .retry, open(attempt.webhook, attempt.key)?.last != record.sequence { return nil }
            // What was under way when it was called off has ended since.
            if attempt.fate == .cancelled, try isFollowed(record.sequence, attempt, log) { return nil }
            return attempt.view(number: record.sequence, isLast: true, response: record.attachment)
        case .request(let request)?:
            guard let open = open(request.webhook, DeliveryKey(.resend, record.sequence)), open.last == record.sequence else { return nil }
            return request.view(number: record.sequence)
        default: return nil
        }
    }

    /// Whether there is a later record about the same delivery.
    private func isFollowed(_ number: UInt64, _ attempt: DeliveryRecord.Attempt, _ log: EventLog) throws(LogError) -> Bool {
        guard let next = (try? attempts.links.next(after: number)) ?? nil, let record = try log.record(at: next),
            case .attempt(let other)? = DeliveryRecord(record.body)
        else { return false }
        return other.webhook == attempt.webhook && other.previous == number
    }

    func open(_ webhook: String, _ key: DeliveryKey) -> OpenDelivery? {
        state.withLock { $0.endpoints[webhook] }?.core.withLock { $0.open.deliveries[key] }
    }
}

extension Webhooks.DeliveryQuery {
    fileprivate func takes(_ view: DeliveryView, at time: Int64) -> Bool {
        (state == nil || state == view.state) && matches(view, at: time)
    }

    /// All but the state.
    func matches(_ view: DeliveryView, at time: Int64) -> Bool {
        if let webhook, webhook != view.webhook { return false }
        if let since, time < since { return false }
        if let event, event != view.eventID, event != view.eventType, event != String(view.sequence) { return false }
        if let until, time >= until { return false }
        return true
    }
}
