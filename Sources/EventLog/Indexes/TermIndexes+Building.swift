import IO
import Synchronization

extension TermIndexes {
    /// Brings everything up to date: files of sealed segments that have none, the table of the active one, and what is left of segments
    /// that went. A file that cannot be written costs time later and not data, so that is only said.
    /// - Parameter shouldStop: looked at between segments.
    package func maintain(shouldStop: () -> Bool = { false }) throws(LogError) {
        let (sealed, active) = log.catalogue.firsts
        removeOrphans(keeping: Set(sealed))
        // The newest first: they are asked for most.
        for first in sealed.reversed() {
            if shouldStop() { return }
            try build(first)
        }
        if let view = try log.catalogue.view(holding: active) { catchUp(view) }
    }

    /// Whether every sealed segment has its file.
    package func isComplete() throws(LogError) -> Bool {
        for first in log.catalogue.firsts.sealed {
            guard let view = try log.catalogue.view(holding: first) else { continue }
            if file(for: view.index) == nil { return false }
        }
        return true
    }

    /// Bytes of all index files on disk.
    package var bytesOnDisk: Int {
        log.catalogue.firsts.sealed.reduce(0) { $0 + ((try? Files.info(path($1)))??.size ?? 0) }
    }

    private func build(_ first: UInt64) throws(LogError) {
        if state.withLock({ $0.complete.contains(first) }) { return }
        guard let view = try log.catalogue.view(holding: first), view.isSealed, view.index.first == first else { return }
        if file(for: view.index) != nil { return }
        var table = state.withLock { $0.table }
        if table.first != first || table.count != UInt32(clamping: view.index.count) {
            table = TermTable(first: first)
            try take(view, from: 0, upTo: .max) { terms, time in
                table.append(terms, time: time)
                return !table.isFull
            }
        }
        let bytes = TermFile.encode(table, schema: schema, end: view.index.end)
        let path = path(first)
        do throws(IOError) {
            let temporary = path + ".tmp"
            // Not synced: what a crash leaves of it does not fit its checksums.
            try File(temporary, [.write, .create, .truncate]).write(bytes, at: 0)
            try Files.rename(temporary, to: path)
        } catch {
            Diagnostics.warning("an index of the log was not saved and will be made again when needed: \(error)")
        }
        _ = file(for: view.index)
    }

    /// Takes the records of the active segment that are not in the table yet.
    func catchUp(_ view: Catalogue.View) {
        catchingUp.withLock { _ in
            let (first, count, isFull) = state.withLock { state in
                // A table of a segment that is sealed by now goes; its file is made by `maintain`.
                if state.table.first < view.index.first { state.table = TermTable(first: view.index.first) }
                return (state.table.first, state.table.count, state.table.isFull)
            }
            guard first == view.index.first, !isFull else { return }
            // What cannot be read is said by the query that reads it.
            _ = try? take(view, from: count, upTo: UInt32(clamping: view.index.count)) { terms, time in
                state.withLock { state in
                    guard state.table.first == first else { return false }
                    state.table.append(terms, time: time)
                    return !state.table.isFull
                }
            }
        }
    }

    /// Gives the terms of a segment's records in order, from a place on.
    private func take(
        _ view: Catalogue.View, from place: UInt32, upTo end: UInt32, _ each: ([UInt64], Int64) -> Bool
    ) throws(LogError) {
        guard UInt64(place) < view.index.count, place < end else { return }
        let scan = SegmentScan(view: view, query: LogQuery(), candidates: nil, times: nil)
        var buffer: [UInt8] = []
        var budget = Int.max
        var found: [UInt64] = []
        _ = try scan.run(view.index.first + UInt64(place)...view.index.last, &buffer, budget: &budget) { head, body in
            found.removeAll(keepingCapacity: true)
            if head.kind != .lost { terms(body, &found) }
            return each(found, head.time)
        }
    }

    private func removeOrphans(keeping sealed: Set<UInt64>) {
        guard let names = try? Files.list(log.options.directory) else { return }
        for name in names {
            guard let first = SegmentName.first(of: name, suffix: SegmentName.termsSuffix), !sealed.contains(first) else { continue }
            state.withLock { $0.forget(first) }
            _ = try? Files.unlinkIfPresent(path(first))
        }
    }
}
