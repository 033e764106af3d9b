import HTTP
import JSON

extension Command {
    static let webhookDryRun: Command = Command(
        name: "webhook dry-run", summary: "Say which of the last events a pattern, or a webhook's pattern, would have matched.",
        operands: [Operand(name: "ID", isOptional: true)],
        options: [
            Option(name: "--pattern", value: "JSON", help: "this event pattern, instead of a webhook's"),
            Option(name: "--pattern-file", value: "FILE", help: "the same, from a file"),
            Option(name: "--last", value: "N", help: "how many records to look at (default 1000)"),
            HubClient.option, HubClient.authorities, Option(name: "--json", help: "one event a line, as it is in the log"),
        ],
        example: #"signalbox webhook dry-run --pattern '{"data":{"repository":[{"prefix":"production/"}]}}' --last 500"#
    ) { arguments in
        guard let last = Int64(arguments.value("--last") ?? "1000"), last > 0 else {
            throw UsageError("--last takes a whole number from 1", webhookDryRun)
        }
        let client = try HubClient(arguments)
        let pattern = try await pattern(arguments, client)
        guard let newest = try await client.call(.get, "/api/v1/events?limit=1")?["events"]?.array?.first?["sequence"]?.string.flatMap({ Int64($0) })
        else { return Terminal.out("There are no events yet.\n") }
        let found = try await matches(client, pattern, after: max(0, newest - last), EventPrinter(isJSON: arguments.has("--json")))
        if !arguments.has("--json") {
            Terminal.out("\(found) of the last \(min(last, newest)) records would have been delivered.\n")
        }
    }

    /// Nil matches every event, as it does for a webhook without a pattern.
    private static func pattern(_ arguments: Arguments, _ client: HubClient) async throws -> JSONValue? {
        let given = try WebhookOptions.pattern(arguments)
        guard !arguments.operands.isEmpty else {
            guard let given else { throw UsageError("the ID of a webhook or --pattern is missing", webhookDryRun) }
            return given
        }
        guard given == nil else { throw UsageError("the ID of a webhook and --pattern exclude each other", webhookDryRun) }
        return try await client.call(.get, WebhookPrinter.path(arguments))?["pattern"]
    }

    private static func matches(
        _ client: HubClient, _ pattern: JSONValue?, after start: Int64, _ printer: EventPrinter
    ) async throws -> Int {
        let condition = pattern.map { "&pattern=" + PercentEncoding.encode(String(decoding: $0.encoded, as: UTF8.self)) } ?? ""
        var found = 0
        var after = String(start)
        while true {
            let answer = try await client.call(.get, "/api/v1/events?order=asc&limit=1000&after=\(after)\(condition)")
            let events = answer?["events"]?.array ?? []
            for event in events where !printer.print(event) { return found }
            found += events.count
            guard let next = answer?["next"]?.string else { return found }
            after = next
        }
    }
}
