import HTTP
import JSON

extension Command {
    private static let json = Option(name: "--json", help: "as JSON, as the API gives it")

    static let webhookAdd = Command(
        name: "webhook add", summary: "Have events posted to a URL. The signing secret is shown once, here.",
        operands: [Operand(name: "URL")],
        options: [
            Option(name: "--pattern", value: "JSON", help: "only events that match this event pattern"),
            Option(name: "--secret", value: "whsec_...", help: "use this secret instead of a new one"),
            HubClient.option, HubClient.authorities, json,
        ],
        example: #"signalbox webhook add https://ci.example.com/hook --pattern '{"type":["io.signalbox.image.pushed"]}'"#
    ) { arguments in
        var body = JSONObject()
        body["url"] = .string(arguments.operands[0])
        if let text = arguments.value("--pattern") {
            do throws(JSONError) { body["pattern"] = try JSONValue.parse(text) } catch {
                throw CommandFailure("the pattern is \(error)")
            }
        }
        if let secret = arguments.value("--secret") { body["secret"] = .string(secret) }
        let created = try await HubClient(arguments).call(.post, "/api/v1/webhooks", body: .object(body))
        guard let created else { throw CommandFailure("the hub's answer is empty") }
        if arguments.has("--json") { return Terminal.line(created.encoded) }
        Terminal.out("added \(created["id"]?.string ?? "?")\nsecret \(created["secret"]?.string ?? "?")\n")
    }

    static let webhookList = Command(
        name: "webhook list", summary: "List the webhooks and how they are doing.",
        options: [HubClient.option, HubClient.authorities, json], example: "signalbox webhook list"
    ) { arguments in
        let list = try await HubClient(arguments).call(.get, "/api/v1/webhooks") ?? .null
        if arguments.has("--json") { return Terminal.line(list.encoded) }
        let webhooks = list["webhooks"]?.array ?? []
        if webhooks.isEmpty { return Terminal.out("There are no webhooks.\n") }
        for webhook in webhooks {
            let state = webhook["enabled"]?.bool == false ? "disabled" : "enabled"
            let outcome = webhook["lastAttempt"]?["outcome"]?.string.map { ", last: \($0)" } ?? ""
            let cursor = webhook["cursor"]?.string.map { ", at record \($0)" } ?? ""
            Terminal.out("\(webhook["id"]?.string ?? "?")  \(webhook["url"]?.string ?? "?")  \(state)\(cursor)\(outcome)\n")
        }
    }

    static let webhookRemove = Command(
        name: "webhook remove", summary: "Remove a webhook; what was not delivered to it never will be.",
        operands: [Operand(name: "ID")], options: [HubClient.option, HubClient.authorities],
        example: "signalbox webhook remove wh_0123456789abcdef01234567"
    ) { arguments in
        let id = arguments.operands[0]
        guard id.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F }) else {
            throw CommandFailure("\"\(id)\" is not the id of a webhook")
        }
        try await HubClient(arguments).call(.delete, "/api/v1/webhooks/\(id)")
        Terminal.out("removed \(id)\n")
    }
}
