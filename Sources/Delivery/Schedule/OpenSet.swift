/// The deliveries of one webhook that have begun and are not done, and what is to happen next: a pure state machine. It
/// knows no clock, no socket and no log; who drives it asks `next`, does what it says, and tells it what came of it.
///
/// It is bounded: when it is full nothing new begins, and the rest of the backlog stays in the log.
struct OpenSet: Sendable {
    struct Rules: Equatable, Sendable {
        var schedule = RetrySchedule([])
        /// Requests under way.
        var maxInFlight = 16
        var rateLimit: Int?
        /// One after the other within a lane.
        var keepsOrder = false
        /// Nothing is sent.
        var isHeld = false
        var limit = 10_000
        /// Between the first two probes of a receiver that fails; milliseconds.
        var firstProbe = Circuit.firstInterval
    }

    var rules: Rules
    var deliveries: [DeliveryKey: OpenDelivery] = [:]
    var circuit: Circuit
    var requestsUnderWay = 0
    /// What began last had been tried before: what is new comes first now.
    private var retriedLast = false
    var blockedCount = 0
    var pace: Pace
    /// The receiver wants so many milliseconds between two requests.
    var apart: Int64 = 0
    var ready = Queue<DeliveryKey>()
    /// Entries whose delivery has another due time by now, or is gone, are passed over.
    var waiting = Heap<Due>()
    /// Where order is kept: the lanes in use, with those that wait behind the first.
    var lanes: [UInt64: OrderedLane] = [:]
    /// Those that failed together and wait with the first of them.
    var riders: [DeliveryKey: [DeliveryKey]] = [:]

    struct OrderedLane: Sendable {
        /// Not blocked: one, or those that were under way when order began to be kept.
        var active = 1
        var queue = Queue<DeliveryKey>()
    }

    struct Due: Comparable, Sendable {
        let time: Int64
        let key: DeliveryKey

        static func < (a: Due, b: Due) -> Bool { a.time == b.time ? a.key < b.key : a.time < b.time }
    }

    init(_ rules: Rules, circuit: Circuit = Circuit()) {
        self.rules = rules
        self.circuit = circuit
        pace = Pace(perSecond: rules.rateLimit)
    }

    var count: Int { deliveries.count }
    var isFull: Bool { deliveries.count >= rules.limit }

    /// Behind the first of a lane no more wait than this, but what somebody asked for.
    static let laneLimit = 32

    /// Whether so many wait behind the first of a lane that more should not be held.
    func isLong(_ lane: UInt64) -> Bool { rules.keepsOrder && waitingCount(lane) >= Self.laneLimit }

    /// Whether a lane can take more.
    func isShort(_ lane: UInt64) -> Bool { rules.keepsOrder ? waitingCount(lane) < Self.laneLimit / 2 : ready.count < Self.laneLimit * 8 }

    private func waitingCount(_ lane: UInt64) -> Int { lanes[lane]?.queue.count ?? 0 }

    func contains(_ key: DeliveryKey) -> Bool { deliveries[key] != nil }

    /// Whether one from there is open. Looks at all of them.
    func contains(source: DeliveryKey.Source) -> Bool { deliveries.keys.contains { $0.source == source } }

    // MARK: What is next

    enum Next: Equatable {
        /// Try this one, which is under way from now on.
        case attempt(OpenDelivery)
        /// Begin the next new one, with `begin`.
        case takeNew
        /// Nothing until then (Unix milliseconds), or until something happens.
        case wait(until: Int64?)
    }

    /// - Parameter hasNew: whether there is a new delivery that could begin.
    mutating func next(at now: Int64, hasNew: Bool) -> Next {
        guard !rules.isHeld else { return .wait(until: nil) }
        if let time = circuit.wait(at: now, underWay: requestsUnderWay, bound: rules.maxInFlight) {
            return .wait(until: time == .max ? nil : time)
        }
        if let time = pace.wait(at: now) { return .wait(until: time) }
        // In turns: what is refused again and again must not keep everything else from being tried.
        if !retriedLast, let key = takeDue(at: now) { return .attempt(start(key, at: now)) }
        if let key = takeReady() { return .attempt(start(key, at: now)) }
        if hasNew, !isFull { return .takeNew }
        if retriedLast, let key = takeDue(at: now) { return .attempt(start(key, at: now)) }
        return .wait(until: firstDue?.time)
    }

