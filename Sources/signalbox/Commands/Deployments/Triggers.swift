import HTTP
import JSON
import Server

extension Command {
    static let triggerAdd = Command(
        name: "trigger add", summary: "Add a trigger: a rule that turns a pushed image into a deployment.",
        operands: [Operand(name: "FILE")],
        options: [
            Option(name: "--replace", help: "change the trigger of that name if there is one"),
            Option(name: "--dry-run", help: "only check it"),
        ] + DeploymentPrinter.common,
        example: "signalbox trigger add production.json5"
    ) { arguments in
        let trigger = try read(arguments.operands[0])
        let client = try HubClient(arguments)
        if arguments.has("--dry-run") {
            let answer = try await client.call(.post, "/api/v1/triggers?dryRun=true&last=1", body: trigger)
            if arguments.has("--json"), let answer { return Terminal.line(answer.encoded) }
            Terminal.out("the trigger is valid; nothing was changed\n")
            return printProblems(answer)
        }
        let name = trigger["name"]?.string ?? ""
        let isThere = arguments.has("--replace") ? try await exists(name, client) : false
        let made =
            isThere
            ? try await client.call(.put, DeploymentPrinter.path("triggers", name), body: trigger)
            : try await client.call(.post, "/api/v1/triggers", body: trigger)
        if arguments.has("--json"), let made { return Terminal.line(made.encoded) }
        Terminal.out("\(isThere ? "replaced" : "added") \(Table.printable(name))\n")
        printProblems(made)
    }

    private static func printProblems(_ answer: JSONValue?) {
        for problem in answer?["problems"]?.array ?? [] { Terminal.out("but: \(Table.printable(problem.string ?? "?"))\n") }
    }

    /// JSON5: comments are welcome in a file that people keep.
    private static func read(_ path: String) throws -> JSONValue {
        do throws(ConfigurationError) { return try JSON5.parse(try readBytes(path)) } catch {
            throw CommandFailure("cannot use \(path): \(error)")
        }
    }

    private static func readBytes(_ path: String) throws(ConfigurationError) -> [UInt8] {
        do { return try InputFile.bytes(path) } catch { throw ConfigurationError("\(error)") }
    }

    private static func exists(_ name: String, _ client: HubClient) async throws -> Bool {
        let list = try await client.call(.get, "/api/v1/triggers")
        return list?["triggers"]?.array?.contains { $0["name"]?.string == name } ?? false
    }

    static let triggerList = Command(
        name: "trigger list", summary: "List the triggers.", options: DeploymentPrinter.common, example: "signalbox trigger list"
    ) { arguments in
        let list = try await HubClient(arguments).call(.get, "/api/v1/triggers") ?? .null
        if arguments.has("--json") { return Terminal.line(list.encoded) }
        var table = Table("NAME", "ENVIRONMENT", "STATE", "SOURCE", "TARGET", "PROBLEMS")
        for trigger in list["triggers"]?.array ?? [] {
            table.add(
                trigger["name"]?.string ?? "?", trigger["environment"]?.string ?? "?",
                state(trigger), trigger["source"]?.string ?? "?",
                trigger["target"]?["type"]?.string ?? "?",
                (trigger["problems"]?.array ?? []).compactMap(\.string).joined(separator: "; "))
        }
        Terminal.out(table.isEmpty ? "There are no triggers; 'signalbox trigger add FILE' makes one.\n" : table.text)
    }

    private static func state(_ trigger: JSONValue) -> String {
        if trigger["readable"]?.bool == false { return "unreadable" }
        return trigger["paused"]?.bool == true ? "paused" : "active"
    }

    static let triggerShow = Command(
        name: "trigger show", summary: "Show one trigger as JSON.", operands: [Operand(name: "NAME")],
        options: DeploymentPrinter.common, example: "signalbox trigger show production"
    ) { arguments in
        let path = try DeploymentPrinter.path("triggers", arguments.operands[0])
        if let trigger = try await HubClient(arguments).call(.get, path) { Terminal.line(trigger.encoded) }
    }

