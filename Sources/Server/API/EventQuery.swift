import Audit
import HTTP
import IO

/// What `GET /api/v1/events` asks for.
struct EventQuery: Sendable {
    var search = EventSearch()
    var follows = false
    /// Seconds that an answer may wait for the first event.
    var wait: Int64?
    var countBy: CountField?

    static let maximumLimit = 1_000
    static let maximumWait: Int64 = 300

    private static let parameters =
        ["after", "before", "limit", "order", "since", "until", "follow", "wait", "countBy", "pattern", "principal", "requestId"]
        + EventFilter.Field.allCases.map(\.rawValue)

    init(_ request: Request) throws(Problem) {
        var conditions: [(EventFilter.Field, String)] = []
        var pattern: [UInt8]?
        for item in request.head.queryItems {
            switch item.name {
            case "pattern":
                guard pattern == nil else { throw Self.bad(item, "stands twice") }
                pattern = Array(item.value.utf8)
            case "follow":
                guard ["true", "false"].contains(item.value) else { throw Self.bad(item, "must be true or false") }
                follows = item.value == "true"
            case "wait":
                guard let seconds = Int64(item.value), (0...Self.maximumWait).contains(seconds) else {
                    throw Self.bad(item, "must be a whole number of seconds from 0 to \(Self.maximumWait)")
                }
                wait = seconds
            case "countBy":
                guard let field = CountField(rawValue: item.value) else {
                    throw Self.bad(item, "must be one of \(CountField.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                countBy = field
            default:
                if try readRange(item) { continue }
                guard let field = EventFilter.Field(name: item.name) else {
                    throw Self.bad(item, "is not a known parameter; allowed: \(Self.parameters.joined(separator: ", "))")
                }
                conditions.append((field, item.value))
            }
        }
        do throws(AuditError) {
            search.filter = try EventFilter(conditions, pattern: pattern)
        } catch {
            throw Problem(error)
        }
        try readHeaders(request)
    }

    private mutating func readHeaders(_ request: Request) throws(Problem) {
        if request.headers.acceptsExplicitly("text/event-stream") { follows = true }
        if follows, let last = request.headers[.lastEventID] {
            guard let sequence = UInt64(last) else { throw Problem(.badRequest, "invalid", "Last-Event-ID must be a sequence number") }
            search.after = sequence
        }
        guard wait != nil else { return }
        if search.before != nil || !search.isAscending {
            throw Problem(.badRequest, "invalid", "\"wait\" needs order=asc and no \"before\": it waits for what comes", pointer: "wait")
        }
    }

    /// False for a parameter that is about something else.
    private mutating func readRange(_ item: QueryItem) throws(Problem) -> Bool {
        switch item.name {
        case "after": search.after = try Self.sequence(item)
        case "before": search.before = try Self.sequence(item)
        case "limit":
            guard let count = Int(item.value), (1...Self.maximumLimit).contains(count) else {
                throw Self.bad(item, "must be a whole number from 1 to \(Self.maximumLimit)")
            }
            search.limit = count
        case "order":
            guard ["asc", "desc"].contains(item.value) else { throw Self.bad(item, "must be asc or desc") }
            search.isAscending = item.value == "asc"
        case "since": search.since = try Self.time(item)
        case "until": search.until = try Self.time(item)
        default: return false
        }
        return true
    }

    private static func sequence(_ item: QueryItem) throws(Problem) -> UInt64 {
        guard let number = UInt64(item.value) else { throw bad(item, "must be a sequence number") }
        return number
    }

    private static func time(_ item: QueryItem) throws(Problem) -> Int64 {
        guard let time = QueryTime.parse(item.value, now: Wall.milliseconds) else {
            throw bad(item, "must be a time such as 2026-01-31T12:00:00Z, a day, or how long ago: 90s, 15m, 24h, 7d, 4w")
        }
        return time
    }

    private static func bad(_ item: QueryItem, _ reason: String) -> Problem {
        Problem(.badRequest, "invalid", "\"\(item.name)\" \(reason)", pointer: item.name)
    }
}
