import HTTP
import JSON

extension Command {
    static let webhookList = Command(
        name: "webhook list", summary: "List the webhooks and how they are doing.",
        options: [HubClient.option, HubClient.authorities, WebhookPrinter.json], example: "signalbox webhook list"
    ) { arguments in
        let list = try await HubClient(arguments).call(.get, "/api/v1/webhooks") ?? .null
        if arguments.has("--json") { return Terminal.line(list.encoded) }
        var table = Table("ID", "STATE", "POSITION", "FAILURES", "LAST ATTEMPT", "URL")
        for webhook in list["webhooks"]?.array ?? [] {
            table.add(
                webhook["id"]?.string ?? "?", WebhookPrinter.state(webhook), webhook["position"]?.text ?? "", webhook["failures"]?.text ?? "",
                webhook["lastAttempt"]?["outcome"]?.string ?? "none yet", webhook["url"]?.string ?? "?")
        }
        Terminal.out(table.isEmpty ? "There are no webhooks; 'signalbox webhook add URL' makes one.\n" : table.text)
    }

    static let webhookShow = Command(
        name: "webhook show", summary: "Show one webhook: its settings and how it is doing.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox webhook show wh_0123456789abcdef01234567"
    ) { arguments in
        try WebhookPrinter.show(try await HubClient(arguments).call(.get, WebhookPrinter.path(arguments)), arguments, nil)
    }

    static let webhookPause = Command(
        name: "webhook pause", summary: "Send nothing more to a webhook until it is resumed; nothing is lost.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox webhook pause wh_0123456789abcdef01234567"
    ) { try await set("paused", $0, "paused") }

    static let webhookResume = Command(
        name: "webhook resume", summary: "Go on with a webhook that was paused or disabled, from where it stopped.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities, WebhookPrinter.json],
        example: "signalbox webhook resume wh_0123456789abcdef01234567"
    ) { try await set("enabled", $0, "resumed") }

    private static func set(_ state: String, _ arguments: Arguments, _ done: String) async throws {
        var body = JSONObject()
        body["state"] = .string(state)
        let path = try WebhookPrinter.path(arguments)
        let changed = try await HubClient(arguments).call(.patch, path, body: .object(body))
        if arguments.has("--json"), let changed { return Terminal.line(changed.encoded) }
        Terminal.out("\(done) \(arguments.operands[0])\n")
    }

    static let webhookRemove = Command(
        name: "webhook remove", summary: "Remove a webhook; what was not delivered to it never will be.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities],
        example: "signalbox webhook remove wh_0123456789abcdef01234567"
    ) { arguments in
        try await HubClient(arguments).call(.delete, WebhookPrinter.path(arguments))
        Terminal.out("removed \(arguments.operands[0])\n")
    }
}