    static let triggerExplain = Command(
        name: "trigger explain", summary: "Say step by step why a push of an image would, or would not, deploy now.",
        operands: [Operand(name: "NAME"), Operand(name: "IMAGE:TAG")],
        options: [
            Option(name: "--digest", value: "DIGEST", help: "of a tag that is not there yet, or as if it were this image")
        ] + DeploymentPrinter.common,
        example: "signalbox trigger explain production team/app:v1.4.0"
    ) { arguments in
        let image = arguments.operands[1]
        let digest = arguments.value("--digest")
        if digest != nil, image.contains("@") { throw UsageError("\(image) has a digest already: leave out --digest") }
        var body = JSONObject()
        body["image"] = .string(image + (digest.map { "@\($0)" } ?? ""))
        let path = try DeploymentPrinter.path("triggers", arguments.operands[0], "dryRun")
        guard let answer = try await HubClient(arguments).call(.post, path, body: .object(body)) else { return }
        if arguments.has("--json") { return Terminal.line(answer.encoded) }
        DeploymentPrinter.show(explanation: answer)
    }

    static let triggerTest = Command(
        name: "trigger test", summary: "Say what a trigger would do now with each of the last pushes; nothing is deployed.",
        operands: [Operand(name: "NAME|FILE")],
        options: [
            Option(name: "--last", value: "N", help: "how many pushes, at most 1000 (default 20)"),
            Option(name: "--file", help: "the operand is a file with a trigger that need not exist"),
        ] + DeploymentPrinter.common,
        example: "signalbox trigger test production --last 50"
    ) { arguments in
        guard let last = Int(arguments.value("--last") ?? "20"), (1...1000).contains(last) else {
            throw UsageError("--last takes a whole number from 1 to 1000")
        }
        let client = try HubClient(arguments)
        let answer: JSONValue?
        if arguments.has("--file") {
            answer = try await client.call(
                .post, "/api/v1/triggers?dryRun=true&last=\(last)", body: try read(arguments.operands[0]))
        } else {
            var body = JSONObject()
            body["last"] = .number(JSONNumber(last))
            answer = try await client.call(
                .post, DeploymentPrinter.path("triggers", arguments.operands[0], "dryRun"), body: .object(body))
        }
        if arguments.has("--json"), let answer { return Terminal.line(answer.encoded) }
        var table = Table("RECORD", "IMAGE", "DEPLOYS", "WHY")
        for result in answer?["results"]?.array ?? [] {
            table.add(
                result["event"]?.string ?? "", result["image"]?.string ?? "", result["deploys"]?.bool == true ? "yes" : "no",
                result["verdict"]?.string ?? "")
        }
        Terminal.out(table.isEmpty ? "No tag was pushed yet.\n" : table.text)
        printProblems(answer)
    }

    static let triggerPause = Command(
        name: "trigger pause", summary: "Take no events until resumed, and start nothing that waits.",
        operands: [Operand(name: "NAME")], options: DeploymentPrinter.common, example: "signalbox trigger pause production"
    ) { try await set("pause", $0, "paused") }

    static let triggerResume = Command(
        name: "trigger resume", summary: "Go on with a trigger that was paused, with what is pushed from now on.",
        operands: [Operand(name: "NAME")], options: DeploymentPrinter.common, example: "signalbox trigger resume production"
    ) { try await set("resume", $0, "resumed") }

    private static func set(_ action: String, _ arguments: Arguments, _ done: String) async throws {
        let path = try DeploymentPrinter.path("triggers", arguments.operands[0], action)
        let answer = try await HubClient(arguments).call(.post, path)
        if arguments.has("--json"), let answer { return Terminal.line(answer.encoded) }
        Terminal.out("\(done) \(arguments.operands[0])\n")
    }

    static let triggerRemove = Command(
        name: "trigger remove", summary: "Remove a trigger; its deployments that wait are cancelled.",
        operands: [Operand(name: "NAME")], options: [HubClient.option, HubClient.authorities],
        example: "signalbox trigger remove production"
    ) { arguments in
        try await HubClient(arguments).call(.delete, DeploymentPrinter.path("triggers", arguments.operands[0]))
        Terminal.out("removed \(arguments.operands[0])\n")
    }
}
