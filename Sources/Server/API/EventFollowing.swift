import Audit
import EventLog
import HTTP
import IO

/// Server-sent events: each event with its sequence as `id`, so that a client that reconnects misses nothing.
struct EventFollowing: Sendable {
    let services: Services
    let audit: AuditLog
    let query: EventQuery

    private static let batchRecords = 256
    private static let batchBytes = 16 << 20
    private static let signOfLife: Int64 = 15_000

    func response() -> Response {
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/event-stream")
        headers.append(.cacheControl, "no-store")
        let start = query.search.after ?? audit.log.durableSequence
        return Response(.ok, headers, body: .stream { writer in
            // The id first, and again with each sign of life: a client that has seen no event yet goes on from here, too.
            try await writer.write(Array((": following after \(start)\nid: \(start)\n\n" + missing(after: start)).utf8))
            services.audit.streamBegan()
            defer { services.audit.streamEnded() }
            var position = start
            var spoke = Monotonic.milliseconds
            while !Task.isCancelled {
                var out: [UInt8] = []
                if try await audit.log.waitForMore(after: position, until: spoke + Self.signOfLife) {
                    (out, position) = try await read(after: position)
                }
                // Also where record after record comes and none of them is meant.
                if out.isEmpty, Monotonic.milliseconds >= spoke + Self.signOfLife { out = Array(": still here\nid: \(position)\n\n".utf8) }
                if out.isEmpty { continue }
                try await writer.write(out)
                spoke = Monotonic.milliseconds
            }
        })
    }

    /// Records that were asked for and are kept no more.
    private func missing(after start: UInt64) -> String {
        let oldest = audit.log.oldestSequence
        guard start &+ 1 < oldest else { return "" }
        return "event: missing\ndata: {\"first\":\"\(start &+ 1)\",\"last\":\"\(oldest - 1)\"}\n\n"
    }

    /// What is meant of the next records as text, and the last record that was looked at.
    private func read(after position: UInt64) async throws -> ([UInt8], UInt64) {
        var search = query.search
        search.after = position
        search.before = nil
        search.isAscending = true
        let asked = search
        let audit = audit
        return try await services.readers(of: audit, after: position).run { () throws(LogError) in
            // Read first: what is on disk by now will have been looked at.
            var looked = max(position, audit.log.durableSequence)
            var out: [UInt8] = []
            var count = 0
            let end = try audit.visit(asked, maxBytes: Self.batchBytes) { head, body in
                out.append(contentsOf: "id: \(head.sequence)\ndata: ".utf8)
                unsafe body.withUnsafeBufferPointer { unsafe out.append(contentsOf: $0) }
                out.append(contentsOf: "\n\n".utf8)
                count += 1
                looked = max(looked, head.sequence)
                return count < Self.batchRecords && out.count < Self.batchBytes
            }
            guard case .at(let last) = end else { return (out, looked) }
            return (out, last)
        }
    }
}

extension EventLog {
    /// Waits until there is a record with a greater sequence; false when the time is over first.
    func waitForMore(after sequence: UInt64, until deadline: Int64) async throws -> Bool {
        if durableSequence > sequence { return true }
        let left = deadline - Monotonic.milliseconds
        guard left > 0 else { return false }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = try await self.wait(after: sequence)
                return true
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(left))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
