import HTTP
import JSON

extension Command {
    static let webhookAdd = Command(
        name: "webhook add", summary: "Have events posted to a URL. The signing secret is shown once, here.",
        operands: [Operand(name: "URL")],
        options: WebhookOptions.all + [
            Option(name: "--secret-file", value: "FILE", help: "use this secret, whsec_... or whsk_..., instead of a new one"),
            Option(name: "--paused", help: "send nothing until 'webhook resume'; nothing is lost"),
            HubClient.option, HubClient.authorities, WebhookPrinter.json,
        ],
        example: #"signalbox webhook add https://ci.example.com/hook --pattern '{"type":["io.signalbox.image.pushed"]}'"#
    ) { arguments in
        var body = try WebhookOptions.body(arguments)
        body["url"] = .string(arguments.operands[0])
        if let file = arguments.value("--secret-file") { body["secret"] = .string(try InputFile.secret(file)) }
        if arguments.has("--paused") { body["state"] = .string("paused") }
        let created = try await HubClient(arguments).call(.post, "/api/v1/webhooks", body: .object(body))
        try WebhookPrinter.show(created, arguments, "added")
    }

    static let webhookUpdate: Command = Command(
        name: "webhook update", summary: "Change a webhook; what is not named stays as it is.",
        operands: [Operand(name: "ID")],
        options: [Option(name: "--url", value: "URL", help: "where it posts to from now on")] + WebhookOptions.all + [
            Option(
                name: "--clear", value: "MEMBER", help: "back to the hub's choice: pattern, headers, tls, ...; may be repeated",
                isRepeatable: true),
            HubClient.option, HubClient.authorities, WebhookPrinter.json,
        ],
        example: "signalbox webhook update wh_0123456789abcdef01234567 --rate-limit 10 --clear pattern"
    ) { arguments in
        var body = try WebhookOptions.body(arguments)
        body["url"] = arguments.value("--url").map { .string($0) }
        for member in arguments.values("--clear") {
            guard body[member] == nil else { throw UsageError("--clear \(member) and a new value exclude each other", webhookUpdate) }
            body[member] = .null
        }
        guard !body.members.isEmpty else { throw UsageError("nothing to change is named", webhookUpdate) }
        let path = try WebhookPrinter.path(arguments)
        try WebhookPrinter.show(try await HubClient(arguments).call(.patch, path, body: .object(body)), arguments, "updated")
    }

    static let webhookRotate: Command = Command(
        name: "webhook rotate-secret", summary: "Sign with a new secret, shown once, here; the old one signs on for a while.",
        operands: [Operand(name: "ID")],
        options: [
            Option(name: "--secret-file", value: "FILE", help: "use this secret instead of a new one"),
            Option(name: "--overlap", value: "SPAN", help: "how long the old secret signs on (default 24h)"),
            HubClient.option, HubClient.authorities, WebhookPrinter.json,
        ],
        example: "signalbox webhook rotate-secret wh_0123456789abcdef01234567 --overlap 48h"
    ) { arguments in
        var body = JSONObject()
        if let file = arguments.value("--secret-file") { body["secret"] = .string(try InputFile.secret(file)) }
        if let text = arguments.value("--overlap") {
            guard let seconds = Span.seconds(text) else {
                throw UsageError("--overlap takes a time such as 24h, not \"\(text)\"", webhookRotate)
            }
            body["overlap"] = .number(JSONNumber(seconds))
        }
        let path = try WebhookPrinter.path(arguments, "/rotate-secret")
        try WebhookPrinter.show(try await HubClient(arguments).call(.post, path, body: .object(body)), arguments, "rotated the secret of")
    }
}
