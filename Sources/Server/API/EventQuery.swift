import Audit
import HTTP
import IO

/// What `GET /api/v1/events` asks for: a question to the log, and how the answer is to come.
struct EventQuery: Sendable {
    var search: EventSearch
    var follows = false
    /// Seconds that an answer may wait for the first event.
    var wait: Int64?
    var countBy: CountField?

    static let maximumWait: Int64 = 300

    init(_ request: Request) throws(Problem) {
        var parameters: [(name: String, value: String)] = []
        for item in request.head.queryItems {
            switch item.name {
            case "follow":
                guard ["true", "false"].contains(item.value) else { throw Problem.parameter(item, "must be true or false") }
                follows = item.value == "true"
            case "wait":
                guard let seconds = Int64(item.value), (0...Self.maximumWait).contains(seconds) else {
                    throw Problem.parameter(item, "must be a whole number of seconds from 0 to \(Self.maximumWait)")
                }
                wait = seconds
            case "countBy":
                guard let field = CountField(rawValue: item.value) else {
                    throw Problem.parameter(item, "must be one of \(CountField.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                countBy = field
            default:
                guard EventSearch.parameterNames.contains(item.name) else {
                    let allowed = (["follow", "wait", "countBy"] + EventSearch.parameterNames).joined(separator: ", ")
                    throw Problem.parameter(item, "is not a known parameter; allowed: \(allowed)")
                }
                parameters.append((item.name, item.value))
            }
        }
        do throws(AuditError) {
            search = try EventSearch(parameters: parameters, now: Wall.milliseconds)
        } catch {
            throw Problem(error)
        }
        try readHeaders(request)
        if wait != nil, search.before != nil || !search.isAscending {
            throw Problem.parameter("wait", "needs order=asc and no \"before\": it waits for what comes")
        }
    }

    private mutating func readHeaders(_ request: Request) throws(Problem) {
        if request.headers.acceptsExplicitly("text/event-stream") { follows = true }
        guard follows, let last = request.headers[.lastEventID] else { return }
        guard let sequence = UInt64(last) else { throw Problem(.badRequest, "invalid", "Last-Event-ID must be a sequence number") }
        search.after = sequence
    }
}
