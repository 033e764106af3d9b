/// Whether a receiver answers. One that has failed often in a row is only probed now and then, and when it is back it
/// gets little at first and then more.
struct Circuit: Sendable, Equatable {
    /// Failures in a row after which a receiver counts as failing, each of another event than the one before: who refuses one event
    /// again and again may take all others.
    static let threshold = 10
    /// Between the probes of a failing receiver, in milliseconds.
    static let firstInterval: Int64 = 5_000
    /// They grow to so many times the first: 5 minutes.
    static let growth: Int64 = 60
    /// A receiver that has failed for so long is given up.
    static let patience: Int64 = 5 * 86_400_000
    /// Where there was nothing to send for so long, an old failure says nothing about the receiver any more.
    static let silence: Int64 = 86_400_000
    /// Who has not taken anything for so long has a backlog, however few the failures were.
    static let outage: Int64 = 5_000

    /// What outlives the hub.
    struct Saved: Equatable, Sendable {
        var failures = 0
        /// Of them, those that count.
        var strikes = 0
        /// The event that failed last; 0 for none.
        var refused: UInt64 = 0
        var failingSince: Int64?
        var awaited: Int64 = 0
        var pauseEnd: Int64 = 0
    }

    /// In a row.
    private(set) var failures = 0
    /// Of them, those of another event than the failure before, whose sequence is `refused`.
    private var strikes = 0
    private var refused: UInt64 = 0
    /// The first failure since the last success.
    private(set) var failingSince: Int64?
    /// The last failure, or when what failed is tried again: what comes much later is another outage.
    private var awaited: Int64 = 0
    private var interval: Int64 = 0
    private var nextProbe: Int64 = 0
    /// The receiver asked for a pause until then.
    private(set) var pauseEnd: Int64 = 0
    /// Nil where the webhook's own bounds are all.
    private(set) var ramp: Ramp?

    var isFailing: Bool { strikes >= Self.threshold }

    init() {}

    /// As it was when the hub stopped, but that a failing receiver is probed at once.
    init(_ saved: Saved) {
        failures = saved.failures
        strikes = saved.strikes
        refused = saved.refused
        failingSince = saved.failingSince
        awaited = saved.awaited
        pauseEnd = saved.pauseEnd
    }

    var saved: Saved {
        Saved(failures: failures, strikes: strikes, refused: refused, failingSince: failingSince, awaited: awaited, pauseEnd: pauseEnd)
    }

    /// Nil where a request may start; else when to ask again (`.max`: when one has ended).
    func wait(at now: Int64, underWay: Int, bound: Int) -> Int64? {
        if pauseEnd > now { return pauseEnd }
        if isFailing {
            if underWay > 0 { return .max }
            return nextProbe > now ? nextProbe : nil
        }
        guard underWay < min(bound, ramp?.width ?? bound) else { return .max }
        return ramp?.pace.wait(at: now)
    }

    mutating func started(at now: Int64) { ramp?.pace.started(at: now) }

    /// What was started turned out to be nothing to send.
    mutating func returned() { ramp?.pace.returned() }

    /// True where this ends an outage.
    mutating func succeeded(at now: Int64) -> Bool {
        let hasRecovered = isFailing
        let wasAway = failingSince.map { now - $0 >= Self.outage } ?? false
        failures = 0
        strikes = 0
        refused = 0
        failingSince = nil
        interval = 0
        nextProbe = 0
        if hasRecovered || wasAway {
            ramp = Ramp(at: now)
        } else {
            ramp = ramp?.ended(isSuccess: true, at: now)
        }
        return hasRecovered
    }

    /// - Parameters:
    ///   - event: the sequence of what failed.
    ///   - retry: when it is tried again; nil where it is not.
    ///   - first: between the first two probes.
    /// - Returns: true where the receiver has failed for too long.
    mutating func failed(_ event: UInt64, at now: Int64, retry: Int64?, first: Int64 = firstInterval) -> Bool {
        let isNew = failingSince == nil || now - awaited > Self.silence + Self.silence / 5
        let since = isNew ? now : failingSince ?? now
        failingSince = since
        awaited = max(now, retry ?? 0)
        failures += 1
        if failures == 1 || event != refused { strikes += 1 }
        refused = event
        if isFailing {
            // What was under way when the receiver began to fail is no probe.
            guard nextProbe <= now else { return now - since >= Self.patience }
            interval = interval == 0 ? first : min(interval * 2, first * Self.growth)
            nextProbe = now + interval
        } else {
            ramp = ramp?.ended(isSuccess: false, at: now)
        }
        return now - since >= Self.patience
    }

    /// The receiver wants no request before `time`.
    mutating func pause(until time: Int64) { pauseEnd = max(pauseEnd, time) }

    /// Somebody says that it is to be tried anew, gently.
    mutating func restart(at now: Int64) {
        self = Circuit()
        ramp = Ramp(at: now)
    }
}

/// How much a receiver gets that has just come back: one request at a time and few a second, twice as much after each
/// second in which it took enough of them, and half as much after one in which it did not. It goes by time and not by answers, so
/// that a receiver that answers in no time has time to warm up all the same.
struct Ramp: Sendable, Equatable {
    /// Requests in the first second.
    static let rate = 10
    /// After so many doublings (10,240 requests a second) the rate is the receiver's own matter.
    static let lastLevel = 10
    /// Milliseconds.
    static let step: Int64 = 1000

    private(set) var level = 0
    private var since: Int64
    /// What came of the requests since then.
    private var taken = 0
    private var refused = 0
    fileprivate(set) var pace = Pace(perSecond: rate)

    init(at now: Int64) { since = now }

    /// Requests under way.
    var width: Int { 1 << level }

    /// A third is enough: a receiver that refuses some events always is not to be held back for that, but one that is overloaded is.
    private var tookEnough: Bool { taken * 2 >= refused }

    /// Nil where it is over.
    fileprivate func ended(isSuccess: Bool, at now: Int64) -> Ramp? {
        var next = self
        if isSuccess { next.taken += 1 } else { next.refused += 1 }
        // A clock that was set back must not hold it up.
        guard now - since >= Self.step || now < since else { return next }
        guard next.tookEnough else {
            next.change(to: max(0, level - 1), at: now)
            return next
        }
        guard level < Self.lastLevel else { return nil }
        next.change(to: level + 1, at: now)
        return next
    }

    private mutating func change(to level: Int, at now: Int64) {
        self.level = level
        since = now
        (taken, refused) = (0, 0)
        pace.change(perSecond: Self.rate << level)
    }
}
