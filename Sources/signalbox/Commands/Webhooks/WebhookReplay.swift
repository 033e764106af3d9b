import HTTP
import JSON

extension Command {
    static let webhookTest = Command(
        name: "webhook test", summary: "Send a test event to a webhook, once and now, and say what it answered.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox webhook test wh_0123456789abcdef01234567"
    ) { arguments in
        let delivery = try await HubClient(arguments).call(.post, WebhookPrinter.path(arguments, "/test"), body: .object(JSONObject()))
        guard let delivery else { throw CommandFailure("the hub's answer is empty") }
        if arguments.has("--json") { Terminal.line(delivery.encoded) } else { Terminal.out(DeliveryPrinter.whole(delivery)) }
        guard delivery["state"]?.string == "delivered" else {
            throw CommandFailure("the receiver did not take the test event: \(DeliveryPrinter.outcome(delivery["attempts"]?.array?.last))")
        }
    }

    static let webhookReplay: Command = Command(
        name: "webhook replay", summary: "Deliver what a webhook's pattern matches again, in order, from some point on.",
        operands: [Operand(name: "ID")],
        options: [
            Option(name: "--from", value: "SEQ", help: "from this record of the log on"),
            Option(name: "--since", value: "TIME", help: "from this time on, such as 2026-01-31T12:00:00Z or 2026-01-31"),
            Option(name: "--through", value: "SEQ", help: "to this record (default all that there are)"),
            Option(name: "--failed-since", value: "TIME", help: "instead: only what was given up since this time"),
            Option(name: "--cancel", help: "instead: end the replay that is under way"),
            Option(name: "--cancel-failed", help: "instead: end what --failed-since began"),
            HubClient.option, HubClient.authorities, WebhookPrinter.json,
        ],
        example: "signalbox webhook replay wh_0123456789abcdef01234567 --since 2026-01-31T12:00:00Z"
    ) { arguments in
        let starts = ["--from", "--since", "--failed-since"].filter { arguments.value($0) != nil } + ["--cancel", "--cancel-failed"].filter(arguments.has)
        guard starts.count == 1, let start = starts.first else {
            throw UsageError("one of --from, --since, --failed-since, --cancel and --cancel-failed is needed", webhookReplay)
        }
        guard arguments.value("--through") == nil || ["--from", "--since"].contains(start) else {
            throw UsageError("--through and \(start) exclude each other", webhookReplay)
        }
        let client = try HubClient(arguments)
        if start.hasPrefix("--cancel") {
            let (name, path) = start == "--cancel" ? ("replay", "/replay") : ("redelivery", "/resend-failed")
            try await client.call(.delete, WebhookPrinter.path(arguments, path))
            return Terminal.out("ended the \(name) of \(arguments.operands[0])\n")
        }
        var body = JSONObject()
        if start == "--failed-since" {
            body["since"] = arguments.value(start).map { .string($0) }
            let webhook = try await client.call(.post, WebhookPrinter.path(arguments, "/resend-failed"), body: .object(body))
            return try WebhookPrinter.began("redelivery", webhook, arguments)
        }
        body["fromSequence"] = arguments.value("--from").map { .string($0) }
        body["fromTime"] = arguments.value("--since").map { .string($0) }
        body["through"] = arguments.value("--through").map { .string($0) }
        let webhook = try await client.call(.post, WebhookPrinter.path(arguments, "/replay"), body: .object(body))
        try WebhookPrinter.began("replay", webhook, arguments)
    }
}

extension WebhookPrinter {
    static func began(_ job: String, _ webhook: JSONValue?, _ arguments: Arguments) throws {
        guard let webhook else { throw CommandFailure("the hub's answer is empty") }
        if arguments.has("--json") { return Terminal.line(webhook.encoded) }
        let range = webhook[job].map { " of records \($0["from"]?.text ?? "?") to \($0["through"]?.text ?? "?")" } ?? ""
        Terminal.out("\(job)\(range) began; 'signalbox webhook show \(arguments.operands[0])' says how far it is\n")
    }
}
