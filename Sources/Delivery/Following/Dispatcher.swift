import EventLog
import EventPattern
import IO
import Synchronization

/// Reads the log once for all webhooks: each record is matched against all patterns by one automaton and offered to the
/// endpoints of those that match. It never waits for an endpoint, and webhooks that do not match cost nothing.
final class Dispatcher: Sendable {
    private let log: EventLog
    private let pool: BlockingPool
    private let feed: Feed
    private let patterns = PatternSet<Endpoint>()
    private let table = Mutex(Table())
    /// Those that get everything.
    private let unfiltered = Mutex<[Endpoint]>([])

    private struct Table {
        var endpoints: [String: Entry] = [:]
        var version: UInt64 = 0
        var isCompiling = false
        /// Changed since the last compilation began; whoever waits to become live is among them.
        var changed: Set<String> = []
    }

    private struct Entry {
        let endpoint: Endpoint
        let pattern: Pattern?
    }

    private static let batchRecords = 512
    private static let batchBytes = 1 << 20

    init(log: EventLog, pool: BlockingPool, feed: Feed) {
        self.log = log
        self.pool = pool
        self.feed = feed
    }

    // MARK: The table

    /// Puts webhooks in, or new patterns of them. They are offered records from the version on that this answers.
    func put(_ entries: [(endpoint: Endpoint, pattern: Pattern?)]) -> UInt64 {
        table.withLock { table in
            for entry in entries {
                table.endpoints[entry.endpoint.id] = Entry(endpoint: entry.endpoint, pattern: entry.pattern)
                table.changed.insert(entry.endpoint.id)
            }
            table.version += 1
            return table.version
        }
    }

    func remove(_ id: String) {
        table.withLock { table in
            table.endpoints[id] = nil
            table.changed.insert(id)
            table.version += 1
        }
    }

    /// Compiles the patterns as they are now, once for all changes that come meanwhile, and tells those that wait for it.
    func compile() async {
        let isMine = table.withLock { table in
            if table.isCompiling || table.changed.isEmpty { return false }
            table.isCompiling = true
            return true
        }
        // Whoever is at it sees what has changed before it is done.
        guard isMine else { return }
        await pool.run { [self] in
            while let (entries, version, changed) = takeChanges() {
                patterns.update { patterns in
                    patterns = [:]
                    for entry in entries { patterns[entry.endpoint] = entry.pattern }
                }
                unfiltered.withLock { $0 = entries.filter { $0.pattern == nil }.map(\.endpoint) }
                feed.publish(version: version)
                for entry in entries where changed.contains(entry.endpoint.id) { entry.endpoint.pump() }
            }
        }
    }

    /// Nil where nothing is to be compiled.
    private func takeChanges() -> (entries: [Entry], version: UInt64, changed: Set<String>)? {
        table.withLock { table in
            guard !table.changed.isEmpty else {
                table.isCompiling = false
                return nil
            }
            defer { table.changed = [] }
            return (Array(table.endpoints.values), table.version, table.changed)
        }
    }

    // MARK: The log

    /// Runs until the task is cancelled.
    func run() async {
        var cursor = EventLog.Cursor(after: feed.done)
        var session = patterns.makeSession()
        while !Task.isCancelled {
            do {
                _ = try await log.wait(after: cursor.sequence)
                let (log, from) = (log, cursor)
                let (records, next) = try await pool.run { () throws(LogError) in
                    var cursor = from
                    let records = try log.read(&cursor, limit: Self.batchRecords, maxBytes: Self.batchBytes)
                    return (records, cursor)
                }
                offer(records, &session)
                cursor = next
            } catch is CancellationError {
                return
            } catch let error as LogError where error.code == .closed {
                return
            } catch {
                Diagnostics.warning("webhooks get nothing new, since the log cannot be read: \(error); trying again in 5 s")
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    private func offer(_ records: [Record], _ session: inout PatternSetSession<Endpoint>) {
        guard let last = records.last?.sequence else { return }
        feed.claim(through: last)
        let everything = unfiltered.withLock { $0 }
        for record in records where record.kind != .lost {
            // A record that cannot be read as an event matches no pattern.
            let matching = (try? session.match(record.body)) ?? []
            guard !matching.isEmpty || !everything.isEmpty else { continue }
            let record = record.withoutAttachment
            let lane = Lane.of(record.body)
            for endpoint in matching { endpoint.offer(record, lane: lane) }
            for endpoint in everything { endpoint.offer(record, lane: lane) }
        }
        feed.finish(through: last)
    }
}
