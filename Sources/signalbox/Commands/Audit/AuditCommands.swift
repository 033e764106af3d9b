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
        AuditSource.warn(
            try await AuditSource(arguments).each(
                AuditConditions.parameters(arguments) + [("order", order)], limit: limit == 0 ? .max : limit
            ) { printer.print($0) })
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
        let cut = try await source.each([("mentions", parts[1]), ("repository", parts[0]), ("order", "asc")]) { event in
            found += 1
            return printer.print(event)
        }
        AuditSource.warn(cut)
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
        let question = TagQuestion(
            source: try AuditSource(arguments), repository: String(image[..<colon]), tag: String(image[image.index(after: colon)...]),
            at: try arguments.value("--at").map { try AuditTime.parse($0) })
        let answer = try await question.answer()
        if arguments.has("--json") { return Terminal.line(answer.json) }
        Terminal.out("\(answer.digest)\n")
        Terminal.error(answer.origin + "\n")
    }
}
