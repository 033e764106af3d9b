import HTTP
import JSON

/// The options that say what a webhook is to be, for `webhook add` and `webhook update`, and the API's body made of them.
enum WebhookOptions {
    static let all: [Command.Option] = [
        .init(name: "--pattern", value: "JSON", help: "only events that match this event pattern"),
        .init(name: "--pattern-file", value: "FILE", help: "the same, from a file"),
        .init(name: "--description", value: "TEXT", help: "what it is for"),
        .init(name: "--format", value: "NAME", help: "cloudevents (default) or another of docs/formats.md"),
        .init(name: "--header", value: "NAME=VALUE", help: "a field that every request carries; may be repeated", isRepeatable: true),
        .init(name: "--header-file", value: "NAME=FILE", help: "the same, its value from a file; may be repeated", isRepeatable: true),
        .init(name: "--authorization-file", value: "FILE", help: "the value of Authorization, such as 'Bearer ...', from a file"),
        .init(name: "--signing", value: "SCHEME", help: "v1 (default), v1a, x-hub-signature-256, x-signature or x-webhook-secret; may be repeated", isRepeatable: true),
        .init(name: "--token-file", value: "FILE", help: "the text that the ways of signing use that begin with x-, from a file"),
        .init(name: "--retry", value: "SPANS", help: "waits between attempts, such as 5s,5m,30m,2h"),
        .init(name: "--timeout", value: "SPAN", help: "for one whole attempt (default 15s)"),
        .init(name: "--rate-limit", value: "N", help: "requests a second, at most"),
        .init(name: "--max-in-flight", value: "N", help: "requests under way at once, at most"),
        .init(name: "--ordering", value: "KIND", help: "parallel (default) or fifo: in order for each repository"),
        .init(name: "--tls-authorities", value: "FILE", help: "who may certify the receiver, PEM (default the hub's authorities)"),
        .init(name: "--tls-cert", value: "FILE", help: "the certificate that the hub shows, PEM; with --tls-key"),
        .init(name: "--tls-key", value: "FILE", help: "its private key, PEM without a password"),
        .init(name: "--handshake", help: "ask the receiver first whether it wants to be called (CloudEvents)"),
        .init(name: "--batch-events", value: "N", help: "events in one request of a batch format, at most"),
        .init(name: "--batch-bytes", value: "N", help: "bytes of it, at most"),
        .init(name: "--batch-seconds", value: "N", help: "how long an event waits for others"),
    ]

    /// What the options say, as members of the API's body.
    static func body(_ arguments: Arguments) throws -> JSONObject {
        var body = JSONObject()
        try readEvents(arguments, &body)
        try readSecrets(arguments, &body)
        try readDelivery(arguments, &body)
        try readTLS(arguments, &body)
        return body
    }

    private static func readEvents(_ arguments: Arguments, _ body: inout JSONObject) throws {
        body["pattern"] = try pattern(arguments)
        for (option, member) in [("--description", "description"), ("--format", "format"), ("--ordering", "ordering")] {
            body[member] = arguments.value(option).map { .string($0) }
        }
    }

    static func pattern(_ arguments: Arguments) throws -> JSONValue? {
        switch (arguments.value("--pattern"), arguments.value("--pattern-file")) {
        case (nil, nil): nil
        case (let text?, nil): try InputFile.json(text, "the pattern")
        case (nil, let file?): try InputFile.json(InputFile.text(file), "the pattern in \(file)")
        default: throw UsageError("--pattern and --pattern-file exclude each other")
        }
    }

    private static func readSecrets(_ arguments: Arguments, _ body: inout JSONObject) throws {
        var headers = JSONObject()
        for (option, isFile) in [("--header", false), ("--header-file", true)] {
            for text in arguments.values(option) {
                guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                    throw UsageError("\(option) takes NAME=\(isFile ? "FILE" : "VALUE"), not \"\(text)\"")
                }
                let value = String(text[text.index(after: sign)...])
                headers[String(text[..<sign])] = .string(isFile ? try InputFile.secret(value) : value)
            }
        }
        if !headers.members.isEmpty { body["headers"] = .object(headers) }
        for (option, member) in [("--authorization-file", "authorization"), ("--token-file", "token")] {
            body[member] = try arguments.value(option).map { .string(try InputFile.secret($0)) }
        }
        let schemes = arguments.values("--signing").flatMap { $0.split(separator: ",").map(String.init) }
        if !schemes.isEmpty { body["signing"] = .array(schemes.map { .string($0) }) }
    }

    private static func readDelivery(_ arguments: Arguments, _ body: inout JSONObject) throws {
        if let text = arguments.value("--retry") {
            var retry = JSONObject()
            retry["schedule"] = .array(try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
                guard let seconds = Span.seconds(String(part)) else {
                    throw UsageError("--retry takes times with commas between them, such as 5s,5m,2h, not \"\(text)\"")
                }
                return .number(JSONNumber(seconds))
            })
            body["retry"] = .object(retry)
        }
        if let text = arguments.value("--timeout") {
            guard let seconds = Span.seconds(text) else { throw UsageError("--timeout takes a time such as 15s, not \"\(text)\"") }
            body["timeout"] = .number(JSONNumber(seconds))
        }
        body["rateLimit"] = try arguments.number("--rate-limit")
        body["maxInFlight"] = try arguments.number("--max-in-flight")
        if arguments.has("--handshake") { body["handshake"] = .bool(true) }
        var batch = JSONObject()
        for member in ["events", "bytes", "seconds"] { batch[member] = try arguments.number("--batch-" + member) }
        if !batch.members.isEmpty { body["batch"] = .object(batch) }
    }

    private static func readTLS(_ arguments: Arguments, _ body: inout JSONObject) throws {
        var tls = JSONObject()
        for (option, member) in [("--tls-authorities", "authorities"), ("--tls-cert", "certificate"), ("--tls-key", "key")] {
            tls[member] = try arguments.value(option).map { .string(try InputFile.text($0)) }
        }
        if !tls.members.isEmpty { body["tls"] = .object(tls) }
    }
}

extension Arguments {
    /// A whole number as JSON; nil where the option is not given.
    func number(_ option: String) throws -> JSONValue? {
        guard let text = value(option) else { return nil }
        guard let number = Int64(text), number >= 0 else { throw UsageError("\(option) takes a whole number, not \"\(text)\"") }
        return .number(JSONNumber(number))
    }
}
