/// Which connections a client has and who gets the next one: a value that is told what happened and says what to do.
/// It opens and closes nothing itself.
///
/// A connection's slot is counted from the moment it is granted until `release` or `closeIdle` gives it up, so the limits
/// hold while connections are being made. Whoever waits is served in the order of coming, as far as limits allow.
struct ConnectionPool: Sendable {
    typealias ConnectionID = UInt64
    typealias WaiterID = UInt64

    struct Limits: Sendable {
        var perDestination = 16
        var total = 256
        var waiting = 4096
    }

    enum Grant: Sendable, Equatable {
        /// Use this idle connection.
        case reuse(ConnectionID)
        /// Make a new one under this id.
        case connect(ConnectionID)
    }

    enum Acquisition: Sendable, Equatable {
        case granted(Grant, closing: ConnectionID?)
        /// A later `release` grants it.
        case wait(WaiterID)
        case refused
    }

    /// What is to be done after a connection was given back or given up.
    struct Release: Sendable, Equatable {
        /// The connection that was released is to be closed.
        var closes = false
        /// It stays open, idle, under this stamp.
        var parked: UInt64?
        var grants: [Served] = []

        struct Served: Sendable, Equatable {
            let waiter: WaiterID
            let grant: Grant
        }
    }

    struct Idle {
        let id: ConnectionID
        let stamp: UInt64
    }

    struct Slots {
        /// Idle and in use.
        var count = 0
        /// Most recently used last: that one is taken, so that what is not needed ages.
        var idle: [Idle] = []
        /// In the order of coming.
        var waiting: [WaiterID] = []
    }

    let limits: Limits
    var slots: [Destination: Slots] = [:]
    var waiters: [WaiterID: Destination] = [:]
    /// Where somebody waits although the destination has room: only the total stands in the way.
    var starved: Set<Destination> = []
    private(set) var isShutDown = false
    var total = 0
    private var lastID: UInt64 = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var waitingCount: Int { waiters.count }
    func count(of destination: Destination) -> Int { slots[destination]?.count ?? 0 }
    func idleCount(of destination: Destination) -> Int { slots[destination]?.idle.count ?? 0 }

    mutating func acquire(_ destination: Destination) -> Acquisition {
        guard !isShutDown else { return .refused }
        if let idle = slots[destination]?.idle.popLast() { return .granted(.reuse(idle.id), closing: nil) }
        if count(of: destination) < limits.perDestination {
            if total < limits.total { return .granted(open(destination), closing: nil) }
            if let evicted = evictOldestIdle() { return .granted(open(destination), closing: evicted) }
        }
        guard waiters.count < limits.waiting else { return .refused }
        let id = nextID()
        waiters[id] = destination
        slots[destination, default: Slots()].waiting.append(id)
        update(destination)
        return .wait(id)
    }

    /// The connection is no longer used, or was never made. `reusable`: it is open and fit for another exchange.
    mutating func release(_ id: ConnectionID, of destination: Destination, reusable: Bool) -> Release {
        guard reusable, !isShutDown else { return giveUp(destination) }
        guard let index = slots.index(forKey: destination) else { return giveUp(destination) }
        let first = slots.values[index].waiting.first
        // Somebody waits for another destination, and came first: this connection would keep the place that they need.
        if let starved = longestStarved, starved.waiter < first ?? .max { return giveUp(destination) }
        if let first {
            remove(first, of: destination)
            return Release(grants: [.init(waiter: first, grant: .reuse(id))])
        }
        let stamp = nextID()
        slots.values[index].idle.append(Idle(id: id, stamp: stamp))
        return Release(parked: stamp)
    }

    /// Whether the connection still is in the idle time that began with this stamp.
    func isIdle(_ id: ConnectionID, of destination: Destination, stamp: UInt64) -> Bool {
        slots[destination]?.idle.contains { $0.id == id && $0.stamp == stamp } ?? false
    }

    /// An idle connection ended or is too old. Nil where it is in use again: then it is not to be touched.
    mutating func closeIdle(_ id: ConnectionID, of destination: Destination, stamp: UInt64) -> Release? {
        guard let index = slots[destination]?.idle.firstIndex(where: { $0.id == id && $0.stamp == stamp }) else { return nil }
        slots[destination]?.idle.remove(at: index)
        return giveUp(destination)
    }

    /// Takes a waiter out. False where it has been served already.
    mutating func cancel(_ waiter: WaiterID) -> Bool {
        guard let destination = waiters[waiter] else { return false }
        remove(waiter, of: destination)
        return true
    }

    /// No more grants: whoever waits is refused, the idle connections are to be closed, those in use as they are released.
    mutating func shutDown() -> (closing: [ConnectionID], refusing: [WaiterID]) {
        isShutDown = true
        let refusing = waiters.keys.sorted()
        for waiter in refusing { _ = cancel(waiter) }
        var closing: [ConnectionID] = []
        while let id = evictOldestIdle() { closing.append(id) }
        return (closing, refusing)
    }

    mutating func nextID() -> UInt64 {
        lastID &+= 1
        return lastID
    }
}
