extension OpenSet {
    enum Fate: Equatable {
        case delivered
        case retry(at: Int64)
        /// After the last attempt.
        case dead
    }

    /// How an attempt ended, for this machine.
    struct Ending: Equatable, Sendable {
        var isSuccess: Bool
        /// The receiver asked not to be called before then; Unix milliseconds.
        var retryAfter: Int64?
    }

    struct Outcome: Equatable {
        /// As it is after this attempt; gone from the set unless it is to be tried again.
        let delivery: OpenDelivery
        let fate: Fate
        /// The receiver has failed for so long that it is given up.
        var isHopeless = false
    }

    /// An attempt has ended.
    /// - Parameter endsRequest: false for those that went along with another.
    mutating func finished(
        _ key: DeliveryKey, _ ending: Ending, at now: Int64, endsRequest: Bool = true, using random: inout some RandomNumberGenerator
    ) -> Outcome? {
        guard var delivery = deliveries[key], delivery.stage == .underWay else { return nil }
        if endsRequest { requestsUnderWay -= 1 }
        delivery.attempts += 1
        if ending.isSuccess {
            let since = circuit.failingSince
            if endsRequest, circuit.succeeded(at: now) { hurry(failedSince: since ?? now, at: now) }
            remove(delivery)
            return Outcome(delivery: delivery, fate: .delivered)
        }
        delivery.failedAt = now
        let delay = delivery.isCalledOff ? nil : rules.schedule.delay(after: delivery.attempts, using: &random)
        let due = delay.map { max(now + $0, ending.retryAfter ?? 0) }
        let isHopeless = endsRequest && circuit.failed(at: now, retry: due, first: rules.firstProbe)
        if let time = ending.retryAfter { circuit.pause(until: time) }
        guard let due else {
            remove(delivery)
            return Outcome(delivery: delivery, fate: .dead, isHopeless: isHopeless)
        }
        delivery.due = due
        delivery.stage = .waiting
        deliveries[key] = delivery
        waiting.insert(Due(time: delivery.due, key: key))
        return Outcome(delivery: delivery, fate: .retry(at: delivery.due), isHopeless: isHopeless)
    }

    /// What the delivery log calls a delivery.
    mutating func note(_ key: DeliveryKey, first: UInt64, last: UInt64) {
        deliveries[key]?.first = first
        deliveries[key]?.last = last
    }

    /// An attempt was broken off by the hub itself: it counts for nothing and is made again.
    mutating func abandoned(_ key: DeliveryKey, endsRequest: Bool = true) {
        guard let delivery = deliveries[key], delivery.stage == .underWay else { return }
        if endsRequest { requestsUnderWay -= 1 }
        guard !delivery.isCalledOff else { return remove(delivery) }
        deliveries[key]?.stage = .ready
        ready.append(key)
    }

    /// There is nothing to send after all.
    mutating func drop(_ key: DeliveryKey, endsRequest: Bool = true) -> OpenDelivery? {
        guard let delivery = deliveries[key], delivery.stage == .underWay else { return nil }
        if endsRequest { requestsUnderWay -= 1 }
        remove(delivery)
        return delivery
    }

    mutating func remove(_ delivery: OpenDelivery) {
        deliveries[delivery.key] = nil
        guard delivery.lane != 0, var lane = lanes[delivery.lane] else { return }
        guard let next = lane.popFirst() else { return lanes[delivery.lane] = nil }
        lanes[delivery.lane] = lane
        deliveries[next]?.stage = .ready
        blockedCount -= 1
        ready.append(next)
    }

    /// The receiver is back: what failed while it was away is due now.
    private mutating func hurry(failedSince since: Int64, at now: Int64) {
        for (key, delivery) in deliveries where delivery.stage == .waiting && delivery.failedAt >= since && delivery.due > now {
            deliveries[key]?.due = now
            waiting.insert(Due(time: now, key: key))
        }
    }
}
