import IO
import Synchronization

@testable import EventLog

/// A log of records whose body is a list of small numbers, each of which is a term; its clock is the test's.
struct IndexedLog {
    let folder: TemporaryFolder
    let log: EventLog
    let indexes: TermIndexes
    private let clock = Clock()

    final class Clock: Sendable {
        let time = Mutex(Int64(1_000))
    }

    init(_ folder: TemporaryFolder, segmentBytes: Int = 20_000, schema: UInt32 = 1) throws {
        self.folder = folder
        var options = options(folder, segmentBytes: segmentBytes)
        let clock = clock
        options.clock = { clock.time.withLock { $0 } }
        log = try EventLog.open(options, replayAfter: 0) { _ in }
        indexes = TermIndexes(log: log, schema: schema) { body, terms in
            for index in 0..<body.count { terms.append(Self.term(body[index])) }
        }
    }

    /// Spread over the upper half, which is what the index keeps.
    static func term(_ value: UInt8) -> UInt64 { (UInt64(value) &+ 1) &* 0x9E37_79B9_7F4A_7C15 }

    func write(_ bodies: [[UInt8]], at time: Int64) async throws {
        clock.time.withLock { $0 = time }
        try await log.write(bodies)
    }

    /// Random records, in several commits of different times; some are the other way round in time.
    func fill(_ count: Int, using random: inout SeededGenerator) async throws {
        var left = count
        while left > 0 {
            let bodies = (0..<min(left, Int.random(in: 1...40, using: &random))).map { _ in
                (0..<Int.random(in: 0...6, using: &random)).map { _ in UInt8.random(in: 0...60, using: &random) }
            }
            left -= bodies.count
            let back = Int64.random(in: 0...50, using: &random)
            try await write(bodies, at: 1_000 + Int64(count - left) - back)
        }
    }

    /// The sequences that a query finds, confirmed, page by page where it pauses.
    func find(_ query: LogQuery, groups: [[UInt8]], limit: Int = .max, with indexes: TermIndexes? = nil) throws -> [UInt64] {
        var query = query
        query.terms = groups.map { $0.map(Self.term) }
        var found: [UInt64] = []
        while true {
            let end = try (indexes ?? self.indexes).run(query) { head, body in
                let values = (0..<body.count).map { body[$0] }
                if groups.allSatisfy({ !$0.allSatisfy { !values.contains($0) } }) { found.append(head.sequence) }
                return found.count < limit
            }
            guard case .at(let position) = end, found.count < limit else { return found }
            if query.isAscending { query.after = position } else { query.before = position }
        }
    }

    /// The same by looking at every record.
    func naive(_ query: LogQuery, groups: [[UInt8]]) throws -> [UInt64] {
        let all = try log.all().filter { record in
            record.sequence > query.after && record.sequence < query.before && record.time >= query.since && record.time < query.until
                && groups.allSatisfy { group in group.contains { record.body.contains($0) } }
        }
        return (query.isAscending ? all : all.reversed()).map(\.sequence)
    }

    func randomQuery(_ last: Int, using random: inout SeededGenerator) -> (query: LogQuery, groups: [[UInt8]]) {
        var query = LogQuery()
        query.isAscending = Bool.random(using: &random)
        if Int.random(in: 0..<3, using: &random) == 0 { query.after = UInt64.random(in: 0...UInt64(last + 2), using: &random) }
        if Int.random(in: 0..<3, using: &random) == 0 { query.before = UInt64.random(in: 0...UInt64(last + 2), using: &random) }
        if Int.random(in: 0..<3, using: &random) == 0 { query.since = 1_000 + Int64.random(in: -60...Int64(last), using: &random) }
        if Int.random(in: 0..<3, using: &random) == 0 { query.until = 1_000 + Int64.random(in: -60...Int64(last), using: &random) }
        if Bool.random(using: &random) { query.maxBytes = Int.random(in: 0...5_000, using: &random) }
        let groups = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in UInt8.random(in: 0...62, using: &random) }
        }
        return (query, groups)
    }

    var files: [String] { get throws { try Files.list(folder.path + "/log").filter { $0.hasSuffix(".terms") }.sorted() } }
}
