import HTTP
import JSON

extension Command {
    static let aboutDeployments = [
        triggerAdd, triggerList, triggerShow, triggerExplain, triggerTest, triggerPause, triggerResume, triggerRemove,
        deploymentsList, deploymentsShow, deploymentsLogs, deploymentsApprove, deploymentsReject, deploymentsCancel,
        deploymentsRetry, deploymentsRollback, deploymentsUnpin, environments,
    ]
}

/// What the commands about triggers, deployments and environments share.
enum DeploymentPrinter {
    static let json = Command.Option(name: "--json", help: "as JSON, as the API gives it")
    static let common = [HubClient.option, HubClient.authorities, json]

    /// A path of the API that ends in a name from the command line.
    static func path(_ resource: String, _ name: String, _ action: String = "") throws -> String {
        guard !name.isEmpty, name.utf8.count <= 128, name.utf8.allSatisfy({ isPlain($0) }), name != ".", name != ".." else {
            throw CommandFailure("\"\(name)\" is no name in \(resource): these have letters, digits, '.', '_' and '-'; signalbox \(listing(resource)) shows those there are")
        }
        return "/api/v1/\(resource)/\(name)" + (action.isEmpty ? "" : "/" + action)
    }

    private static func listing(_ resource: String) -> String {
        switch resource {
        case "triggers": "trigger list"
        case "deployments": "deployments list"
        default: "environments"
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || "._-".utf8.contains(byte)
    }

    /// A body of the options that were given, as texts.
    static func body(_ arguments: Arguments, _ options: String...) -> JSONValue {
        var body = JSONObject()
        for option in options { body[option] = arguments.value("--" + option).map { .string($0) } }
        return .object(body)
    }

    static func image(_ value: JSONValue) -> String {
        let tag = value["tag"]?.string.map { ":\($0)" } ?? ""
        return "\(value["repository"]?.string ?? "?")\(tag)@\(shortDigest(value["digest"]?.string))"
    }

    private static func shortDigest(_ text: String?) -> String {
        text.map { String($0.prefix(19)) } ?? "?"
    }

    static func state(_ deployment: JSONValue) -> String {
        let gates = (deployment["waitingFor"]?.array ?? []).compactMap(\.string)
        let state = deployment["state"]?.string ?? "?"
        return gates.isEmpty ? state : "\(state) (\(gates.joined(separator: ", ")))"
    }

    static func table(_ deployments: [JSONValue]) -> Table {
        var table = Table("ID", "ENVIRONMENT", "STATE", "CREATED", "IMAGE", "REASON")
        for deployment in deployments {
            table.add(
                deployment["id"]?.string ?? "?", deployment["environment"]?.string ?? "?", state(deployment),
                deployment["createdAt"]?.string ?? "?", image(deployment), deployment["reason"]?.string ?? "")
        }
        return table
    }

    static func show(_ deployment: JSONValue?, _ arguments: Arguments) {
        guard let deployment else { return }
        if arguments.has("--json") { return Terminal.line(deployment.encoded) }
        Terminal.out(
            Table.pairs([
                ("id", deployment["id"]?.string), ("state", state(deployment)), ("reason", deployment["reason"]?.string),
                ("environment", deployment["environment"]?.string), ("trigger", deployment["trigger"]?.string),
                ("repository", deployment["repository"]?.string), ("tag", deployment["tag"]?.string),
                ("digest", deployment["digest"]?.string), ("cause", deployment["cause"]?.string),
                ("pushed by", deployment["pushedBy"]?.string), ("rolls back", deployment["rollbackOf"]?.string),
                ("tried again at", deployment["retryAt"]?.string),
            ]))
        var table = Table("TIME", "STEP", "BY", "RECORD", "REASON")
        for step in deployment["history"]?.array ?? [] {
            table.add(
                step["time"]?.string ?? "", step["step"]?.string ?? "", step["by"]?.string ?? "", step["sequence"]?.string ?? "",
                step["reason"]?.string ?? "")
        }
        if !table.isEmpty { Terminal.out("\n" + table.text) }
    }

    static func show(explanation: JSONValue) {
        Terminal.out(Table.printable("\(explanation["image"]?.string ?? "?") \(explanation["verdict"]?.string ?? "?")") + "\n")
        var table = Table("STEP", "OUTCOME", "REASON")
        for step in explanation["steps"]?.array ?? [] {
            table.add(step["step"]?.string ?? "", step["outcome"]?.string ?? "", step["reason"]?.string ?? "")
        }
        Terminal.out(table.text)
    }
}
