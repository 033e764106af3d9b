import EventLog
import HTTP
import IO
import JSON

extension ManagementAPI {
    /// How many bytes of the log one request looks at; a query that finds little says with `next` where to go on.
    private static let scanBytes = 64 << 20
    private static let batchRecords = 1_000
    private static let batchBytes = 4 << 20

    func events(_ request: Request) async throws -> Response {
        let query = try EventQuery(request)
        if query.follows { return follow(query) }
        let page = try await self.page(query)
        return json(.ok) { json in
            json.beginObject()
            json.key("events")
            json.beginArray()
            for body in page.bodies { json.json(body) }
            json.endArray()
            if let next = page.next { json.member("next", "\(next)") }
            json.endObject()
        }
    }

    private struct Page: Sendable {
        var bodies: [[UInt8]] = []
        /// Where the next page goes on: `after` where order is asc, `before` where it is desc. Nil at the end.
        var next: UInt64?
    }

    private func page(_ query: EventQuery) async throws -> Page {
        var page = Page()
        var position = query.isAscending ? query.after ?? 0 : min(query.before ?? .max, services.log.durableSequence &+ 1)
        var scanned = 0
        while true {
            let records = try await read(query, from: position)
            for record in records {
                if let bound = query.isAscending ? query.before : nil, record.sequence >= bound { return page }
                if let bound = query.isAscending ? nil : query.after, record.sequence <= bound { return page }
                position = record.sequence
                scanned += record.body.count + record.attachment.count
                guard query.matches(record) else { continue }
                page.bodies.append(record.body)
                if page.bodies.count == query.limit {
                    page.next = isLast(position, query) ? nil : position
                    return page
                }
            }
            guard !records.isEmpty else { return page }
            if scanned >= Self.scanBytes {
                page.next = isLast(position, query) ? nil : position
                return page
            }
        }
    }

    private func isLast(_ position: UInt64, _ query: EventQuery) -> Bool {
        query.isAscending ? position >= services.log.durableSequence : position <= max(1, services.log.oldestSequence)
    }

    private func read(_ query: EventQuery, from position: UInt64) async throws -> [Record] {
        let log = services.log
        let count = query.matcher == nil ? query.limit : Self.batchRecords
        let ascending = query.isAscending
        return try await services.pool.run { () throws(LogError) in
            ascending
                ? try log.read(after: position, limit: count, maxBytes: Self.batchBytes)
                : try log.readBackward(before: position, limit: count, maxBytes: Self.batchBytes)
        }
    }

    // MARK: Following

    /// Server-sent events: each event with its sequence as `id`, so that a client that reconnects misses nothing.
    private func follow(_ query: EventQuery) -> Response {
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/event-stream")
        headers.append(.cacheControl, "no-store")
        let start = query.after ?? services.log.durableSequence
        return Response(.ok, headers, body: .stream { writer in
            try await writer.write(Array(": following after \(start)\n\n".utf8))
            var position = start
            while !Task.isCancelled {
                let records = try await waitAndRead(after: position)
                var out: [UInt8] = []
                for record in records {
                    position = record.sequence
                    if query.matches(record) { Self.append(record, to: &out) }
                }
                if out.isEmpty, records.isEmpty { out = Array(": still here\n\n".utf8) }
                if !out.isEmpty { try await writer.write(out) }
            }
        })
    }

    private static func append(_ record: Record, to out: inout [UInt8]) {
        out.append(contentsOf: "id: \(record.sequence)\ndata: ".utf8)
        out.append(contentsOf: record.body)
        out.append(contentsOf: "\n\n".utf8)
    }

    /// The records after `position`; none after 15 seconds without any, for a sign of life.
    private func waitAndRead(after position: UInt64) async throws -> [Record] {
        let log = services.log
        if log.durableSequence <= position {
            let arrived = await withTaskGroup(of: Bool.self) { group in
                group.addTask { (try? await log.wait(after: position)) != nil }
                group.addTask {
                    try? await Task.sleep(for: .seconds(15))
                    return false
                }
                let first = await group.next() ?? false
                group.cancelAll()
                return first
            }
            guard arrived else { return [] }
        }
        return try await services.pool.run { () throws(LogError) in
            try log.read(after: position, limit: 256, maxBytes: 1 << 20)
        }
    }
}
