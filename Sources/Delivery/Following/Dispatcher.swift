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
        var endpoints: [String: Endpoint] = [:]
        var version: UInt64 = 0
        var isCompiling = false
        /// What changed since the last compilation began; whoever waits to become live is among them.
        var changes: [Endpoint: Change] = [:]
    }

    private enum Change {
        /// Nil gets everything.
        case put(Pattern?)
        case removed
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
                if let old = table.endpoints.updateValue(entry.endpoint, forKey: entry.endpoint.id) { table.changes[old] = .removed }
                table.changes[entry.endpoint] = .put(entry.pattern)
            }
            table.version += 1
            return table.version
        }
    }

    func remove(_ id: String) {
        table.withLock { table in
            guard let old = table.endpoints.removeValue(forKey: id) else { return }
            table.changes[old] = .removed
            table.version += 1
        }
    }

    /// Compiles the patterns as they are now, once for all changes that come meanwhile, and tells those that wait for it.
    func compile() async {
        let isMine = table.withLock { table in
            if table.isCompiling || table.changes.isEmpty { return false }
            table.isCompiling = true
            return true
        }
        // Whoever is at it sees what has changed before it is done.
        guard isMine else { return }
        await pool.run { [self] in
            while let (changes, version) = takeChanges() {
                var matched: [Endpoint: Pattern?] = [:]
                var unmatched: Set<Endpoint> = []
                for (endpoint, change) in changes {
                    guard case .put(let pattern) = change else {
                        matched[endpoint] = .some(nil)
                        continue
                    }
                    matched[endpoint] = .some(pattern)
                    if pattern == nil { unmatched.insert(endpoint) }
                }
                patterns.update(matched)
                unfiltered.withLock { unfiltered in
                    unfiltered.removeAll { changes[$0] != nil }
                    unfiltered += unmatched
                }
                feed.publish(version: version)
                for case (let endpoint, .put) in changes { endpoint.pump() }
            }
        }
    }

    /// Nil where nothing is to be compiled.
    private func takeChanges() -> (changes: [Endpoint: Change], version: UInt64)? {
        table.withLock { table in
            guard !table.changes.isEmpty else {
                table.isCompiling = false
                return nil
            }
            defer { table.changes = [:] }
            return (table.changes, table.version)
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
