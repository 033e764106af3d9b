/// Which records of one segment have which terms, in memory: of the segment that is appended to, and of one whose file is being made.
///
/// A term is 64 bits of a hash that the caller chose; the upper half is kept. Two terms that share it cost a look at a record too many,
/// and nothing else: whoever asks confirms against the record. Entries are collected into runs, each sorted when it is full, so that a
/// copy of the table shares all but the last run.
struct TermTable: Sendable {
    /// With more entries than this the records that follow are not taken in (and are read instead): 32 MiB.
    static let maxEntries = 4 << 20
    private static let runEntries = 16 << 10

    /// The segment's first sequence.
    let first: UInt64
    private(set) var times = TimeBlocks()
    private(set) var isFull = false
    private(set) var entryCount = 0
    /// Sorted; hash in the upper half, place in the lower.
    private var runs: [[UInt64]] = []
    private var tail: [UInt64] = []

    init(first: UInt64) {
        self.first = first
    }

    /// How many records are taken in, from the segment's first one on.
    var count: UInt32 { times.count }

    mutating func append(_ terms: [UInt64], time: Int64) {
        guard !isFull else { return }
        let place = times.count
        guard entryCount + terms.count <= Self.maxEntries, place < UInt32.max else {
            isFull = true
            return
        }
        times.append(time)
        for term in terms { tail.append((term >> 32) << 32 | UInt64(place)) }
        entryCount += terms.count
        if tail.count >= Self.runEntries {
            tail.sort()
            runs.append(tail)
            tail = []
            tail.reserveCapacity(Self.runEntries + 64)
        }
    }

    /// The places of a term, ascending.
    func places(of term: UInt64) -> [UInt32] {
        var places: [UInt32] = []
        let low = (term >> 32) << 32
        for run in runs {
            var slot = Self.lowerBound(run, low)
            while slot < run.count, run[slot] >> 32 == term >> 32 {
                Self.add(run[slot], to: &places)
                slot += 1
            }
        }
        for entry in tail where entry >> 32 == term >> 32 { Self.add(entry, to: &places) }
        return places
    }

    /// A record may have said the same term twice.
    private static func add(_ entry: UInt64, to places: inout [UInt32]) {
        let place = UInt32(truncatingIfNeeded: entry)
        if places.last != place { places.append(place) }
    }

    /// All entries, sorted.
    func sorted() -> [UInt64] {
        var all: [UInt64] = []
        all.reserveCapacity(entryCount)
        for run in runs { all += run }
        all += tail
        all.sort()
        return all
    }

    private static func lowerBound(_ run: [UInt64], _ value: UInt64) -> Int {
        var low = 0
        var high = run.count
        while low < high {
            let middle = (low + high) / 2
            if run[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
