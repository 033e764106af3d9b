/// Whether a receiver answers. One that has failed often in a row is only probed now and then, and when it is back it
/// gets little at first and then more.
struct Circuit: Sendable, Equatable {
    /// Failures in a row after which a receiver counts as failing.
    static let threshold = 10
    /// Between the probes of a failing receiver, in milliseconds.
    static let firstInterval: Int64 = 5_000
    /// They grow to so many times the first: 5 minutes.
    static let growth: Int64 = 60
    /// A receiver that has failed for so long is given up.
    static let patience: Int64 = 5 * 86_400_000

    /// Where there was nothing to send for so long, an old failure says nothing about the receiver any more.
    static let silence: Int64 = 86_400_000

    /// In a row.
    private(set) var failures = 0
    /// The first failure since the last success.
    private(set) var failingSince: Int64?
    private var lastFailure: Int64 = 0
    private var interval: Int64 = 0
    private var nextProbe: Int64 = 0
    /// The receiver asked for a pause until then.
    private var pauseEnd: Int64 = 0
    /// How many requests may be under way; nil where the webhook's own bound is all.
    private(set) var window: Int?

    var isFailing: Bool { failures >= Self.threshold }

    init() {}

    /// As it was when the hub stopped, but that a failing receiver is probed at once.
    init(failures: Int, failingSince: Int64?, lastFailure: Int64) {
        self.failures = failures
        self.failingSince = failingSince
        self.lastFailure = lastFailure
    }

    /// Nil where a request may start; else when to ask again (`.max`: when one has ended).
    func wait(at now: Int64, underWay: Int, bound: Int) -> Int64? {
        if pauseEnd > now { return pauseEnd }
        if isFailing {
            if underWay > 0 { return .max }
            return nextProbe > now ? nextProbe : nil
        }
        return underWay < min(bound, window ?? bound) ? nil : .max
    }

    /// True where this ends an outage.
    mutating func succeeded(bound: Int) -> Bool {
        let hasRecovered = isFailing
        failures = 0
        failingSince = nil
        interval = 0
        if hasRecovered {
            window = 1
        } else if let open = window {
            // One more for each success: the window doubles in the time of one request.
            window = open + 1 >= bound ? nil : open + 1
        }
        return hasRecovered
    }

    /// - Parameters:
    ///   - first: between the first two probes.
    ///   - longest: the longest delay between attempts: failures that are much further apart are of different times.
    /// - Returns: true where the receiver has failed for too long.
    mutating func failed(at now: Int64, longest: Int64, first: Int64 = firstInterval) -> Bool {
        let apart = max(longest, Self.silence)
        let isNew = failingSince == nil || now - lastFailure > apart + apart / 5
        let since = isNew ? now : failingSince ?? now
        failingSince = since
        lastFailure = now
        failures += 1
        if isFailing {
            // What was under way when the receiver began to fail is no probe.
            guard nextProbe <= now else { return now - since >= Self.patience }
            interval = interval == 0 ? first : min(interval * 2, first * Self.growth)
            nextProbe = now + interval
        } else if let open = window {
            window = max(1, open / 2)
        }
        return now - since >= Self.patience
    }

    /// The receiver wants no request before `time`.
    mutating func pause(until time: Int64) { pauseEnd = max(pauseEnd, time) }

    /// Somebody says that it is to be tried anew, gently.
    mutating func restart() {
        self = Circuit()
        window = 1
    }

    var saved: (failures: Int, failingSince: Int64?, lastFailure: Int64) { (failures, failingSince, lastFailure) }
}
