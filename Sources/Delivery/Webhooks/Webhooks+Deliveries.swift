import EventLog
import IO
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
        package var limit = 100
        /// What the page before said about the next one.
        package var cursor: String?

        package init() {}
    }

    /// One request looks at this much of the log; where it finds little it says where to go on.
    private static let scanBytes = 64 << 20

    /// Deliveries with their last attempt, newest attempt first, or what waits, in the order in which it begins; and where the
    /// next page begins.
    package func deliveries(_ query: DeliveryQuery) async throws(WebhookError) -> (deliveries: [DeliveryView], next: String?) {
        if query.state == .pending { return try await pending(query) }
        let before = try query.cursor.map { text throws(WebhookError) in
            guard let number = UInt64(text) else { throw Self.badCursor }
            return number
        }
        try await sync()
        guard let log = attempts.log else { throw Self.noHistory }
        let (deliveries, next) = try await reading { [self] () throws(LogError) in try page(query, before: before, log) }
        return (deliveries, next.map { "\($0)" })
    }

    private static let badCursor = WebhookError(.invalid, "\"cursor\" must be what \"next\" was, of the same list", pointer: "cursor")

    private func pending(_ query: DeliveryQuery) async throws(WebhookError) -> (deliveries: [DeliveryView], next: String?) {
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
        let page = try await reading { () throws(LogError) in
            var page = PendingPage(query)
            for (created, endpoint) in endpoints {
                guard try page.add(endpoint, after: cursor?.webhook == created ? cursor?.key : nil) else { break }
            }
            return page
        }
        return (page.deliveries, page.next?.text)
    }

    /// Off the event loops, with the errors of an answer.
    private func reading<R: Sendable>(_ body: @escaping @Sendable () throws(LogError) -> R) async throws(WebhookError) -> R {
        do throws(LogError) { return try await pool.run(body) } catch { throw WebhookError(.unavailable, "\(error)") }
    }

    private func page(_ query: DeliveryQuery, before: UInt64?, _ log: EventLog) throws(LogError) -> ([DeliveryView], UInt64?) {
        var found: [DeliveryView] = []
        var position = min(before ?? .max, log.durableSequence &+ 1)
        var scanned = 0
        while true {
            let records = try log.readBackward(before: position, limit: 1000, maxBytes: 4 << 20)
            guard let last = records.last else { return (found, nil) }
            for record in records {
                position = record.sequence
                scanned += record.body.count + record.attachment.count
                if let since = query.since, record.time < since { return (found, nil) }
                guard let view = view(record), query.takes(view, at: record.time) else { continue }
                found.append(view)
                if found.count == query.limit { return (found, isOldest(position, log) ? nil : position) }
            }
            if isOldest(last.sequence, log) { return (found, nil) }
            if scanned >= Self.scanBytes { return (found, position) }
        }
    }

    private func isOldest(_ number: UInt64, _ log: EventLog) -> Bool { number <= log.oldestSequence }

    /// Nil for a record that is not the last one about its delivery, or about none.
    private func view(_ record: Record) -> DeliveryView? {
        switch DeliveryRecord(record.body) {
        case .attempt(let attempt)?:
            // Of one that goes on, only the endpoint knows whether this was its last attempt.
            if attempt.fate == .retry, open(attempt.webhook, attempt.key)?.last != record.sequence { return nil }
            return attempt.view(number: record.sequence, isLast: true, response: record.attachment)
        case .request(let request)?:
            guard let open = open(request.webhook, DeliveryKey(.resend, record.sequence)), open.last == record.sequence else { return nil }
            return request.view(number: record.sequence)
        default: return nil
        }
    }

    private func open(_ webhook: String, _ key: DeliveryKey) -> OpenDelivery? {
        state.withLock { $0.endpoints[webhook] }?.core.withLock { $0.open.deliveries[key] }
    }

    // MARK: One delivery

    struct Found: Sendable {
        let first: UInt64
        var request: DeliveryRecord.Request?
        /// Oldest first, with the numbers and answers of their records.
        var attempts: [DeliveryRecord.Attempt] = []
        var records: [Record] = []
    }

    /// A delivery with all its attempts.
    package func deliveryView(_ id: String) async throws(WebhookError) -> DeliveryView {
        let found = try await delivery(id)
        guard let last = found.attempts.last, let record = found.records.last else {
            guard let view = found.request?.view(number: found.first) else { throw Self.noDelivery(id) }
            return view
        }
        var view = last.view(number: record.sequence, isLast: true, response: [])
        view.original = found.request.map { DeliveryID.text($0.original) }
        view.requestedAt = found.request?.time
        view.attempts = zip(found.attempts, found.records).map { AttemptView($0, response: $1.attachment) }
        return view
    }

    func delivery(_ id: String) async throws(WebhookError) -> Found {
        guard let number = DeliveryID.number(id) else { throw Self.noDelivery(id) }
        try await sync()
        guard let log = attempts.log else { throw Self.noHistory }
        let links = attempts.links
        do {
            let found = try await pool.run { try Self.follow(number, log, links) }
            guard found.request != nil || !found.attempts.isEmpty else { throw Self.noDelivery(id) }
            return found
        } catch let error as WebhookError {
            throw error
        } catch {
            throw WebhookError(.unavailable, "\(error)")
        }
    }

    private static func noDelivery(_ id: String) -> WebhookError {
        WebhookError(.notFound, "there is no delivery \(id.prefix(64)): it never was, or is older than the log of deliveries goes back")
    }

    /// From the first record of a delivery along the links to the last.
    private static func follow(_ first: UInt64, _ log: EventLog, _ links: AttemptLinks) throws -> Found {
        var found = Found(first: first)
        var number: UInt64? = first
        // Schedules are shorter than this.
        for _ in 0..<100 {
            guard let current = number, let record = try log.record(at: current) else { break }
            switch DeliveryRecord(record.body) {
            case .attempt(let attempt)? where (attempt.first == 0 ? current : attempt.first) == first:
                found.attempts.append(attempt)
                found.records.append(record)
            case .request(let request)? where current == first: found.request = request
            default: return found
            }
            number = try links.next(after: current)
        }
        return found
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
