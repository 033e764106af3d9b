package import EventLog
package import IO
import Synchronization

/// The event log as something to ask. All calls block on the disk: make them in a `BlockingPool`.
package final class AuditLog: Sendable {
    package let log: EventLog
    package let indexes: TermIndexes
    private let isStopping = Atomic(false)
    private let streams = Atomic(0)

    /// How many follow the log at the moment.
    package var streamCount: Int { streams.load(ordering: .relaxed) }
    package func streamBegan() { streams.wrappingAdd(1, ordering: .relaxed) }
    package func streamEnded() { streams.wrappingSubtract(1, ordering: .relaxed) }

    package init(_ log: EventLog) {
        self.log = log
        indexes = TermIndexes(log: log, schema: EventTerm.schema) { body, terms in EventTerms.append(body, to: &terms) }
    }

    /// The most bytes of events in one page.
    private static let pageBytes = 16 << 20

    /// One page of what is asked for.
    package func page(_ search: EventSearch) throws(LogError) -> EventPage {
        var page = EventPage()
        var bytes = 0
        let end = try each(search, maxBytes: EventSearch.bytesPerCall) { event in
            page.events.append(event)
            bytes += event.body.count
            return page.events.count < search.limit && bytes < Self.pageBytes
        }
        if case .at(let position) = end { page.next = position }
        return page
    }

    /// Shows the events that are asked for, one after another, until `show` answers false or about `maxBytes` of the log were read.
    package func each(
        _ search: EventSearch, maxBytes: Int, _ show: (FoundEvent) -> Bool
    ) throws(LogError) -> LogQueryEnd {
        try visit(search, maxBytes: maxBytes) { head, body in
            show(FoundEvent(sequence: head.sequence, time: head.time, body: body.copied))
        }
    }

    /// Shows them where they lie.
    package func visit(
        _ search: EventSearch, maxBytes: Int, _ show: (RecordHead, Span<UInt8>) -> Bool
    ) throws(LogError) -> LogQueryEnd {
        var session = EventFilter.Session(search.filter)
        return try indexes.run(search.logQuery(maxBytes: maxBytes)) { head, body in
            guard head.kind != .lost, session.matches(body) else { return true }
            return show(head, body)
        }
    }

    /// Keeps the indexes up to date until the task is cancelled. What is not there yet is read instead, so nobody waits for this.
    package func keepIndexed(on pool: BlockingPool) async {
        await withTaskCancellationHandler {
            await keepIndexedUntilCancelled(pool)
        } onCancel: {
            isStopping.store(true, ordering: .relaxed)
        }
    }

    private func keepIndexedUntilCancelled(_ pool: BlockingPool) async {
        while !isStopping.load(ordering: .relaxed) {
            do {
                try await pool.run { [self] () throws(LogError) in
                    try indexes.maintain { isStopping.load(ordering: .relaxed) }
                }
            } catch {
                Diagnostics.warning("the indexes of the log are not up to date: \(error)")
            }
            let known = log.durableSequence
            do {
                // In steps: a record at a time would be a wake-up for each.
                try await Task.sleep(for: .seconds(2))
                _ = try await log.wait(after: known)
            } catch {
                return
            }
        }
    }
}

extension Span<UInt8> {
    var copied: [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}
