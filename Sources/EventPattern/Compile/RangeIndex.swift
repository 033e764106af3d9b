/// Which of many numeric ranges contain a number: logarithmic in their count, plus one step for each that does.
/// The ends of all ranges are sorted; a number's place is 2i on end i and odd between two ends.
struct RangeIndex: Sendable {
    private struct Interval {
        var low: Int32
        var high: Int32
        var atom: UInt32
        /// The greatest `high` in the half of the intervals around this one.
        var reach: Int32 = 0
    }

    private var ends: [DecimalKey]
    private var intervals: [Interval] = []

    init(_ ranges: [(NumericRange, UInt32)]) {
        ends = Set(ranges.flatMap { [$0.0.low?.key, $0.0.high?.key].compactMap { $0 } }).sorted()
        for (range, atom) in ranges {
            var low = Int32(0)
            var high = Int32(ends.count * 2 + 1)
            if let end = range.low { low = place(end.key.bytes) + (end.included ? 0 : 1) }
            if let end = range.high { high = place(end.key.bytes) - (end.included ? 0 : 1) }
            intervals.append(Interval(low: low, high: high, atom: atom))
        }
        intervals.sort { $0.low < $1.low }
        _ = setReach(intervals.indices)
    }

    private mutating func setReach(_ range: Range<Int>) -> Int32 {
        guard !range.isEmpty else { return -1 }
        let middle = (range.lowerBound + range.upperBound) / 2
        let reach = max(
            intervals[middle].high, setReach(range.lowerBound..<middle), setReach(middle + 1..<range.upperBound))
        intervals[middle].reach = reach
        return reach
    }

    /// Places start at 1, before the first end.
    private func place(_ key: [UInt8]) -> Int32 {
        var low = 0
        var high = ends.count
        while low < high {
            let middle = (low + high) / 2
            if ends[middle].bytes == key { return Int32(middle * 2 + 2) }
            if ends[middle].bytes.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return Int32(low * 2 + 1)
    }

    func forEachContaining(_ key: [UInt8], _ body: (UInt32) -> Void) {
        visit(intervals.indices, place(key), body)
    }

    private func visit(_ range: Range<Int>, _ place: Int32, _ body: (UInt32) -> Void) {
        guard !range.isEmpty else { return }
        let middle = (range.lowerBound + range.upperBound) / 2
        let interval = intervals[middle]
        guard interval.reach >= place else { return }
        visit(range.lowerBound..<middle, place, body)
        guard interval.low <= place else { return }
        if interval.high >= place { body(interval.atom) }
        visit(middle + 1..<range.upperBound, place, body)
    }
}
