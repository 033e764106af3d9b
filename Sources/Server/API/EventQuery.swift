import EventLog
import EventPattern
import Events
import HTTP
import JSON

/// What `GET /api/v1/events` asks for. The conditions become one event pattern, so that there is one way to match events.
struct EventQuery: Sendable {
    var isAscending = false
    /// Only records with a greater sequence.
    var after: UInt64?
    /// Only records with a smaller sequence.
    var before: UInt64?
    var limit = 100
    /// Unix milliseconds.
    var since: Int64?
    var until: Int64?
    /// Nil where every event is asked for.
    var matcher: PatternMatcher<Bool>?
    var follows = false

    static let maximumLimit = 1_000

    init(_ request: Request) throws(Problem) {
        var conditions = Conditions()
        for item in request.head.queryItems {
            switch item.name {
            case "after": after = try Self.sequence(item)
            case "before": before = try Self.sequence(item)
            case "limit":
                guard let count = Int(item.value), (1...Self.maximumLimit).contains(count) else {
                    throw Self.bad(item, "must be a whole number from 1 to \(Self.maximumLimit)")
                }
                limit = count
            case "order":
                guard ["asc", "desc"].contains(item.value) else { throw Self.bad(item, "must be asc or desc") }
                isAscending = item.value == "asc"
            case "since": since = try Self.time(item)
            case "until": until = try Self.time(item)
            case "follow":
                guard ["true", "false"].contains(item.value) else { throw Self.bad(item, "must be true or false") }
                follows = item.value == "true"
            case "pattern": conditions.pattern = item.value
            default:
                guard try conditions.add(item) else {
                    throw Self.bad(item, "is not a known parameter; allowed: after, before, limit, order, since, until, follow, "
                        + "type, repository, tag, digest, actor, outcome, pattern")
                }
            }
        }
        matcher = try conditions.compiled().map { PatternMatcher([(name: true, pattern: $0)]) }
        if request.headers.acceptsExplicitly("text/event-stream") { follows = true }
        if follows, let last = request.headers[.lastEventID] {
            guard let sequence = UInt64(last) else { throw Problem(.badRequest, "invalid", "Last-Event-ID must be a sequence number") }
            after = sequence
        }
    }

    /// Whether a record is one of those that are asked for. A record that is not an event never is.
    func matches(_ record: Record) -> Bool {
        guard record.kind == .event else { return false }
        if let since, record.time < since { return false }
        if let until, record.time >= until { return false }
        guard let matcher else { return true }
        return (try? matcher.match(record.body).isEmpty) == false
    }

    private static func sequence(_ item: QueryItem) throws(Problem) -> UInt64 {
        guard let number = UInt64(item.value) else { throw bad(item, "must be a sequence number") }
        return number
    }

    private static func time(_ item: QueryItem) throws(Problem) -> Int64 {
        guard let time = QueryTime.parse(item.value) else { throw bad(item, "must be a time such as 2026-01-31T12:00:00Z") }
        return time
    }

    static func bad(_ item: QueryItem, _ reason: String) -> Problem {
        Problem(.badRequest, "invalid", "\"\(item.name)\" \(reason)", pointer: item.name)
    }
}

/// The conditions of a query on what stands in the event; several values of one are alternatives.
private struct Conditions {
    private var exact: [String: [JSONValue]] = [:]
    var pattern: String?

    mutating func add(_ item: QueryItem) throws(Problem) -> Bool {
        switch item.name {
        case "type", "actor", "digest", "repository", "tag":
            exact[item.name, default: []].append(Self.matcher(item.value))
        case "outcome":
            let refused = JSONValue.string(EventType.tagRejected.rawValue)
            switch item.value {
            case "refused": exact["outcome", default: []].append(refused)
            case "success": exact["outcome", default: []].append(Self.object("anything-but", .array([refused])))
            default: throw EventQuery.bad(item, "must be success or refused")
            }
        default: return false
        }
        return true
    }

    /// A `*` in a value stands for anything; without one the value is meant to the letter.
    private static func matcher(_ text: String) -> JSONValue {
        guard text.contains("*") else { return .string(text) }
        return object("wildcard", .string(text.replacing("\\", with: "\\\\")))
    }

    private static func object(_ key: String, _ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object[key] = value
        return .object(object)
    }

    func compiled() throws(Problem) -> Pattern? {
        if let pattern {
            guard exact.isEmpty else {
                throw Problem(.badRequest, "invalid", "\"pattern\" stands for itself: it cannot be combined with other conditions", pointer: "pattern")
            }
            return try parse(Array(pattern.utf8))
        }
        guard !exact.isEmpty else { return nil }
        var root = JSONObject()
        var data = JSONObject()
        if let types = exact["type"] { root["type"] = .array(types) }
        if let outcomes = exact["outcome"] {
            guard root["type"] == nil else {
                throw Problem(.badRequest, "invalid", "\"outcome\" and \"type\" cannot be combined", pointer: "outcome")
            }
            root["type"] = .array(outcomes)
        }
        for key in ["repository", "tag", "digest"] {
            if let values = exact[key] { data[key] = .array(values) }
        }
        if let actors = exact["actor"] { data["actor"] = Self.object("name", .array(actors)) }
        if !data.isEmpty { root["data"] = .object(data) }
        return try parse(JSONValue.object(root).encoded)
    }

    private func parse(_ bytes: [UInt8]) throws(Problem) -> Pattern {
        do throws(PatternError) {
            return try Pattern.parse(bytes)
        } catch {
            throw Problem(.badRequest, "invalid", "the pattern \(error.pointer.isEmpty ? "" : "at \(error.pointer) ")is not valid: \(error.reason)", pointer: "pattern")
        }
    }
}
