import EventLog

/// Of a redelivery of all that failed: which events are not given up any more, and which it has taken already. As far as the log
/// of deliveries was looked at: what is not in here is sent again.
struct Recovered: Sendable {
    /// Taken since, called off, or asked for again by themselves.
    private var settled = SequenceSet()
    /// Each goes out once in a redelivery, however often it was given up.
    private var claimed = SequenceSet()
    private var cursor: EventLog.Cursor
    /// The redelivery has looked at all records up to here.
    private let position: UInt64
    /// One look at the log takes no longer than for so many bytes.
    private static let scanBytes = 64 << 20

    /// - Parameters:
    ///   - sequence: the redelivery begins behind it.
    ///   - position: how far it is.
    init(after sequence: UInt64, position: UInt64) {
        cursor = EventLog.Cursor(after: sequence)
        self.position = position
    }

    /// Reads on.
    /// - Returns: true at the end of the log. Blocks.
    mutating func advance(in log: EventLog, _ webhook: String) throws(LogError) -> Bool {
        var scanned = 0
        while scanned < Self.scanBytes {
            let records = try log.read(&cursor, limit: 1024, maxBytes: 4 << 20)
            guard !records.isEmpty else { return true }
            for record in records {
                scanned += record.body.count + record.attachment.count
                guard record.kind == .event, let entry = DeliveryRecord(record.body), entry.webhook == webhook else { continue }
                fold(entry, at: record.sequence)
            }
        }
        return false
    }

    private mutating func fold(_ entry: DeliveryRecord, at number: UInt64) {
        switch entry {
        case .attempt(let attempt) where attempt.source != .test:
            switch attempt.fate {
            case .delivered, .cancelled: settled.insert(attempt.sequence)
            case .dead:
                settled.remove(attempt.sequence)
                if number <= position { claimed.insert(attempt.sequence) }
            // It says no more than what was recorded when it was called off: by itself, or all of a redelivery.
            case .retry, .failedCancelled: break
            }
        // It is delivered, given up or called off with a record.
        case .request(let request): settled.insert(request.sequence)
        default: break
        }
    }

    /// Whether an event that was given up is to be sent again; once in a redelivery.
    mutating func claims(_ sequence: UInt64) -> Bool {
        guard !settled.contains(sequence), !claimed.contains(sequence) else { return false }
        claimed.insert(sequence)
        return true
    }
}

/// Numbers, a bit for each. It takes numbers of about a hundred million around one another; where they are further apart it
/// forgets those that come last.
struct SequenceSet: Sendable {
    /// By the number's higher bits.
    private var pages: [UInt64: [UInt64]] = [:]
    /// 8 KiB each, so 16 MiB in all.
    private static let pageLimit = 2048
    private static let wordsPerPage: UInt64 = 1024

    private static func place(_ number: UInt64) -> (page: UInt64, word: Int, bit: UInt64) {
        let word = number >> 6
        return (word / wordsPerPage, Int(word % wordsPerPage), 1 << (number & 63))
    }

    func contains(_ number: UInt64) -> Bool {
        let place = Self.place(number)
        return pages[place.page].map { $0[place.word] & place.bit != 0 } ?? false
    }

    mutating func insert(_ number: UInt64) {
        let place = Self.place(number)
        guard pages[place.page] != nil || pages.count < Self.pageLimit else { return }
        pages[place.page, default: [UInt64](repeating: 0, count: Int(Self.wordsPerPage))][place.word] |= place.bit
    }

    mutating func remove(_ number: UInt64) {
        let place = Self.place(number)
        pages[place.page]?[place.word] &= ~place.bit
    }
}
