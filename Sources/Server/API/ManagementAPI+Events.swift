import Audit
import EventLog
import HTTP
import IO
import JSON

extension ManagementAPI {
    func events(_ request: Request) async throws -> Response {
        let query = try EventQuery(request)
        if let field = query.countBy { return try await count(query, by: field) }
        if query.follows || query.wait != nil { try refuseBeyond(query.search) }
        if query.follows { return EventFollowing(services: services, audit: try services.log(for: query.search), query: query).response() }
        let audit = try services.log(for: query.search)
        if let seconds = query.wait {
            let page = try await wait(query.search, seconds)
            return answer(page, try await services.pool.run { () throws(LogError) in try audit.beginning() })
        }
        let (page, beginning) = try await services.questions.run { () throws(LogError) in
            // First the page: what leaves the log meanwhile is missing in it only if the beginning says so.
            let page = try audit.page(query.search)
            return (page, try audit.beginning())
        }
        return answer(page, beginning)
    }

    /// Who goes on from a record that is not there yet followed another log, or this one before it was set back: waiting for that number would
    /// pass over everything up to it.
    private func refuseBeyond(_ search: EventSearch) throws(Problem) {
        let last = try services.log(for: search).log.durableSequence
        guard let after = search.after, after > last else { return }
        throw Problem(
            .conflict, "beyond-end",
            "the log ends with record \(last), before \(after): a restore set it back, or it is another log; the last event "
                + "io.signalbox.audit.restored says with which record it goes on", pointer: "after")
    }

    private func answer(_ page: EventPage, _ beginning: LogBeginning?) -> Response {
        json(.ok) { json in
            json.beginObject()
            json.key("events")
            json.beginArray()
            for event in page.events { json.json(event.body) }
            json.endArray()
            if let next = page.next { json.member("next", "\(next)") }
            if let beginning {
                json.key("beginning")
                beginning.encode(into: &json)
            }
            json.endObject()
        }
    }

    /// A long poll: answers as soon as there is something, or when the time is over; `next` says in any case where to go on.
    private func wait(_ search: EventSearch, _ seconds: Int64) async throws -> EventPage {
        let deadline = Monotonic.milliseconds + seconds * 1000
        let audit = try services.log(for: search)
        var search = search
        search.after = search.after ?? audit.log.durableSequence
        while true {
            let asked = search
            // What is on disk by now has been looked at when the page has no `next`.
            let durable = audit.log.durableSequence
            var page = try await services.readers(of: audit, after: asked.after ?? 0).run { () throws(LogError) in try audit.page(asked) }
            page.next = page.next ?? max(page.events.last?.sequence ?? 0, max(durable, asked.after ?? 0))
            guard page.events.isEmpty, Monotonic.milliseconds < deadline else { return page }
            search.after = page.next
            guard try await audit.log.waitForMore(after: page.next ?? 0, until: deadline) else { return page }
        }
    }

    private func count(_ query: EventQuery, by field: CountField) async throws -> Response {
        let audit = try services.log(for: query.search)
        let (counts, beginning) = try await services.questions.run { () throws(LogError) in
            let counts = try audit.counts(query.search, by: field)
            return (counts, try audit.beginning())
        }
        return json(.ok) {
            EventCounts.encode(counts.sorted, total: counts.total, others: counts.others, next: counts.next, beginning: beginning, into: &$0)
        }
    }
}
