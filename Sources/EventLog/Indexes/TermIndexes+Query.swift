import IO

extension TermIndexes {
    /// Shows records in the query's order where they lie, until `show` answers false. Those outside its range and times are left out; those
    /// that lack the terms may be shown. Blocks on the disk.
    package func run(
        _ query: LogQuery, _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> LogQueryEnd {
        let usesIndex = !query.terms.isEmpty || query.since > .min || query.until < .max
        return try log.run(
            query, passesOver: { usesIndex && holdsNothing(in: $0, query) }, narrow: { usesIndex ? narrow($0, query) : nil }, show)
    }
}

extension EventLog {
    /// As `TermIndexes.run`, without indexes: reads everything in the range. Blocks on the disk.
    package func scan(
        _ query: LogQuery, _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> LogQueryEnd {
        try run(query, passesOver: { _ in false }, narrow: { _ in nil }, show)
    }

    /// - Parameter passesOver: whether a sealed segment, told by its sequences, need not be looked at.
    func run(
        _ query: LogQuery, passesOver: (ClosedRange<UInt64>) -> Bool, narrow: (Catalogue.View) -> TermIndexes.Narrowed?,
        _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> LogQueryEnd {
        var budget = query.maxBytes
        var buffer: [UInt8] = []
        var low = max(query.after &+ 1, oldestSequence)
        guard query.after < .max, query.before > 0 else { return .done }
        var high = min(query.before - 1, durableSequence)
        while low <= high {
            let edge = query.isAscending ? low : high
            if let sealed = catalogue.sealedRange(holding: edge), passesOver(sealed) {
                if query.isAscending { low = sealed.upperBound + 1 } else { high = sealed.lowerBound - 1 }
                continue
            }
            guard let view = try catalogue.view(holding: edge) else {
                // Removed meanwhile, or never there.
                guard query.isAscending, oldestSequence > low else { return .done }
                low = oldestSequence
                continue
            }
            let range = max(low, view.index.first)...min(high, view.index.last)
            if let stop = try search(view, range, query, narrow(view), &buffer, &budget, show) {
                let isLast = query.isAscending ? stop >= high : stop <= low
                return isLast ? .done : .at(stop)
            }
            if query.isAscending { low = range.upperBound + 1 } else { high = range.lowerBound - 1 }
            if low <= high, budget <= 0 { return .at(query.isAscending ? low - 1 : high + 1) }
        }
        return .done
    }

    /// Searches one segment: the part that the index covers by it, the rest by reading.
    private func search(
        _ view: Catalogue.View, _ range: ClosedRange<UInt64>, _ query: LogQuery, _ narrowed: TermIndexes.Narrowed?,
        _ buffer: inout [UInt8], _ budget: inout Int, _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> UInt64? {
        var parts: [(range: ClosedRange<UInt64>, scan: SegmentScan)] = []
        var rest = range.lowerBound
        if let narrowed {
            let end = view.index.first + UInt64(narrowed.covered)
            if range.lowerBound < end {
                let covered = range.lowerBound...min(range.upperBound, end - 1)
                rest = covered.upperBound + 1
                if narrowed.times.mayHold(since: query.since, until: query.until) {
                    parts.append((covered, SegmentScan(view: view, query: query, candidates: narrowed.candidates, times: narrowed.times)))
                }
            }
        }
        if rest <= range.upperBound {
            parts.append((rest...range.upperBound, SegmentScan(view: view, query: query, candidates: nil, times: nil)))
        }
        if !query.isAscending { parts.reverse() }
        for (slot, part) in parts.enumerated() {
            if let stop = try part.scan.run(part.range, &buffer, budget: &budget, show) { return stop }
            if budget <= 0, slot + 1 < parts.count {
                return query.isAscending ? part.range.upperBound : part.range.lowerBound
            }
        }
        return nil
    }
}
