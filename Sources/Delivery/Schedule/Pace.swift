/// Keeps to a number of requests a second. Requests that were not made in the last tenth of a second may be caught up
/// with, so that a timer that is late costs nothing.
struct Pace: Sendable, Equatable {
    /// Between the beginnings of two requests, in microseconds; 0 for none.
    private var interval: Int64 = 0
    /// So much may be caught up with, in microseconds.
    private var credit: Int64 = 0
    /// When the next request is due, in microseconds.
    private var next: Int64 = 0

    init(perSecond: Int?, apart: Int64 = 0) { change(perSecond: perSecond, apart: apart) }

    /// Takes new bounds; what was begun before counts on.
    /// - Parameter apart: milliseconds that have to lie between the beginnings of two requests, besides.
    mutating func change(perSecond: Int?, apart: Int64 = 0) {
        let before = interval
        interval = max(perSecond.map { 1_000_000 / Int64(max(1, $0)) } ?? 0, apart * 1000)
        // Who asks for so much time between two requests means it.
        credit = apart >= 100 ? 0 : 100_000
        // The last request was at `next - before`.
        if before > interval { next -= before - interval }
    }

    /// Nil where a request may start now; else when one may. Unix milliseconds.
    func wait(at now: Int64) -> Int64? {
        guard interval > 0, next > now * 1000 else { return nil }
        return (next + 999) / 1000
    }

    mutating func started(at now: Int64) {
        guard interval > 0 else { return }
        // A clock that was set back must not stop everything until it has caught up.
        next = min(max(next, now * 1000 - credit) + interval, now * 1000 + max(interval, 1000))
    }

    /// A request that was begun is not made after all: its turn goes to the next.
    mutating func returned() { next -= interval }
}
