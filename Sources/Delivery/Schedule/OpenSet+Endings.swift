extension OpenSet {
    enum Fate: Equatable {
        case delivered
        case retry(at: Int64)
        /// After the last attempt.
        case dead
        /// It failed after it was called off.
        case cancelled
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
    /// - Parameters:
    ///   - endsRequest: false for those that went along with another.
    ///   - leader: that other, which has ended before.
    mutating func finished(
        _ key: DeliveryKey, _ ending: Ending, at now: Int64, endsRequest: Bool = true, with leader: DeliveryKey? = nil,
        using random: inout some RandomNumberGenerator
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
        let isHopeless = endsRequest && circuit.failed(delivery.sequence, at: now, retry: due, first: rules.firstProbe)
        if let time = ending.retryAfter { circuit.pause(until: time) }
        guard let due else {
            remove(delivery)
            return Outcome(delivery: delivery, fate: delivery.isCalledOff ? .cancelled : .dead, isHopeless: isHopeless)
        }
        delivery.due = due
        if let leader, let first = deliveries[leader], first.stage == .waiting, !stepsBack(delivery) {
            delivery.due = first.due
            delivery.stage = .riding
            delivery.leader = leader
            deliveries[key] = delivery
            riders[leader, default: []].append(key)
        } else {
            putBack(delivery)
        }
        return Outcome(delivery: delivery, fate: .retry(at: delivery.due), isHopeless: isHopeless)
    }

    /// What the delivery log calls a delivery.
    mutating func note(_ key: DeliveryKey, first: UInt64, last: UInt64) {
        guard var delivery = deliveries[key] else { return }
        delivery.first = first
        delivery.last = last
        deliveries[key] = delivery
    }

    /// An attempt was broken off by the hub itself: it counts for nothing and is made again.
    mutating func abandoned(_ key: DeliveryKey, endsRequest: Bool = true) {
        guard let delivery = deliveries[key], delivery.stage == .underWay else { return }
        if endsRequest { requestsUnderWay -= 1 }
        guard !delivery.isCalledOff else { return remove(delivery) }
        putBack(delivery)
    }

    /// There is nothing to send after all.
    /// - Parameter endsRequest: no request was made, for this one or for others.
    mutating func drop(_ key: DeliveryKey, endsRequest: Bool = true) -> OpenDelivery? {
        guard let delivery = deliveries[key], delivery.stage == .underWay else { return nil }
        if endsRequest { endUnmade() }
        remove(delivery)
        return delivery
    }

    /// The hub cannot make it at the moment: that was no attempt, and it is due later.
    /// - Parameter endsRequest: no request was made, for this one or for others.
    mutating func postponed(_ key: DeliveryKey, until time: Int64, endsRequest: Bool = true) {
        guard var delivery = deliveries[key], delivery.stage == .underWay else { return }
        if endsRequest { endUnmade() }
        guard !delivery.isCalledOff else { return remove(delivery) }
        delivery.due = time
        putBack(delivery)
    }

    private mutating func endUnmade() {
        requestsUnderWay -= 1
        pace.returned()
        circuit.returned()
    }

    mutating func remove(_ delivery: OpenDelivery) {
        deliveries[delivery.key] = nil
        guard delivery.lane != 0, var lane = lanes[delivery.lane] else { return }
        lane.active -= 1
        lanes[delivery.lane] = lane
        if lane.active == 0 { advance(delivery.lane) }
    }

    /// Whether others of its lane go on before it: order was not kept when it began.
    private func stepsBack(_ delivery: OpenDelivery) -> Bool {
        guard delivery.lane != 0, let lane = lanes[delivery.lane] else { return false }
        guard lane.active == 1 else { return true }
        return lane.queue.first.map { $0.source == delivery.key.source && $0.number < delivery.key.number } ?? false
    }

    /// What was under way waits for its next attempt.
    private mutating func putBack(_ delivery: OpenDelivery) {
        guard stepsBack(delivery), var lane = lanes[delivery.lane] else { return schedule(delivery) }
        lane.active -= 1
        lane.queue.insert(delivery.key) { deliveries[$0].map { $0.precedes(delivery) } ?? true }
        lanes[delivery.lane] = lane
        blockedCount += 1
        deliveries[delivery.key] = delivery
        deliveries[delivery.key]?.stage = .blocked
        if lane.active == 0 { advance(delivery.lane) }
    }

    /// The next of a lane goes on.
    private mutating func advance(_ number: UInt64) {
        guard var lane = lanes[number] else { return }
        guard let next = lane.queue.popFirst() else { return lanes[number] = nil }
        lane.active = 1
        lanes[number] = lane
        blockedCount -= 1
        deliveries[next].map { schedule($0) }
    }

    /// It may be tried, or will be when it is due.
    mutating func schedule(_ delivery: OpenDelivery) {
        var delivery = delivery
        delivery.stage = delivery.attempts > 0 || delivery.due > 0 ? .waiting : .ready
        deliveries[delivery.key] = delivery
        if delivery.stage == .waiting {
            waiting.insert(Due(time: delivery.due, key: delivery.key))
        } else {
            ready.append(delivery.key)
        }
    }

    /// The receiver is back: what failed while it was away is due now.
    private mutating func hurry(failedSince since: Int64, at now: Int64) {
        for (key, delivery) in deliveries where delivery.failedAt >= since && delivery.due > now {
            switch delivery.stage {
            case .waiting: bringForward(key, to: now)
            case .blocked: deliveries[key]?.due = now
            default: break
            }
        }
    }
}
