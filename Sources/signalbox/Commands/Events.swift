import HTTP
import JSON
import Synchronization

extension Command {
    static let events = Command(
        name: "events", summary: "Show what happened, or follow what happens.",
        options: [
            Option(name: "--follow", help: "go on with what happens from now on; reconnects and misses nothing"),
            Option(name: "--after", value: "SEQ", help: "only records with a greater sequence number"),
            Option(name: "--limit", value: "N", help: "how many, newest first (default 20; not with --follow)"),
            Option(name: "--type", value: "TYPE", help: "only this type, such as image.pushed; * for anything"),
            Option(name: "--repository", value: "NAME", help: "only this repository; * for anything"),
            Option(name: "--tag", value: "TAG", help: "only this tag; * for anything"),
            Option(name: "--pattern", value: "JSON", help: "only events that match this event pattern"),
            Option(name: "--json", help: "one event a line, as it is in the log"),
            HubClient.option, HubClient.authorities,
        ],
        example: "signalbox events --follow --repository 'production/*'"
    ) { arguments in
        var query: [(String, String)] = []
        for name in ["after", "type", "repository", "tag", "pattern"] {
            if let value = arguments.value("--" + name) { query.append((name, name == "type" ? AuditConditions.fullType(value) : value)) }
        }
        let printer = EventPrinter(isJSON: arguments.has("--json"))
        let client = try HubClient(arguments)
        if arguments.has("--follow") { return try await follow(client, query, printer) }
        guard let limit = Int(arguments.value("--limit") ?? "20"), limit > 0 else {
            throw UsageError("--limit takes a whole number from 1")
        }
        try await show(client, query, limit, printer)
    }

    private static func path(_ query: [(String, String)]) -> String {
        "/api/v1/events?" + query.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    }

    private static func show(
        _ client: HubClient, _ query: [(String, String)], _ limit: Int, _ printer: EventPrinter
    ) async throws {
        var left = limit
        var before: String?
        while left > 0 {
            var page = query + [("limit", String(min(left, 1000)))]
            if let before { page.append(("before", before)) }
            let answer = try await client.call(.get, path(page))
            let events = answer?["events"]?.array ?? []
            for event in events { _ = printer.print(event) }
            left -= events.count
            guard let next = answer?["next"]?.string else { return }
            before = next
        }
    }

    /// Reads the stream again and again from where it had got.
    private static func follow(_ client: HubClient, _ query: [(String, String)], _ printer: EventPrinter) async throws {
        let last = Mutex(String?.none)
        var wasConnected = false
        while true {
            do {
                let lastID = last.withLock { $0 }
                try await client.events(
                    path(query + [("follow", "true")]), lastID: lastID, reached: { id in last.withLock { $0 = id } }
                ) { event in
                    if event.type == "missing" {
                        Terminal.error("signalbox: records are kept no more and cannot be shown: \(event.data)\n")
                        return true
                    }
                    last.withLock { $0 = event.lastID }
                    guard let json = try? JSONValue.parse(event.data) else { return true }
                    return printer.print(json)
                }
                wasConnected = true
                if printer.isClosed { return }
            } catch let error as HTTPClientError {
                guard wasConnected || error.code != .cannotConnect else {
                    throw CommandFailure("cannot reach the hub at \(client.base.origin): \(error); is it running, and is --hub right?")
                }
                wasConnected = true
                Terminal.error("signalbox: the connection is gone (\(error)); trying again\n")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// Writes events as lines.
final class EventPrinter: Sendable {
    private let isJSON: Bool
    private let closed = Atomic(false)

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    /// Whoever read the lines is gone.
    var isClosed: Bool { closed.load(ordering: .relaxed) }

    /// False once nobody reads any more.
    func print(_ event: JSONValue) -> Bool {
        let line = isJSON ? event.encoded + [0x0A] : Array(Self.text(event).utf8)
        if Terminal.out(line) { return true }
        closed.store(true, ordering: .relaxed)
        return false
    }

    /// In columns, which a long text pushes aside.
    private static func text(_ event: JSONValue) -> String {
        let type = event["type"]?.string ?? "?"
        let short = type.hasPrefix("io.signalbox.") ? String(type.dropFirst("io.signalbox.".count)) : type
        let address = event["data"]?["request"]?["address"]?.string ?? ""
        let cells = [
            event["sequence"]?.string ?? "?", event["time"]?.string ?? "?", short, "by " + actor(event) + (address.isEmpty ? "" : " from " + address),
            event["subject"]?.string ?? "",
        ]
        return Table.line(cells.map(Table.printable), [8, 24, 20, 32, 0])
    }

    static func actor(_ event: JSONValue) -> String { event["data"]?["actor"]?["name"]?.string ?? "?" }
}
