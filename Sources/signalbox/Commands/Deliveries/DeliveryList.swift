import HTTP
import JSON

extension Command {
    static let deliveriesList: Command = Command(
        name: "deliveries list", summary: "List deliveries with their last attempt, newest first, or follow them.",
        options: [
            Option(name: "--webhook", value: "ID", help: "only of this webhook"),
            Option(name: "--state", value: "STATE", help: "only delivered, retrying, dead or cancelled ones; pending is all that waits, oldest first"),
            Option(name: "--event", value: "EVENT", help: "only of this event: its id, sequence or type"),
            Option(name: "--since", value: "TIME", help: "only with a last attempt from this time on"),
            Option(name: "--until", value: "TIME", help: "only with a last attempt before this time"),
            Option(name: "--limit", value: "N", help: "how many (default 20; not with --follow)"),
            Option(name: "--follow", help: "go on with each attempt from now on"),
            Option(name: "--json", help: "one delivery a line, as the API gives it"),
            HubClient.option, HubClient.authorities,
        ],
        example: "signalbox deliveries list --state dead --since 2026-01-31"
    ) { arguments in
        var query: [(String, String)] = []
        for name in ["webhook", "state", "event", "since", "until"] {
            if let value = arguments.value("--" + name) { query.append((name, value)) }
        }
        let client = try HubClient(arguments)
        let isJSON = arguments.has("--json")
        if arguments.has("--follow") {
            guard arguments.value("--since") == nil, arguments.value("--until") == nil, arguments.value("--limit") == nil else {
                throw UsageError("--follow begins now: --since, --until and --limit do not go with it", deliveriesList)
            }
            guard arguments.value("--state") != "pending" else {
                throw UsageError("--follow shows attempts, and what is pending waits for one: list it without --follow", deliveriesList)
            }
            return try await DeliveryFollower(client: client, query: query, isJSON: isJSON).run()
        }
        guard let limit = Int(arguments.value("--limit") ?? "20"), limit > 0 else {
            throw UsageError("--limit takes a whole number from 1", deliveriesList)
        }
        try await list(client, query, limit, isJSON)
    }

    private static func list(_ client: HubClient, _ query: [(String, String)], _ limit: Int, _ isJSON: Bool) async throws {
        var rows: [[String]] = []
        var cursor: String?
        var left = limit
        repeat {
            let page = try await DeliveryPage.get(client, query, limit: min(left, 1000), cursor: cursor)
            for delivery in page.deliveries {
                if isJSON { Terminal.line(delivery.encoded) } else { rows.append(DeliveryPrinter.cells(delivery)) }
            }
            left -= page.deliveries.count
            cursor = page.next
        } while left > 0 && cursor != nil
        guard !isJSON else { return }
        Terminal.out(rows.isEmpty ? "There are no such deliveries.\n" : Table(headings: DeliveryPrinter.headings, rows: rows).text)
    }

    static let deliveriesShow = Command(
        name: "deliveries show", summary: "Show one delivery with all its attempts and what was answered.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox deliveries show dl_42"
    ) { arguments in
        guard let delivery = try await HubClient(arguments).call(.get, deliveryPath(arguments)) else {
            throw CommandFailure("the hub's answer is empty")
        }
        if arguments.has("--json") { return Terminal.line(delivery.encoded) }
        Terminal.out(DeliveryPrinter.whole(delivery))
    }

    static let deliveriesResend = Command(
        name: "deliveries resend", summary: "Make a delivery again, under the id that it had, in the format that the webhook has now, with attempts of its own.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox deliveries resend dl_42"
    ) { arguments in
        let client = try HubClient(arguments)
        guard let delivery = try await client.call(.post, deliveryPath(arguments, "/resend"), body: .object(JSONObject())) else {
            throw CommandFailure("the hub's answer is empty")
        }
        if arguments.has("--json") { return Terminal.line(delivery.encoded) }
        let id = Table.printable(delivery["id"]?.string ?? "?")
        Terminal.out("\(arguments.operands[0]) is made again as \(id); 'signalbox deliveries show \(id)' says how it goes\n")
    }

    static let deliveriesCancel = Command(
        name: "deliveries cancel", summary: "Call a delivery off that waits for an attempt; what waits behind it in a fifo webhook goes on.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox deliveries cancel dl_42"
    ) { arguments in
        let delivery = try await HubClient(arguments).call(.post, deliveryPath(arguments, "/cancel"), body: .object(JSONObject()))
        guard let delivery else { throw CommandFailure("the hub's answer is empty") }
        if arguments.has("--json") { return Terminal.line(delivery.encoded) }
        Terminal.out("called off \(arguments.operands[0]); 'signalbox deliveries resend \(arguments.operands[0])' makes it again\n")
    }

    private static func deliveryPath(_ arguments: Arguments, _ more: String = "") throws -> String {
        "/api/v1/deliveries/\(try ResourceID.checked(arguments.operands[0], "a delivery; 'signalbox deliveries list' shows them"))\(more)"
    }
}

/// One answer of `GET /api/v1/deliveries`.
struct DeliveryPage {
    let deliveries: [JSONValue]
    let next: String?
    /// The last record of the hub's log of deliveries; nil where what waits is listed.
    let end: UInt64?

    static func get(
        _ client: HubClient, _ query: [(String, String)], limit: Int, cursor: String?
    ) async throws -> DeliveryPage {
        let items = query + [("limit", String(limit))] + (cursor.map { [("cursor", $0)] } ?? [])
        let text = items.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        let answer = try await client.call(.get, "/api/v1/deliveries?" + text)
        return DeliveryPage(deliveries: answer?["deliveries"]?.array ?? [], next: answer?["next"]?.string, end: answer?["end"]?.string.flatMap { UInt64($0) })
    }
}
