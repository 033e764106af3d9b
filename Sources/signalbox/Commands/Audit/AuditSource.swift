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

    /// Shows the events that the parameters mean, page by page, until there are no more, `limit` were shown, or `show` answers false.
    func each(
        _ parameters: [(name: String, value: String)], limit: Int = .max, _ show: (JSONValue) -> Bool
    ) async throws {
        let isAscending = parameters.contains { $0 == ("order", "asc") }
        var left = limit
        var position: String?
        while left > 0 {
            var page = parameters.filter { position == nil || $0.name != (isAscending ? "after" : "before") }
            page.append(("limit", String(min(left, EventSearch.maximumLimit))))
            if let position { page.append((isAscending ? "after" : "before", position)) }
            let (events, next) = try await self.page(page)
            for event in events where !show(event) { return }
            left -= events.count
            guard let next else { return }
            position = String(next)
        }
    }

    /// One page, and where the next one goes on.
    /// - Parameters:
    ///   - wait: seconds that a hub may wait for an event; there is a `next` then in any case, and a position beyond the log's end is an error.
    ///   - retries: asks again for as long as the hub cannot be reached.
    func page(
        _ parameters: [(name: String, value: String)], wait: Int? = nil, retries: Bool = false
    ) async throws -> ([JSONValue], UInt64?) {
        switch self {
        case .hub(let client):
            let path = Self.path(parameters + (wait.map { [("wait", String($0))] } ?? []))
            while true {
                do {
                    let answer = try await client.call(.get, path)
                    return (answer?["events"]?.array ?? [], answer?["next"]?.string.flatMap { UInt64($0) })
                } catch let failure as CommandFailure where retries && failure.isTransient {
                    Terminal.error("signalbox: \(failure); trying again\n")
                    try await Task.sleep(for: .seconds(1))
                }
            }
        case .folder(let offline):
            let search = try EventSearch(parameters: parameters, now: Wall.milliseconds)
            let last = try offline.log(for: search).log.durableSequence
            if wait != nil, let after = search.after, after > last {
                throw CommandFailure("the log ends with record \(last), before \(after): a restore set it back, or it is another log")
            }
            let page = try offline.log(for: search).page(search)
            return (try page.events.map { try JSONValue.parse($0.body) }, page.next)
        }
    }

    /// How many events there are of each value, and what there were too many values for.
    func counts(
        _ parameters: [(name: String, value: String)], by field: CountField
    ) async throws -> (values: [String: UInt64], others: UInt64, total: UInt64) {
        var sums: (values: [String: UInt64], others: UInt64, total: UInt64) = ([:], 0, 0)
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
            case .folder(let offline):
                let search = try EventSearch(parameters: part, now: Wall.milliseconds)
                let counts = try offline.log(for: search).counts(search, by: field)
                for value in counts.sorted { sums.values[value.text, default: 0] += value.count }
                sums.others += counts.others
                sums.total += counts.total
                position = counts.next.map { String($0) }
            }
            if position == nil { return sums }
        }
    }

    static func path(_ parameters: [(name: String, value: String)]) -> String {
        "/api/v1/events?" + parameters.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
