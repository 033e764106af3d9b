extension OpenSet {
    /// Takes new rules. What is under way ends as it began.
    mutating func change(_ rules: Rules, at now: Int64) {
        let before = self.rules
        self.rules = rules
        if before.rateLimit != rules.rateLimit { pace.change(perSecond: rules.rateLimit, apart: apart) }
        if before.keepsOrder, !rules.keepsOrder { unblock() }
        // Whoever lets deliveries go on wants to know whether they work: what waits for a retry is due, one request at first.
        if before.isHeld, !rules.isHeld {
            circuit.restart(at: now)
            makeDue()
        }
    }

    /// What the receiver did and asked for says nothing about the one that is called from now on: what failed is due.
    mutating func changeReceiver(at now: Int64) {
        circuit.restart(at: now)
        keepApart(0)
        makeDue()
    }

    /// The receiver wants so many milliseconds between two requests.
    mutating func keepApart(_ interval: Int64) {
        apart = interval
        pace.change(perSecond: rules.rateLimit, apart: apart)
    }

    /// The receiver consented on these terms, and the request that asked goes out now.
    mutating func consented(_ interval: Int64, at now: Int64) {
        keepApart(interval)
        pace.started(at: now)
    }

    /// Puts back what was open when the hub stopped. In a lane, the one that was tried before comes first again.
    mutating func restore(_ open: [OpenDelivery]) {
        let ordered = open.sorted { a, b in
            (a.attempts > 0) == (b.attempts > 0) ? a.key < b.key : a.attempts > 0
        }
        for var delivery in ordered {
            delivery.stage = delivery.attempts > 0 ? .waiting : .ready
            if !rules.keepsOrder { delivery.lane = 0 }
            guard add(delivery) else { continue }
            if delivery.stage == .waiting {
                waiting.insert(Due(time: delivery.due, key: delivery.key))
            } else {
                ready.append(delivery.key)
            }
        }
    }

    private mutating func makeDue() {
        for (key, delivery) in deliveries where delivery.stage == .waiting && delivery.due > 0 {
            deliveries[key]?.due = 0
            waiting.insert(Due(time: 0, key: key))
        }
    }

    /// Order is no longer kept.
    private mutating func unblock() {
        for (key, delivery) in deliveries where delivery.lane != 0 {
            deliveries[key]?.lane = 0
            if delivery.stage == .blocked { deliveries[key]?.stage = .ready }
        }
        for key in lanes.values.flatMap(\.contents).sorted() { ready.append(key) }
        lanes = [:]
        blockedCount = 0
    }

    /// Those that others wait for, oldest first.
    var blocking: [OpenDelivery] {
        guard blockedCount > 0 else { return [] }
        return deliveries.values.filter { $0.stage != .blocked && lanes[$0.lane]?.isEmpty == false }.sorted { $0.key < $1.key }
    }
}

extension OpenSet {
    /// Records of the delivery log behind this one are no more.
    mutating func forgetRecords(after end: UInt64) {
        for (key, delivery) in deliveries where delivery.last > end {
            let first = delivery.first > end ? 0 : delivery.first
            deliveries[key]?.first = first
            deliveries[key]?.last = first
        }
    }

    /// Forgets what came from there; what is under way ends with its attempt.
    mutating func removeAll(from source: DeliveryKey.Source) {
        // Those that wait for others first: what is removed after them lets the next of its lane go on.
        for lane in lanes.keys { lanes[lane]?.removeAll { $0.source == source } }
        for (key, delivery) in deliveries where key.source == source && delivery.stage == .blocked {
            deliveries[key] = nil
            blockedCount -= 1
        }
        for (key, delivery) in deliveries where key.source == source {
            if delivery.stage == .underWay { deliveries[key]?.isCalledOff = true } else { remove(delivery) }
        }
    }
}
