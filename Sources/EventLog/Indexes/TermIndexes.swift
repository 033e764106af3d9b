import IO
import Synchronization

/// The indexes of a log: for each sealed segment a file beside it, and for the segment that is appended to a table in memory.
///
/// Nothing here is in the way of a commit, and nothing here can make an answer wrong: where an index is missing, damaged or behind, the
/// segment is read instead. `maintain` brings them up to date; call it when the log has grown. All calls block on the disk.
package final class TermIndexes: Sendable {
    /// Appends a record's terms. Called on any thread; it must say the same of the same bytes for as long as `schema` is the same.
    package typealias Terms = @Sendable (_ body: Span<UInt8>, _ terms: inout [UInt64]) -> Void

    let log: EventLog
    let schema: UInt32
    let terms: Terms

    /// Files that are open, the last used ones at the end. About 40 KiB each, for 64 MiB of log.
    static let openLimit = 1_024

    struct State {
        /// By first sequence, with when they were used last.
        private(set) var opened: [UInt64: (file: TermFile, used: UInt64)] = [:]
        private var clock: UInt64 = 0
        /// Of the active segment.
        var table: TermTable
        /// Sealed segments that are known to have their file, so that `maintain` need not look again.
        var complete: Set<UInt64> = []

        init(table: TermTable) { self.table = table }

        mutating func find(_ first: UInt64) -> TermFile? {
            clock += 1
            opened[first]?.used = clock
            return opened[first]?.file
        }

        mutating func remember(_ file: TermFile) {
            clock += 1
            opened[file.first] = (file, clock)
            complete.insert(file.first)
            guard opened.count > TermIndexes.openLimit, let oldest = opened.min(by: { $0.value.used < $1.value.used }) else { return }
            opened[oldest.key] = nil
        }

        mutating func forget(_ first: UInt64) {
            opened[first] = nil
            complete.remove(first)
        }
    }

    // A Mutex: held for a look-up or to take in one record, never during a read or write of a file.
    let state: Mutex<State>
    /// Held while records are read into the table, so that two that want the same do it once.
    let catchingUp = Mutex<Void>(())

    /// - Parameter schema: a number for what the terms stand for; files of another schema are made again.
    package init(log: EventLog, schema: UInt32, terms: @escaping Terms) {
        self.log = log
        self.schema = schema
        self.terms = terms
        state = Mutex(State(table: TermTable(first: log.catalogue.firsts.active)))
    }

    func path(_ first: UInt64) -> String { SegmentName.termsPath(log.options.directory, first) }

    /// The index of a sealed segment, or nil when there is none that can be used.
    func file(for index: SparseIndex) -> TermFile? {
        if let known = state.withLock({ $0.find(index.first) }) { return known }
        guard let file = TermFile.open(path(index.first), schema: schema, for: index) else {
            state.withLock { $0.forget(index.first) }
            return nil
        }
        state.withLock { $0.remember(file) }
        return file
    }

    /// A file turned out not to be what was written: it is removed, and made again by `maintain`.
    func discard(_ file: TermFile) {
        state.withLock { $0.forget(file.first) }
        let path = path(file.first)
        Diagnostics.warning("the index \(path) is damaged and will be made again")
        _ = try? Files.unlinkIfPresent(path)
    }

    /// What a query needs to know of one segment: the records that can be meant, how many of its records that was said of, and the times.
    struct Narrowed {
        /// Nil where the index does not tell.
        var candidates: [UInt32]?
        /// From this place on the index knows nothing.
        var covered: UInt32
        var times: TimeBlocks
    }

    /// Whether a sealed segment has none of the records that are meant: then it need not even be opened.
    func holdsNothing(in sequences: ClosedRange<UInt64>, _ query: LogQuery) -> Bool {
        let known = state.withLock { $0.find(sequences.lowerBound) }
        guard let file = known, UInt64(file.count) == sequences.upperBound - sequences.lowerBound + 1 else { return false }
        if !file.times.mayHold(since: query.since, until: query.until) { return true }
        do {
            for group in query.terms where try group.allSatisfy({ try file.find($0) == nil }) { return true }
            return false
        } catch {
            discard(file)
            return false
        }
    }

    func narrow(_ view: Catalogue.View, _ query: LogQuery) -> Narrowed? {
        if view.isSealed {
            guard let file = file(for: view.index) else { return nil }
            do {
                let candidates = try candidates(query.terms, file)
                return Narrowed(candidates: candidates, covered: file.count, times: file.times)
            } catch {
                discard(file)
                return nil
            }
        }
        catchUp(view)
        return state.withLock { state in
            let table = state.table
            guard table.first == view.index.first else { return nil }
            let groups = query.terms.map { group in
                group.reduce(into: [UInt32]()) { all, term in all = all.union(table.places(of: term)) }
            }
            let candidates = groups.dropFirst().reduce(groups.first) { $0?.intersection($1) }
            return Narrowed(candidates: candidates, covered: table.count, times: table.times)
        }
    }

    /// Looking at a record costs about as much as decoding this many places of a list.
    private static let placesPerRecord = 2_000

    private func candidates(_ terms: [[UInt64]], _ file: TermFile) throws -> [UInt32]? {
        var groups: [(count: Int, entries: [TermFile.Entry])] = []
        for group in terms {
            let entries = try group.compactMap { try file.find($0) }
            if entries.isEmpty { return [] }
            groups.append((entries.reduce(0) { $0 + Int($1.count) }, entries))
        }
        groups.sort { $0.count < $1.count }
        var candidates: [UInt32]?
        for group in groups {
            if let candidates, candidates.count * Self.placesPerRecord < group.count { break }
            let places = try group.entries.reduce(into: [UInt32]()) { all, entry in all = all.union(try file.places(entry)) }
            candidates = candidates?.intersection(places) ?? places
        }
        return candidates
    }
}
