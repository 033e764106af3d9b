import HTTP
import JSON

/// What the commands about webhooks show.
enum WebhookPrinter {
    static let json = Command.Option(name: "--json", help: "as JSON, as the API gives it")

    /// The API's path of the webhook that the first operand names.
    static func path(_ arguments: Arguments, _ more: String = "") throws -> String {
        "/api/v1/webhooks/\(try ResourceID.checked(arguments.operands[0], "a webhook; 'signalbox webhook list' shows them"))\(more)"
    }

    /// - Parameter done: what was done to the webhook; nil where it is only shown.
    static func show(_ webhook: JSONValue?, _ arguments: Arguments, _ done: String?) throws {
        guard let webhook else { throw CommandFailure("the hub's answer is empty") }
        if arguments.has("--json") { return Terminal.line(webhook.encoded) }
        if let done { Terminal.out("\(done) \(Table.printable(webhook["id"]?.string ?? "?"))\n") }
        Terminal.out(Table.pairs(done == nil ? settings(webhook) + progress(webhook) : settings(webhook) + secrets(webhook)))
    }

    /// What it is set to, or what keeps it from working.
    static func state(_ webhook: JSONValue) -> String {
        if webhook["error"] != nil { return "broken" }
        let state = webhook["state"]?.string ?? (webhook["enabled"]?.bool == false ? "disabled" : "enabled")
        return state == "enabled" && webhook["failing"]?.bool == true ? "failing" : state
    }

    /// Every setting that is there, by its name in the API, so that a new one shows as well.
    private static func settings(_ webhook: JSONValue) -> [(name: String, value: String?)] {
        let special: Set = ["id", "enabled", "secret", "privateKey", "position", "failures", "lastAttempt"]
        let members = webhook.object?.members ?? []
        return [("id", webhook["id"]?.string)] + members.filter { !special.contains($0.key) }.map { ($0.key, $0.value.text) }
    }

    private static func secrets(_ webhook: JSONValue) -> [(name: String, value: String?)] {
        ["secret", "privateKey"].map { ($0, webhook[$0]?.string) }
    }

    private static func progress(_ webhook: JSONValue) -> [(name: String, value: String?)] {
        let attempt = webhook["lastAttempt"]
        let last = attempt.map { "\($0["outcome"]?.string ?? "?") at \($0["time"]?.string ?? "?") for record \($0["sequence"]?.text ?? "?")" }
        return [("position", webhook["position"]?.text), ("failures", webhook["failures"]?.text), ("lastAttempt", last)]
    }
}

/// Ids that stand in paths of the API.
enum ResourceID {
    /// - Parameter kind: what it should be the id of, and how to find it.
    static func checked(_ id: String, _ kind: String) throws -> String {
        let isID = !id.isEmpty && id.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
            default: false
            }
        }
        guard isID else { throw CommandFailure("\"\(id)\" is not the id of \(kind)") }
        return id
    }
}

extension JSONValue {
    /// For people: strings as they are, everything else as JSON.
    var text: String { string ?? String(decoding: encoded, as: UTF8.self) }
}
