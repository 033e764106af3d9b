extension OpenSet {
    /// Takes new rules. What is under way ends as it began.
    mutating func change(_ rules: Rules, at now: Int64) {
        let before = self.rules
        self.rules = rules
        if before.rateLimit != rules.rateLimit { pace.change(perSecond: rules.rateLimit, apart: apart) }
        if before.keepsOrder != rules.keepsOrder { rules.keepsOrder ? block() : unblock() }
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

    /// Puts back what was open when the hub stopped, in the order of events.
    mutating func restore(_ open: [OpenDelivery]) {
        let ordered = open.sorted { $0.precedes($1) }
        for delivery in ordered where add(delivery) { schedule(delivery) }
        for delivery in ordered {
            guard let leader = delivery.leader else { continue }
            if deliveries[leader]?.stage == .waiting, deliveries[delivery.key]?.stage == .waiting, riders[delivery.key] == nil,
                deliveries[leader]?.leader == nil, deliveries[leader]?.attempts == delivery.attempts
            {
                deliveries[delivery.key]?.stage = .riding
                riders[leader, default: []].append(delivery.key)
            } else {
                deliveries[delivery.key]?.leader = nil
            }
        }
    }

    private mutating func makeDue() {
        for (key, delivery) in deliveries where delivery.due > 0 {
            switch delivery.stage {
            case .waiting: bringForward(key, to: 0)
            // It failed before order was kept, and is not to wait for its time when its turn comes.
            case .blocked: deliveries[key]?.due = 0
            default: break
            }
        }
    }

    /// Whoever rides along comes with it.
    mutating func bringForward(_ key: DeliveryKey, to time: Int64) {
        deliveries[key]?.due = time
        for rider in riders[key] ?? [] { deliveries[rider]?.due = time }
        waiting.insert(Due(time: time, key: key))
    }

    /// Those that go with it again, under way from now on.
    mutating func takeRiders(of key: DeliveryKey) -> [OpenDelivery] {
        (riders.removeValue(forKey: key) ?? []).compactMap {
            deliveries[$0]?.leader = nil
            return join($0)
        }
    }

    /// Nothing goes together any more but by chance.
    mutating func disband() {
        for rider in riders.values.joined() {
            deliveries[rider]?.leader = nil
            deliveries[rider].map { schedule($0) }
        }
        riders = [:]
    }

    /// Order is kept from now on: in each lane one goes on, or those under way, and the others wait.
    private mutating func block() {
        disband()
        for delivery in deliveries.values where delivery.lane != 0 && delivery.stage == .underWay {
            lanes[delivery.lane, default: OrderedLane(active: 0)].active += 1
        }
        for delivery in deliveries.values.filter({ $0.lane != 0 }).sorted(by: { $0.precedes($1) }) where delivery.stage != .underWay {
            guard lanes[delivery.lane] != nil else {
                lanes[delivery.lane] = OrderedLane()
                continue
            }
            lanes[delivery.lane]?.queue.append(delivery.key)
            deliveries[delivery.key]?.stage = .blocked
            blockedCount += 1
        }
    }

    /// Order is no longer kept.
    private mutating func unblock() {
        lanes = [:]
        blockedCount = 0
        for delivery in deliveries.values.filter({ $0.stage == .blocked }).sorted(by: { $0.precedes($1) }) { schedule(delivery) }
    }

    /// Those that others wait for, oldest first.
    var blocking: [OpenDelivery] {
        guard blockedCount > 0 else { return [] }
        return deliveries.values.filter { $0.stage != .blocked && lanes[$0.lane]?.queue.isEmpty == false }.sorted { $0.key < $1.key }
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

    /// Calls one delivery off; an attempt under way is its last.
    mutating func callOff(_ key: DeliveryKey) {
        if !riders.isEmpty { disband() }
        guard let delivery = deliveries[key] else { return }
        switch delivery.stage {
        case .underWay: deliveries[key]?.isCalledOff = true
        case .blocked:
            lanes[delivery.lane]?.queue.removeAll { $0 == key }
            blockedCount -= 1
            deliveries[key] = nil
        default: remove(delivery)
        }
    }

    /// Forgets what came from there; what is under way ends with its attempt.
    mutating func removeAll(from source: DeliveryKey.Source) {
        if !riders.isEmpty { disband() }
        // Those that wait for others first: what is removed after them lets the next of its lane go on.
        for lane in lanes.keys { lanes[lane]?.queue.removeAll { $0.source == source } }
        for (key, delivery) in deliveries where key.source == source && delivery.stage == .blocked {
            deliveries[key] = nil
            blockedCount -= 1
        }
        for (key, delivery) in deliveries where key.source == source {
            if delivery.stage == .underWay { deliveries[key]?.isCalledOff = true } else { remove(delivery) }
        }
    }
}
