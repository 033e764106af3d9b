/// Where a delivery comes from, and its number there: unique for one webhook at a time.
struct DeliveryKey: Hashable, Comparable, Sendable {
    enum Source: UInt8, Sendable {
        /// The webhook follows the log; the number is the record's sequence.
        case log = 0
        /// A replay; the same.
        case replay = 1
        /// Somebody asked for one delivery again; the number is that of the request in the delivery log.
        case resend = 2
        /// Somebody asked for all that failed; the number is that of the last attempt in the delivery log.
        case failed = 3
        /// Made up to see whether a receiver answers; never open.
        case test = 4
    }

    let source: Source
    let number: UInt64

    init(_ source: Source, _ number: UInt64) {
        self.source = source
        self.number = number
    }

    static func < (a: DeliveryKey, b: DeliveryKey) -> Bool {
        (a.number, a.source.rawValue) < (b.number, b.source.rawValue)
    }
}

/// A delivery that has begun and is not done: a small value without the event, which is in the log.
struct OpenDelivery: Equatable, Sendable {
    enum Stage: UInt8, Sendable {
        /// May be tried.
        case ready
        case underWay
        /// Waits for its next attempt.
        case waiting
        /// Waits for an earlier one of its repository.
        case blocked
        /// Waits with the first of those that it failed together with, and goes with it again.
        case riding
    }

    let key: DeliveryKey
    /// The event's.
    let sequence: UInt64
    /// Where order is kept, what is delivered one after the other has the same. 0 stands alone.
    var lane: UInt64 = 0
    var stage = Stage.ready
    /// Attempts that have ended.
    var attempts = 0
    /// When the next attempt is due, and when the last one failed; Unix milliseconds.
    var due: Int64 = 0
    var failedAt: Int64 = 0
    /// Of a batch that failed: its first, for all but that one.
    var leader: DeliveryKey?
    /// What it belongs to was called off while it was under way: it is not tried again.
    var isCalledOff = false
    /// The first and the last record about it in the delivery log; 0 while there is none.
    var first: UInt64 = 0
    var last: UInt64 = 0

    /// In the order of events.
    func precedes(_ other: OpenDelivery) -> Bool { (sequence, key) < (other.sequence, other.key) }
}
