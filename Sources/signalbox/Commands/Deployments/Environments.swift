import HTTP
import JSON

extension Command {
    static let deploymentsRollback = Command(
        name: "deployments rollback", summary: "Deploy an earlier image to an environment, and pin it until 'deployments unpin'.",
        operands: [Operand(name: "ENVIRONMENT")],
        options: [
            Option(name: "--to", value: "DIGEST", help: "the image, also one that is pinned out (default the last good one before the present one)"),
            Option(name: "--trigger", value: "NAME", help: "the service that this trigger deploys, where there are several"),
            Option(name: "--repository", value: "NAME", help: "what comes from this repository, where there are several"),
            Option(name: "--reason", value: "TEXT", help: "why"),
        ] + DeploymentPrinter.common,
        example: "signalbox deployments rollback production --reason 'checkout fails'"
    ) { arguments in
        let path = try DeploymentPrinter.path("environments", arguments.operands[0], "rollback")
        let body = DeploymentPrinter.body(arguments, "to", "trigger", "repository", "reason")
        DeploymentPrinter.show(try await HubClient(arguments).call(.post, path, body: body), arguments)
    }

    static let deploymentsUnpin = Command(
        name: "deployments unpin", summary: "Let triggers deploy to an environment again.",
        operands: [Operand(name: "ENVIRONMENT")],
        options: [
            Option(name: "--trigger", value: "NAME", help: "the service that this trigger deploys, where several are pinned"),
            Option(name: "--repository", value: "NAME", help: "what comes from this repository, where several are pinned"),
            Option(name: "--reason", value: "TEXT", help: "why"),
        ] + DeploymentPrinter.common,
        example: "signalbox deployments unpin production --reason 'v1.4.1 mends it'"
    ) { arguments in
        let path = try DeploymentPrinter.path("environments", arguments.operands[0], "unpin")
        let answer = try await HubClient(arguments).call(.post, path, body: DeploymentPrinter.body(arguments, "trigger", "repository", "reason"))
        // There is no answer where nothing but the pin was left of the environment.
        if arguments.has("--json") { return Terminal.line((answer ?? .object(JSONObject())).encoded) }
        Terminal.out("unpinned \(arguments.operands[0])\n")
    }

    static let environments = Command(
        name: "environments", summary: "Say what runs where, what is on its way, and what is pinned.",
        options: DeploymentPrinter.common, example: "signalbox environments"
    ) { arguments in
        let list = try await HubClient(arguments).call(.get, "/api/v1/environments") ?? .null
        if arguments.has("--json") { return Terminal.line(list.encoded) }
        var table = Table("ENVIRONMENT", "IMAGE", "TRIGGER", "SINCE", "RUNNING", "WAITING", "PINNED")
        for environment in list["environments"]?.array ?? [] {
            let images = environment["current"]?.array ?? []
            for (index, image) in (images.isEmpty ? [.null] : images).enumerated() {
                // What holds for the whole environment stands on its first line.
                table.add(
                    index == 0 ? environment["name"]?.string ?? "?" : "",
                    image == .null ? "nothing yet" : DeploymentPrinter.image(image) + (image["failedSince"]?.string.map { " (\($0) failed since)" } ?? ""),
                    image["trigger"]?.string ?? "", image["since"]?.string ?? "",
                    index == 0 ? "\(environment["running"]?.array?.count ?? 0)" : "",
                    index == 0 ? "\(environment["waiting"]?.array?.count ?? 0)" : "",
                    index == 0 ? pin(environment["pinned"] ?? .null) : "")
            }
        }
        Terminal.out(table.isEmpty ? "There are no environments; triggers name them.\n" : table.text)
    }

    /// Why it is pinned, and, where that are some of several services, which of them.
    private static func pin(_ pinned: JSONValue) -> String {
        let services = pinned["services"]?.array ?? []
        guard pinned["whole"]?.bool != true, services.count > 1 else { return pinned["reason"]?.string ?? "" }
        return services.map { service in
            let names = (service["triggers"]?.array ?? []).compactMap(\.string).joined(separator: " and ")
            return "\(names): \(service["reason"]?.string ?? "")"
        }.joined(separator: "; ")
    }
}
