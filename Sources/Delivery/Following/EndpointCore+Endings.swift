import Events

extension EndpointCore {
    /// An attempt has ended: decides what becomes of the delivery and records it.
    mutating func finished(
        _ sent: Sending.Member, _ result: AttemptOutcome, _ timing: Timing, endsRequest: Bool, with leader: DeliveryKey?, _ services: DeliveryServices
    ) -> OpenSet.Outcome? {
        var random = SystemRandomNumberGenerator()
        meet(services.attempts)
        let delivery = sent.member.delivery
        let ending = OpenSet.Ending(isSuccess: result.isSuccess, retryAfter: result.pause.map { timing.now + $0 })
        guard let outcome = open.finished(delivery.key, ending, at: timing.now, endsRequest: endsRequest, with: leader, using: &random) else { return nil }
        parked.wake(outcome.delivery.lane)
        var attempt = record(outcome.delivery, sent.member.job, Self.names(sent.header))
        attempt.time = timing.begun
        attempt.latency = timing.latency
        attempt.status = result.status ?? 0
        attempt.error = result.failure ?? ""
        attempt.pausedUntil = ending.retryAfter ?? 0
        attempt.isCounted = endsRequest
        switch outcome.fate {
        case .delivered:
            attempt.fate = .delivered
            delivered += 1
        case .retry(let time):
            attempt.fate = .retry
            attempt.due = time
        case .dead:
            attempt.fate = .dead
            dead += 1
            services.meters.died()
        case .cancelled: attempt.fate = .failedCancelled
        }
        // In a batch, the first has the answer.
        append(attempt, endsRequest ? result.response : [], services.attempts)
        return outcome
    }

    /// There is nothing to send.
    mutating func drop(_ dropped: Sending.Dropped, at now: Int64, endsRequest: Bool, _ services: DeliveryServices) {
        meet(services.attempts)
        guard let delivery = open.drop(dropped.member.delivery.key, endsRequest: endsRequest) else { return }
        parked.wake(delivery.lane)
        // That it is over was recorded when it was called off.
        guard !delivery.isCalledOff else { return }
        guard let reason = dropped.reason else {
            // Whoever looks for what was tried, or was asked for, is to find what became of it.
            if delivery.first != 0 {
                let format = webhook.settings.format
                cancelled(delivery, Self.names(dropped.header), at: now, "the webhook's format (\(format)) has no form for this event", services.attempts)
            }
            return
        }
        var attempt = record(delivery, dropped.member.job, Self.names(dropped.header))
        attempt.attempt += 1
        attempt.time = now
        attempt.error = reason
        attempt.isCounted = false
        attempt.fate = .dead
        dead += 1
        services.meters.died()
        append(attempt, [], services.attempts)
    }

    /// Records that there will be no attempt any more. False where that cannot be recorded.
    @discardableResult
    mutating func cancelled(
        _ delivery: OpenDelivery, _ event: (id: String, type: String), at now: Int64, _ reason: String, _ attempts: DeliveryLog
    ) -> Bool {
        var attempt = record(delivery, number(ofJob: delivery.key.source), event)
        attempt.time = now
        attempt.error = reason
        attempt.isCounted = false
        attempt.fate = .cancelled
        return append(attempt, [], attempts)
    }

    /// A receiver that fails gets a probe now and then: what waits for it is better read again then than kept.
    mutating func giveBackQueue() {
        if !main.queue.isEmpty { isLive = false }
        if main.queue.count > 8 { main.discard() }
        if let count = replay?.queue.count, count > 8 { replay?.discard() }
        if let count = failed?.queue.count, count > 8 { failed?.discard() }
    }

    private static func names(_ header: EventHeader?) -> (id: String, type: String) { (header?.id ?? "", header?.type ?? "") }

    private func record(_ delivery: OpenDelivery, _ job: UInt64, _ event: (id: String, type: String)) -> DeliveryRecord.Attempt {
        DeliveryRecord.Attempt(
            webhook: webhook.id, source: delivery.key.source, number: delivery.key.number, job: job, lane: delivery.lane,
            sequence: delivery.sequence, eventID: event.id, eventType: event.type, attempt: delivery.attempts,
            first: delivery.first, previous: delivery.last, time: 0, latency: 0, status: 0, error: "", fate: .dead)
    }

    @discardableResult
    private mutating func append(_ attempt: DeliveryRecord.Attempt, _ response: [UInt8], _ attempts: DeliveryLog) -> Bool {
        if attempt.fate != .cancelled {
            lastAttempt = SavedEndpoint.LastAttempt(
                time: attempt.time, sequence: attempt.sequence, status: attempt.status, error: attempt.error)
        }
        guard let number = attempts.append(.attempt(attempt), response: response) else { return false }
        last = number
        open.note(attempt.key, first: attempt.first == 0 ? number : attempt.first, last: number)
        if attempt.previous != 0 { attempts.links.add(from: attempt.previous, to: number) }
        return true
    }
}
