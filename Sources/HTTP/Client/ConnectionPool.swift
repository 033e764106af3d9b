/// Which connections a client has and who gets the next one: a value that is told what happened and says what to do.
/// It opens and closes nothing itself.
///
/// A connection's slot is counted from the moment it is granted until `release` or `closeIdle` gives it up, so the limits
/// hold while connections are being made. Whoever waits is served in the order of coming, as far as limits allow.
struct ConnectionPool: Sendable {
    typealias ConnectionID = UInt64
    typealias WaiterID = UInt64

    struct Limits: Sendable {
        var perOrigin = 16
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

    private struct Idle {
        let id: ConnectionID
        let stamp: UInt64
    }

    private struct Slots {
        /// Idle and in use.
        var count = 0
        /// Most recently used last: that one is taken, so that what is not needed ages.
        var idle: [Idle] = []
    }

    private struct Waiter {
        let id: WaiterID
        let origin: Origin
    }

    private let limits: Limits
    private var origins: [Origin: Slots] = [:]
    private var waiting: [Waiter] = []
    private(set) var total = 0
    private(set) var isShutDown = false
    private var lastID: UInt64 = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var waitingCount: Int { waiting.count }
    func count(of origin: Origin) -> Int { origins[origin]?.count ?? 0 }
    func idleCount(of origin: Origin) -> Int { origins[origin]?.idle.count ?? 0 }

    mutating func acquire(_ origin: Origin) -> Acquisition {
        guard !isShutDown else { return .refused }
        if let idle = origins[origin]?.idle.popLast() { return .granted(.reuse(idle.id), closing: nil) }
        if count(of: origin) < limits.perOrigin {
            if total < limits.total { return .granted(open(origin), closing: nil) }
            if let evicted = evictOldestIdle() { return .granted(open(origin), closing: evicted) }
        }
        guard waiting.count < limits.waiting else { return .refused }
        let id = nextID()
        waiting.append(Waiter(id: id, origin: origin))
        return .wait(id)
    }

    /// The connection is no longer used, or was never made. `reusable`: it is open and fit for another exchange.
    mutating func release(_ id: ConnectionID, of origin: Origin, reusable: Bool) -> Release {
        guard reusable, !isShutDown else { return giveUp(origin) }
        if let index = waiting.firstIndex(where: { $0.origin == origin }) {
            let waiter = waiting.remove(at: index)
            return Release(grants: [.init(waiter: waiter.id, grant: .reuse(id))])
        }
        // Somebody waits for another origin: an idle connection would take the place that they need.
        if waiting.contains(where: { count(of: $0.origin) < limits.perOrigin }) { return giveUp(origin) }
        let stamp = nextID()
        origins[origin, default: Slots()].idle.append(Idle(id: id, stamp: stamp))
        return Release(parked: stamp)
    }

    /// Whether the connection still is in the idle time that began with this stamp.
    func isIdle(_ id: ConnectionID, of origin: Origin, stamp: UInt64) -> Bool {
        origins[origin]?.idle.contains { $0.id == id && $0.stamp == stamp } ?? false
    }

    /// An idle connection ended or is too old. Nil where it is in use again: then it is not to be touched.
    mutating func closeIdle(_ id: ConnectionID, of origin: Origin, stamp: UInt64) -> Release? {
        guard let index = origins[origin]?.idle.firstIndex(where: { $0.id == id && $0.stamp == stamp }) else { return nil }
        origins[origin]?.idle.remove(at: index)
        return giveUp(origin)
    }

    /// Takes a waiter out. False where it has been served already.
    mutating func cancel(_ waiter: WaiterID) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.id == waiter }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// No more grants: whoever waits is refused, the idle connections are to be closed, those in use as they are released.
    mutating func shutDown() -> (closing: [ConnectionID], refusing: [WaiterID]) {
        isShutDown = true
        let refusing = waiting.map(\.id)
        waiting = []
        var closing: [ConnectionID] = []
        while let id = evictOldestIdle() { closing.append(id) }
        return (closing, refusing)
    }
}

extension ConnectionPool {
    private mutating func nextID() -> UInt64 {
        lastID &+= 1
        return lastID
    }

    private mutating func open(_ origin: Origin) -> Grant {
        total += 1
        origins[origin, default: Slots()].count += 1
        return .connect(nextID())
    }

    /// Gives one slot of `origin` back and grants what has become possible by it.
    private mutating func giveUp(_ origin: Origin) -> Release {
        forget(origin)
        var release = Release(closes: true)
        while total < limits.total, let index = waiting.firstIndex(where: { count(of: $0.origin) < limits.perOrigin }) {
            let waiter = waiting.remove(at: index)
            release.grants.append(.init(waiter: waiter.id, grant: open(waiter.origin)))
        }
        return release
    }

    private mutating func forget(_ origin: Origin) {
        total -= 1
        origins[origin]?.count -= 1
        if origins[origin]?.count == 0 { origins[origin] = nil }
    }

    private mutating func evictOldestIdle() -> ConnectionID? {
        var oldest: (origin: Origin, idle: Idle)?
        for (origin, slots) in origins {
            guard let first = slots.idle.first, first.stamp < oldest?.idle.stamp ?? .max else { continue }
            oldest = (origin, first)
        }
        guard let oldest else { return nil }
        origins[oldest.origin]?.idle.removeFirst()
        forget(oldest.origin)
        return oldest.idle.id
    }
}