    /// Another one for the request that just began, where several go together: no more than is due, and only what was
    /// tried as often, so that a batch lives and dies as one.
    mutating func joining(_ first: OpenDelivery, at now: Int64) -> OpenDelivery? {
        guard first.attempts > 0 else { return takeReady().flatMap { join($0) } }
        guard let due = firstDue, due.time <= now, deliveries[due.key]?.attempts == first.attempts, riders[due.key] == nil else { return nil }
        _ = waiting.popFirst()
        return join(due.key)
    }

    mutating func join(_ key: DeliveryKey) -> OpenDelivery? {
        deliveries[key]?.stage = .underWay
        return deliveries[key]
    }

    /// Begins a delivery. Nil where it has to wait for others of its lane, or is there already.
    /// - Parameter joins: the request that just began takes it along.
    mutating func begin(
        _ key: DeliveryKey, sequence: UInt64, lane: UInt64, at now: Int64, joins: Bool = false
    ) -> OpenDelivery? {
        guard !contains(key) else { return nil }
        var delivery = OpenDelivery(key: key, sequence: sequence, lane: lane)
        let isFree = takePlace(&delivery)
        if isFree {
            delivery.stage = .underWay
            if !joins { started(delivery, at: now) }
        }
        deliveries[key] = delivery
        return isFree ? delivery : nil
    }

    /// Puts a delivery in that somebody asked for; it is tried when its turn comes. False where there is no room.
    mutating func enqueue(_ delivery: OpenDelivery) -> Bool {
        guard !isFull, !contains(delivery.key) else { return false }
        if add(delivery) { ready.append(delivery.key) }
        return true
    }

    private mutating func start(_ key: DeliveryKey, at now: Int64) -> OpenDelivery {
        var delivery = deliveries[key] ?? OpenDelivery(key: key, sequence: key.number)
        delivery.stage = .underWay
        deliveries[key] = delivery
        started(delivery, at: now)
        return delivery
    }

    private mutating func started(_ delivery: OpenDelivery, at now: Int64) {
        requestsUnderWay += 1
        pace.started(at: now)
        circuit.started(at: now)
        retriedLast = delivery.attempts > 0
    }

    /// False where it is blocked, or was there.
    mutating func add(_ delivery: OpenDelivery) -> Bool {
        guard !contains(delivery.key) else { return false }
        var delivery = delivery
        let isFree = takePlace(&delivery)
        deliveries[delivery.key] = delivery
        return isFree
    }

    /// Finds its place in its lane. False where it waits there for others.
    private mutating func takePlace(_ delivery: inout OpenDelivery) -> Bool {
        guard rules.keepsOrder, delivery.lane != 0 else { return true }
        if lanes[delivery.lane] != nil {
            lanes[delivery.lane]?.queue.append(delivery.key)
            delivery.stage = .blocked
            blockedCount += 1
            return false
        }
        lanes[delivery.lane] = OrderedLane()
        return true
    }

    private mutating func takeReady() -> DeliveryKey? {
        while let key = ready.popFirst() {
            if deliveries[key]?.stage == .ready { return key }
        }
        return nil
    }

    private mutating func takeDue(at now: Int64) -> DeliveryKey? {
        guard let due = firstDue, due.time <= now else { return nil }
        return waiting.popFirst()?.key
    }

    private var firstDue: Due? {
        mutating get {
            while let due = waiting.first {
                if let delivery = deliveries[due.key], delivery.stage == .waiting, delivery.due == due.time { return due }
                _ = waiting.popFirst()
            }
            return nil
        }
    }
}
