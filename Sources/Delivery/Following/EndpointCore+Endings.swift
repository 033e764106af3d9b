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
        var attempt = record(outcome.delivery, sent.member.job, sent.header)
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
        }
        // In a batch, the first has the answer.
        append(attempt, endsRequest ? result.response : [], services)
        return outcome
    }

    /// There is nothing to send.
    mutating func drop(_ dropped: Sending.Dropped, at now: Int64, endsRequest: Bool, _ services: DeliveryServices) {
        meet(services.attempts)
        guard let delivery = open.drop(dropped.member.delivery.key, endsRequest: endsRequest), let reason = dropped.reason else { return }
        var attempt = record(delivery, dropped.member.job, dropped.header)
        attempt.attempt += 1
        attempt.time = now
        attempt.error = reason
        attempt.isCounted = false
        attempt.fate = .dead
        dead += 1
        services.meters.died()
        append(attempt, [], services)
    }

    /// A receiver that fails gets a probe now and then: what waits for it is better read again then than kept.
    mutating func giveBackQueue() {
        if !main.queue.isEmpty { isLive = false }
        if main.queue.count > 8 { main.discard() }
        if let count = replay?.queue.count, count > 8 { replay?.discard() }
        if let count = failed?.queue.count, count > 8 { failed?.discard() }
    }

    private func record(_ delivery: OpenDelivery, _ job: UInt64, _ header: EventHeader?) -> DeliveryRecord.Attempt {
        DeliveryRecord.Attempt(
            webhook: webhook.id, source: delivery.key.source, number: delivery.key.number, job: job, lane: delivery.lane,
            sequence: delivery.sequence, eventID: header?.id ?? "", eventType: header?.type ?? "", attempt: delivery.attempts,
            first: delivery.first, previous: delivery.last, time: 0, latency: 0, status: 0, error: "", fate: .dead)
    }

    private mutating func append(_ attempt: DeliveryRecord.Attempt, _ response: [UInt8], _ services: DeliveryServices) {
        lastAttempt = SavedEndpoint.LastAttempt(
            time: attempt.time, sequence: attempt.sequence, status: attempt.status, error: attempt.error)
        guard let number = services.attempts.append(.attempt(attempt), response: response) else { return }
        last = number
        open.note(attempt.key, first: attempt.first == 0 ? number : attempt.first, last: number)
        if attempt.previous != 0 { services.attempts.links.add(from: attempt.previous, to: number) }
    }
}
