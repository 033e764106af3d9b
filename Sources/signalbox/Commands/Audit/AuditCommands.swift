import Audit
import JSON

extension Command {
    private static let json = Option(name: "--json", help: "one event a line, as it is in the log")

    static let auditQuery: Command = Command(
        name: "audit query", summary: "Find what happened, or count it: who did what, when, from where.",
        options: AuditConditions.options + [
            Option(name: "--limit", value: "N", help: "how many (default 100; 0 for all)"),
            Option(name: "--oldest-first", help: "in the order in which it happened"),
            Option(name: "--count-by", value: "FIELD", help: "count them all instead: by \(AuditCounts.fields)"),
            Option(name: "--json", help: "one event a line, as it is in the log; with --count-by one object"),
        ] + AuditSource.options,
        example: "signalbox audit query --repository 'prod/*' --since 7d --type image.pushed --json"
    ) { arguments in
        if let field = arguments.value("--count-by") { return try await AuditCounts.show(field, arguments, auditQuery) }
        guard let limit = Int(arguments.value("--limit") ?? "100"), limit >= 0 else {
            throw UsageError("--limit takes a whole number", auditQuery)
        }
        let order = arguments.has("--oldest-first") ? "asc" : "desc"
        let printer = EventPrinter(isJSON: arguments.has("--json"))
        try await AuditSource(arguments).each(
            AuditConditions.parameters(arguments) + [("order", order)], limit: limit == 0 ? .max : limit
        ) { printer.print($0) }
    }

    static let auditImage: Command = Command(
        name: "audit image", summary: "The whole life of one image: pushes, tags, scans, deployments, deletions.",
        operands: [Operand(name: "REPOSITORY@DIGEST")], options: [json] + AuditSource.options,
        example: "signalbox audit image prod/shop@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    ) { arguments in
        let parts = arguments.operands[0].split(separator: "@", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw UsageError("an image is REPOSITORY@DIGEST", auditImage) }
        let printer = EventPrinter(isJSON: arguments.has("--json"))
        var found = 0
        let source = try AuditSource(arguments)
        try await source.each([("mentions", parts[1]), ("repository", parts[0]), ("order", "asc")]) { event in
            found += 1
            return printer.print(event)
        }
        if found == 0 { throw CommandFailure("the log has nothing about \(arguments.operands[0])") }
    }

    static let auditTag: Command = Command(
        name: "audit tag", summary: "Say what a tag pointed to at a time, and who had set it.",
        operands: [Operand(name: "REPOSITORY:TAG")],
        options: [Option(name: "--at", value: "TIME", help: "2026-01-31T12:00:00Z, a day, or how long ago: 24h, 7d (default now)"), json]
            + AuditSource.options,
        example: "signalbox audit tag prod/shop:latest --at 2026-01-31T12:00:00Z"
    ) { arguments in
        let image = arguments.operands[0]
        guard let colon = image.lastIndex(of: ":"), !image[colon...].contains("/") else {
            throw UsageError("a tag is REPOSITORY:TAG", auditTag)
        }
        var parameters = [
            (name: "repository", value: String(image[..<colon])), (name: "tag", value: String(image[image.index(after: colon)...])),
            (name: "type", value: "io.signalbox.image.pushed"), (name: "type", value: "io.signalbox.image.deleted"),
        ]
        if let time = arguments.value("--at") { parameters.append(("until", try AuditTime.after(time))) }
        var last: JSONValue?
        try await AuditSource(arguments).each(parameters, limit: 1) { event in
            last = event
            return false
        }
        guard let last, last["type"]?.string == "io.signalbox.image.pushed", let digest = last["data"]?["digest"]?.string else {
            let when = arguments.value("--at").map { " at \($0)" } ?? ""
            let since = last?["time"]?.string.map { ": it was removed at \($0)" } ?? ": it had not been set"
            throw CommandFailure("there was no tag \(image)\(when)\(since)")
        }
        if arguments.has("--json") { return Terminal.line(last.encoded) }
        Terminal.out("\(digest)\n")
        Terminal.error("set by \(EventPrinter.actor(last)) at \(last["time"]?.string ?? "?"), record \(last["sequence"]?.string ?? "?")\n")
    }
}
