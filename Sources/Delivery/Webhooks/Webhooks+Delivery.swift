import EventLog
import Events
import IO
import Synchronization

/// One delivery.
extension Webhooks {
    struct Found: Sendable {
        let first: UInt64
        var request: DeliveryRecord.Request?
        /// Oldest first, with the numbers and answers of their records.
        var attempts: [DeliveryRecord.Attempt] = []
        var records: [Record] = []
        /// Where its records are gone.
        var open: (delivery: OpenDelivery, view: DeliveryView)?

        /// Of one that another attempt was to follow.
        var undecided: (webhook: String, key: DeliveryKey)? {
            if let last = attempts.last { return last.fate == .retry ? (last.webhook, last.key) : nil }
            return request.map { ($0.webhook, DeliveryKey(.resend, first)) } ?? open.map { ($0.view.webhook, $0.delivery.key) }
        }

        /// What was sent at least once.
        var sent: (webhook: String, sequence: UInt64, lane: UInt64, isTest: Bool)? {
            if let last = attempts.last { return (last.webhook, last.sequence, last.lane, last.source == .test) }
            guard let open, open.delivery.attempts > 0 else { return nil }
            return (open.view.webhook, open.delivery.sequence, open.delivery.lane, false)
        }

        /// Its event's id and type.
        var event: (id: String, type: String) {
            attempts.last.map { ($0.eventID, $0.eventType) } ?? request.map { ($0.eventID, $0.eventType) }
                ?? open.map { ($0.view.eventID, $0.view.eventType) } ?? ("", "")
        }
    }

    /// A delivery with all its attempts.
    package func deliveryView(_ id: String) async throws(WebhookError) -> DeliveryView {
        var found = try await delivery(id)
        // It may have ended since it was read.
        if reasonOfEnd(found) != nil { found = try await delivery(id) }
        guard var view = found.view else { throw Self.noDelivery(id) }
        if let reason = reasonOfEnd(found) {
            view.state = .cancelled
            view.due = nil
            view.reason = reason
        }
        return view
    }

    /// Why no attempt follows although the log of deliveries says so; nil where one does, or nothing was to follow.
    private func reasonOfEnd(_ found: Found) -> String? {
        guard let (webhook, key) = found.undecided else { return nil }
        let (isThere, endpoint) = state.withLock { ($0.fold.webhooks[webhook] != nil, $0.endpoints[webhook]) }
        guard isThere else { return "the webhook was removed" }
        guard let endpoint, endpoint.core.withLock({ $0.open.deliveries[key]?.isCalledOff ?? true }) else { return nil }
        return DeliveryRecord.Attempt.calledOff
    }

    func delivery(_ id: String) async throws(WebhookError) -> Found {
        guard let number = DeliveryID.number(id) else { throw Self.noDelivery(id) }
        try await sync()
        guard let log = attempts.log else { throw Self.noHistory }
        let links = attempts.links
        do {
            var found = try await pool.run { try Self.follow(number, log, links) }
            guard found.request == nil, found.attempts.isEmpty else { return found }
            // What is open may be older than the log of deliveries goes back.
            guard let (webhook, delivery) = open(first: number) else { throw Self.noDelivery(id) }
            let events = self.log
            found.open = (delivery, try await pool.run { () throws(LogError) in try delivery.view(webhook, events, log).0 })
            return found
        } catch let error as WebhookError {
            throw error
        } catch {
            throw WebhookError(.unavailable, "\(error)")
        }
    }

    private func open(first number: UInt64) -> (webhook: String, delivery: OpenDelivery)? {
        for endpoint in state.withLock({ Array($0.endpoints.values) }) {
            let found = endpoint.core.withLock { core in
                core.meet(attempts)
                return core.open.deliveries.values.first { $0.first == number }
            }
            if let found { return (endpoint.id, found) }
        }
        return nil
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
            guard let current = number else { break }
            if let record = try log.record(at: current) {
                switch DeliveryRecord(record.body) {
                case .attempt(let attempt)? where (attempt.first == 0 ? current : attempt.first) == first:
                    found.attempts.append(attempt)
                    found.records.append(record)
                case .request(let request)? where current == first: found.request = request
                default: return found
                }
            } else if current >= log.oldestSequence {
                break
            }
            // The oldest records go first: what came after them may be there still.
            number = try links.next(after: current)
        }
        return found
    }
}

extension Webhooks.Found {
    /// As the log has it.
    fileprivate var view: DeliveryView? {
        guard let last = attempts.last, let record = records.last else { return request?.view(number: first) ?? open?.view }
        var view = last.view(number: record.sequence, isLast: true, response: [])
        view.original = request.map { DeliveryID.text($0.original) }
        view.requestedAt = request?.time
        view.attempts = zip(attempts, records).filter { $0.0.fate != .cancelled }.map { AttemptView($0, response: $1.attachment) }
        return view
    }
}
