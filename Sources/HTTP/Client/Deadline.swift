import IO

/// Points in time on the monotonic clock, in milliseconds.
enum Deadline {
    /// As good as for ever (34 years), and far from the end of the number's range.
    private static let longest: Int64 = 1 << 40

    /// Milliseconds that are left, or the error that there are none.
    static func left(_ deadline: Int64, _ doing: String) throws(HTTPClientError) -> Int64 {
        let now = Monotonic.milliseconds
        guard deadline > now else { throw HTTPClientError(.timedOut, "\(doing) took too long") }
        return min(deadline - now, longest)
    }

    /// The earlier of `deadline` and `milliseconds` from now.
    static func soonest(_ deadline: Int64, in milliseconds: Int64) -> Int64 {
        min(deadline, Monotonic.milliseconds + min(milliseconds, longest))
    }
}
