import EventLog

/// A question to the log: which events, in what order, how many.
package struct EventSearch: Sendable {
    package var filter = EventFilter.all
    /// Only records with a greater sequence.
    package var after: UInt64?
    /// Only records with a smaller sequence.
    package var before: UInt64?
    /// Only records from this time on, Unix milliseconds.
    package var since: Int64?
    /// Only records before this time.
    package var until: Int64?
    package var isAscending = false
    package var limit = 100
    /// Only pulls are meant: they have a log of their own, with sequences of their own.
    package var isAboutPulls = false

    package init() {}

    /// How many bytes of the log one call reads; a search that finds little pauses there.
    package static let bytesPerCall = 256 << 20

    func logQuery(maxBytes: Int) -> LogQuery {
        var query = LogQuery()
        query.after = after ?? 0
        query.before = before ?? .max
        query.since = since ?? .min
        query.until = until ?? .max
        query.isAscending = isAscending
        query.terms = filter.terms
        query.maxBytes = maxBytes
        return query
    }
}

/// An event as it was found.
package struct FoundEvent: Sendable {
    package let sequence: UInt64
    package let time: Int64
    package let body: [UInt8]
}

package struct EventPage: Sendable {
    package var events: [FoundEvent] = []
    /// Where the next page goes on: `after` where the order is ascending, `before` where it is descending. Nil at the end.
    package var next: UInt64?

    package init() {}
}
