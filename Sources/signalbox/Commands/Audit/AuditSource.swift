import Audit
import EventLog
import HTTP
import IO
import JSON
import Server

/// Where the audit commands get their answers: a running hub, or the data folder of a stopped one.
enum AuditSource {
    case hub(HubClient)
    case folder(OfflineAudit)

    static let options = [
        Command.Option(name: "--data", value: "DIR", help: "read the data folder of a stopped hub instead of asking one"),
        HubClient.option, HubClient.authorities,
    ]

    init(_ arguments: Arguments) throws {
        if let folder = arguments.value("--data") {
            guard arguments.value("--hub") == nil else { throw UsageError("--data and --hub cannot be combined") }
            self = .folder(try OfflineAudit(data: folder))
        } else {
            self = .hub(try HubClient(arguments))
        }
    }

    /// A page of events.
    struct Page {
        let events: [JSONValue]
        /// Where the next one goes on.
        let next: UInt64?
        /// Where the log begins, if earlier records left it.
        let beginning: LogBeginning?
    }

    /// Shows the events that the parameters mean, page by page, until there are no more, `limit` were shown, or `show` answers false.
    /// - Returns: where the log begins, if what left it before could have been meant too.
    @discardableResult
    func each(
        _ parameters: [(name: String, value: String)], limit: Int = .max, _ show: (JSONValue) -> Bool
    ) async throws -> LogBeginning? {
        let isAscending = parameters.contains { $0 == ("order", "asc") }
        var left = limit
        var position: String?
        var cut: LogBeginning?
        while left > 0 {
            var page = parameters.filter { position == nil || $0.name != (isAscending ? "after" : "before") }
            page.append(("limit", String(min(left, EventSearch.maximumLimit))))
            if let position { page.append((isAscending ? "after" : "before", position)) }
            let part = try await self.page(page)
            let missing = Self.missing(part.beginning, parameters)
            if isAscending { cut = cut ?? missing }
            for event in part.events where !show(event) { return cut }
            left -= part.events.count
            // Newest first, it is the end that is missing.
            guard let next = part.next else { return missing ?? cut }
            position = String(next)
        }
        return cut
    }

    /// Where the log begins, if what is asked for may have been before that.
    static func missing(_ beginning: LogBeginning?, _ parameters: [(name: String, value: String)]) -> LogBeginning? {
        func value(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
        guard let beginning, value("after").flatMap({ UInt64($0) }) ?? 0 < beginning.sequence - 1 else { return nil }
        if let since = value("since").flatMap({ QueryTime.parse($0, now: Wall.milliseconds) }), since >= beginning.time { return nil }
        return beginning
    }

    /// Says that an answer cannot be whole.
    static func warn(_ beginning: LogBeginning?) {
        guard let beginning else { return }
        Terminal.error("signalbox: \(beginning.text), and are not in this answer\n")
    }

    /// What a tag points to by now; nil where there is no such tag.
    func digest(repository: String, tag: String) async throws -> String? {
        switch self {
        case .hub(let client): try await client.digest(repository: repository, tag: tag)
        case .folder(let offline): try offline.digest(repository: repository, tag: tag)
        }
    }

    /// One page, and where the next one goes on.
    /// - Parameters:
    ///   - wait: seconds that a hub may wait for an event; there is a `next` then in any case, and a position beyond the log's end is an error.
    ///   - retries: asks again for as long as the hub cannot be reached.
    func page(
        _ parameters: [(name: String, value: String)], wait: Int? = nil, retries: Bool = false
    ) async throws -> Page {
        switch self {
        case .hub(let client):
            let path = Self.path(parameters + (wait.map { [("wait", String($0))] } ?? []))
            while true {
                do {
                    let answer = try await client.call(.get, path)
                    return Page(
                        events: answer?["events"]?.array ?? [], next: answer?["next"]?.string.flatMap { UInt64($0) },
                        beginning: LogBeginning(answer?["beginning"]))
                } catch let failure as CommandFailure where retries && failure.isTransient {
                    Terminal.error("signalbox: \(failure); trying again\n")
                    try await Task.sleep(for: .seconds(1))
                }
            }
        case .folder(let offline):
            let search = try EventSearch(parameters: parameters, now: Wall.milliseconds)
            let audit = try offline.log(for: search)
            let last = audit.log.durableSequence
            if wait != nil, let after = search.after, after > last {
                throw CommandFailure("the log ends with record \(last), before \(after): a restore set it back, or it is another log")
            }
            let page = try audit.page(search)
            return Page(events: try page.events.map { try JSONValue.parse($0.body) }, next: page.next, beginning: try audit.beginning())
        }
    }

    /// How many events there are of each value.
    struct Counts {
        var values: [String: UInt64] = [:]
        /// What there were too many values for.
        var others: UInt64 = 0
        var total: UInt64 = 0
        /// As in `Page`.
        var beginning: LogBeginning?
    }

    func counts(
        _ parameters: [(name: String, value: String)], by field: CountField
    ) async throws -> Counts {
        var sums = Counts()
        var position: String?
        while true {
            var part = parameters.filter { position == nil || $0.name != "before" }
            if let position { part.append(("before", position)) }
            switch self {
            case .hub(let client):
                let answer = try await client.call(.get, Self.path(part + [("countBy", field.rawValue)]))
                for value in answer?["counts"]?.array ?? [] {
                    sums.values[value["value"]?.string ?? "", default: 0] += UInt64(clamping: value["count"]?.int ?? 0)
                }
                sums.others += UInt64(clamping: answer?["others"]?.int ?? 0)
                sums.total += UInt64(clamping: answer?["total"]?.int ?? 0)
                position = answer?["next"]?.string
                sums.beginning = Self.missing(LogBeginning(answer?["beginning"]), parameters)
            case .folder(let offline):
                let search = try EventSearch(parameters: part, now: Wall.milliseconds)
                let audit = try offline.log(for: search)
                let counts = try audit.counts(search, by: field)
                for value in counts.sorted { sums.values[value.text, default: 0] += value.count }
                sums.others += counts.others
                sums.total += counts.total
                position = counts.next.map { String($0) }
                sums.beginning = Self.missing(try audit.beginning(), parameters)
            }
            if position == nil { return sums }
        }
    }

    static func path(_ parameters: [(name: String, value: String)]) -> String {
        "/api/v1/events?" + parameters.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
