package import JSON

/// Times at which something is allowed, or frozen: any of some windows, each of which is a cron expression with a duration, or a range.
///
/// A cron window is open while the clock on the wall of its time zone shows a time that lies in it. So it follows changes to and from
/// summer time: a time that the clock shows twice is open twice. A window that the clock leaves out whole is made up for when it has
/// been put forward, as cron does with its jobs.
package struct Schedule: Sendable, Hashable {
    /// As it was written.
    package let encoded: JSONValue
    private let windows: [Window]

    package static let maximumWindows = 50
    /// Ends of windows that touch one another which `nextChange` looks past, times the windows that there are: it is asked for every
    /// deployment that waits. And for how long it looks (seconds).
    private static let maximumSteps = 1_000
    private static let maximumLook = 10 * 366 * WallWindows.dayLength

    enum Window: Sendable, Hashable {
        case cron(WallWindows, Zone)
        /// Seconds since 1970.
        case range(Range<Int>)
    }

    /// - Throws: with a pointer relative to the schedule, such as `/0/cron`.
    package init(_ json: JSONValue) throws(DeploymentError) {
        windows = try ScheduleParser.windows(json)
        encoded = json
    }

    /// - Parameter milliseconds: since 1970.
    package func isOpen(at milliseconds: Int64) -> Bool {
        let instant = Self.seconds(milliseconds)
        return windows.contains { $0.isOpen(at: instant) }
    }

    /// The first time after `milliseconds` at which `isOpen` answers otherwise; nil where it never will, or not for ten years.
    ///
    /// Where very many windows follow each other without a gap, it is a time until which nothing changes, and at which to ask again:
    /// the beginning of a day or hour of UTC, so that it mostly stays the same when it is asked for a little later.
    package func nextChange(after milliseconds: Int64) -> Int64? {
        let start = Self.seconds(milliseconds)
        var instant = start
        guard windows.contains(where: { $0.isOpen(at: start) }) else {
            return windows.compactMap { $0.nextStart(after: start) }.min().map { Int64($0) * 1000 }
        }
        for _ in 0..<max(20, Self.maximumSteps / windows.count) {
            // The last end of what is open now; something else may be open then.
            guard let end = windows.compactMap({ $0.end(at: instant) }).max() else { return Int64(instant) * 1000 }
            guard end < Self.latest, end - start < Self.maximumLook else { return nil }
            instant = end
        }
        let rounded = [WallWindows.dayLength, 3600].map { instant / $0 * $0 }.first { $0 > start }
        return Int64(rounded ?? instant) * 1000
    }

    /// Times beyond the year 9999 and before 1970 are not told apart.
    static let latest = 253_402_300_799

    private static func seconds(_ milliseconds: Int64) -> Int {
        min(max(Int(milliseconds / 1000), 0), latest)
    }
}

extension Schedule.Window {
    func isOpen(at instant: Int) -> Bool {
        switch self {
        case .range(let range): range.contains(instant)
        case .cron(let windows, let zone): windows.window(at: zone.wall(instant)) != nil || windows.madeUp(at: instant, zone) != nil
        }
    }

    /// An instant until which it stays open, later than the given one; nil where it is closed.
    func end(at instant: Int) -> Int? {
        switch self {
        case .range(let range): return range.contains(instant) ? range.upperBound : nil
        case .cron(let windows, let zone):
            let wall = zone.wall(instant)
            if windows.isAlwaysOpen { return Schedule.latest }
            guard let window = windows.window(at: wall) else { return windows.madeUp(at: instant, zone) }
            // Until the clock is put forward or back, it and the instants go side by side.
            let end = instant + (window.upperBound - wall)
            return min(end, zone.nextTransition(after: instant) ?? .max)
        }
    }

    /// The first instant after the given one at which it opens; nil where it never does. It must be closed.
    func nextStart(after instant: Int) -> Int? {
        switch self {
        case .range(let range): return range.lowerBound > instant ? range.lowerBound : nil
        case .cron(let windows, let zone):
            var instant = instant
            // Each round goes past one change of the clock, and cron's rarest days come within some decades.
            for _ in 0..<200 {
                let wall = zone.wall(instant)
                guard let start = windows.nextStart(after: wall) else { return nil }
                let opening = instant + (start - wall)
                guard let transition = zone.nextTransition(after: instant), transition <= opening else { return opening }
                if windows.window(at: zone.wall(transition)) != nil || windows.madeUp(at: transition, zone) != nil { return transition }
                instant = transition
            }
            return nil
        }
    }
}
