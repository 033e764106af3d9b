import HTTP
import JSON

extension Command {
    static let deploymentsList = Command(
        name: "deployments list", summary: "List deployments, newest first.",
        options: [
            Option(name: "--environment", value: "NAME", help: "only to this environment"),
            Option(name: "--trigger", value: "NAME", help: "only by this trigger"),
            Option(name: "--repository", value: "NAME", help: "only of this repository"),
            Option(name: "--state", value: "STATE", help: "only those that are pending, waiting, running, succeeded, failed, ..."),
            Option(name: "--digest", value: "DIGEST", help: "only of this image"),
            Option(name: "--before", value: "N", help: "only those made before this record, such as \"next\" of --json"),
            Option(name: "--limit", value: "N", help: "how many, at most 1000 (default 20)"),
        ] + DeploymentPrinter.common,
        example: "signalbox deployments list --environment production"
    ) { arguments in
        var query = ["limit=" + PercentEncoding.encode(arguments.value("--limit") ?? "20")]
        for name in ["environment", "trigger", "repository", "state", "digest", "before"] {
            if let value = arguments.value("--" + name) { query.append("\(name)=\(PercentEncoding.encode(value))") }
        }
        let list = try await HubClient(arguments).call(.get, "/api/v1/deployments?" + query.joined(separator: "&")) ?? .null
        if arguments.has("--json") { return Terminal.line(list.encoded) }
        let table = DeploymentPrinter.table(list["deployments"]?.array ?? [])
        Terminal.out(table.isEmpty ? "There are no such deployments.\n" : table.text)
    }

    static let deploymentsShow = Command(
        name: "deployments show", summary: "Show one deployment and every step of it.", operands: [Operand(name: "ID")],
        options: DeploymentPrinter.common, example: "signalbox deployments show dep_102_5f1d0a8c9b3e"
    ) { arguments in
        let path = try DeploymentPrinter.path("deployments", arguments.operands[0])
        DeploymentPrinter.show(try await HubClient(arguments).call(.get, path), arguments)
    }

    static let deploymentsLogs = Command(
        name: "deployments logs", summary: "Print what the target of a deployment said in its last attempt.",
        operands: [Operand(name: "ID")],
        options: [
            Option(name: "--raw", help: "with control characters as they came; they can steer a terminal"), HubClient.option,
            HubClient.authorities,
        ], example: "signalbox deployments logs dep_102_5f1d0a8c9b3e"
    ) { arguments in
        let bytes = try await HubClient(arguments).text(DeploymentPrinter.path("deployments", arguments.operands[0], "log"))
        if arguments.has("--raw") { return _ = Terminal.out(bytes) }
        Terminal.out(PlainText.of(bytes))
    }

    private static let approver = Option(
        name: "--approver", value: "NAME", help: "in whose name; only where the hub trusts that (trustApproverField)")

    static let deploymentsApprove = Command(
        name: "deployments approve", summary: "Approve a deployment that waits for it: this very image, and no other.",
        operands: [Operand(name: "ID")],
        options: [
            Option(name: "--digest", value: "DIGEST", help: "refuse if the deployment is of another image"),
            Option(name: "--comment", value: "TEXT", help: "why"), approver,
        ] + DeploymentPrinter.common,
        example: "signalbox deployments approve dep_102_5f1d0a8c9b3e --comment 'tested on staging'"
    ) { try await act("approve", $0, DeploymentPrinter.body($0, "digest", "comment", "approver")) }

    static let deploymentsReject = Command(
        name: "deployments reject", summary: "Refuse approval: the deployment ends.", operands: [Operand(name: "ID")],
        options: [Option(name: "--comment", value: "TEXT", help: "why"), approver] + DeploymentPrinter.common,
        example: "signalbox deployments reject dep_102_5f1d0a8c9b3e --comment 'wrong branch'"
    ) { try await act("reject", $0, DeploymentPrinter.body($0, "comment", "approver")) }

    static let deploymentsCancel = Command(
        name: "deployments cancel", summary: "End a deployment, also while it runs.", operands: [Operand(name: "ID")],
        options: [Option(name: "--reason", value: "TEXT", help: "why")] + DeploymentPrinter.common,
        example: "signalbox deployments cancel dep_102_5f1d0a8c9b3e"
    ) { try await act("cancel", $0, DeploymentPrinter.body($0, "reason")) }

    static let deploymentsRetry = Command(
        name: "deployments retry", summary: "Try a deployment once more that failed or was cancelled.",
        operands: [Operand(name: "ID")], options: DeploymentPrinter.common,
        example: "signalbox deployments retry dep_102_5f1d0a8c9b3e"
    ) { try await act("retry", $0, nil) }

    private static func act(_ action: String, _ arguments: Arguments, _ body: JSONValue?) async throws {
        let path = try DeploymentPrinter.path("deployments", arguments.operands[0], action)
        DeploymentPrinter.show(try await HubClient(arguments).call(.post, path, body: body), arguments)
    }
}
