import EventLog

/// One way through a log for one webhook: the records that match wait in a bounded queue for their delivery to begin.
struct Track: Sendable {
    struct Item: Sendable {
        /// The delivery's number in its source.
        let number: UInt64
        let sequence: UInt64
        let lane: UInt64
        /// Nil where it is to be read when its turn comes.
        let record: Record?

        /// What an event takes besides itself.
        static let overhead = 64

        var bytes: Int { (record?.body.count ?? 0) + Self.overhead }
    }

    static let itemLimit = 512
    static let byteLimit = 512 << 10

    let source: DeliveryKey.Source
    /// The job's number; 0 for the webhook's own way.
    let job: UInt64
    /// Nil where it takes events of all lanes.
    let lane: UInt64?
    let after: UInt64
    var through: UInt64
    private(set) var queue = Queue<Item>()
    private(set) var queuedBytes = 0
    /// All up to here is looked at: in the queue, begun, or not for this webhook.
    var read: UInt64
    /// Numbers that are done although they come behind `position`.
    var done: Set<UInt64>
    var isReading = false
    /// Changes when what was being read no longer counts.
    var generation = 0
    var cursor: EventLog.Cursor
    /// Of a redelivery of all that failed; nil where that is to be found out, and while somebody is at it.
    var recovered: Recovered?
    /// When the first in the queue came; Unix milliseconds.
    var oldest: Int64 = 0

    init(_ source: DeliveryKey.Source, job: UInt64 = 0, lane: UInt64? = nil, after: UInt64, through: UInt64 = .max, _ progress: SavedEndpoint.Progress) {
        self.source = source
        self.job = job
        self.lane = lane
        self.after = after
        self.through = through
        read = progress.position
        done = progress.done
        cursor = EventLog.Cursor(after: progress.position)
    }

    /// All up to here is begun or not for this webhook.
    var position: UInt64 { queue.first.map { $0.number - 1 } ?? read }
    var isAtEnd: Bool { read >= through && queue.isEmpty }
    var hasRoom: Bool { queue.count < Self.itemLimit && queuedBytes < Self.byteLimit }
    /// Half of the queue is free: it pays to read on.
    var isLow: Bool { queue.count < Self.itemLimit / 2 && queuedBytes < Self.byteLimit / 2 }

    mutating func append(_ item: Item, at now: Int64) {
        if queue.isEmpty { oldest = now }
        queue.append(item)
        queuedBytes += item.bytes
        read = max(read, item.number)
    }

    mutating func popFirst(at now: Int64) -> Item? {
        guard let item = queue.popFirst() else { return nil }
        queuedBytes -= item.bytes
        oldest = now
        return item
    }

    /// Forgets what waits: it is read again when it is wanted.
    mutating func discard() {
        read = position
        queue.removeAll()
        queuedBytes = 0
        generation += 1
        cursor = EventLog.Cursor(after: read)
        recovered = nil
    }

    var progress: SavedEndpoint.Progress {
        let position = position
        return SavedEndpoint.Progress(position: position, done: done.filter { $0 > position })
    }
}
