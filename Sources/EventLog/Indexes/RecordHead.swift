/// What is known of a record without its bytes.
package struct RecordHead: Sendable, Equatable {
    package let sequence: UInt64
    package let time: Int64
    package let kind: Record.Kind
    package let attachmentLength: Int
}

/// Which records are asked for, and in what order they are shown.
package struct LogQuery: Sendable {
    /// Only records with a greater sequence.
    package var after: UInt64 = 0
    /// Only records with a smaller sequence.
    package var before: UInt64 = .max
    /// Only records from this time on, milliseconds since 1970.
    package var since: Int64 = .min
    /// Only records before this time.
    package var until: Int64 = .max
    /// Each group has terms of which a record must have one. An index narrows the search by them; what is shown may still lack them,
    /// so whoever asks confirms it.
    package var terms: [[UInt64]] = []
    package var isAscending = true
    /// About how many bytes of the log are read before the search pauses.
    package var maxBytes = Int.max

    package init() {}
}

/// Where a search stopped.
package enum LogQueryEnd: Sendable, Equatable {
    /// There is nothing more.
    case done
    /// At this record, which was looked at or passed over: ask again with it as `after`, or as `before` where the order is descending.
    case at(UInt64)
}
