import HTTP
import JSON

/// Registers a service's task definition anew with the image, updates the service and waits until it is stable:
/// `{"type": "ecs", "region": "eu-central-1", "cluster": "shop", "service": "web", "container": "app",
/// "accessKey": {"secret": "aws-id"}, "secretKey": {"secret": "aws-key"}}`.
struct ECSTarget: TargetKind {
    static let name = "ecs"
    static let keys = [
        "region", "cluster", "service", "container", "image", "accessKey", "secretKey", "sessionToken", "url", "wait",
        "certificateAuthority",
    ]

    private let region: String
    private let cluster: String
    private let service: String
    private let container: String?
    private let image: Template
    private let accessKey: String
    private let secretKey: String
    private let sessionToken: String?
    private let url: RemoteURL
    private let waits: Bool
    private let authorities: String?

    init(_ reader: SettingsReader) throws(DeploymentError) {
        region = try reader.required("region")
        guard region.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw reader.failure("region", "must be a region such as eu-central-1, not \"\(region)\"")
        }
        cluster = try reader.string("cluster") ?? "default"
        service = try reader.required("service")
        container = try reader.string("container")
        image = try reader.image()
        accessKey = try reader.requiredSecret("accessKey")
        secretKey = try reader.requiredSecret("secretKey")
        sessionToken = try reader.secret("sessionToken")
        url = try reader.url("url", default: Self.endpoint(region))
        waits = try reader.bool("wait") ?? true
        authorities = try reader.authorities()
    }

    /// China's regions have a domain of their own.
    static func endpoint(_ region: String) -> String { "https://ecs.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "") }

    func run(_ run: TargetRun) async throws(TargetFailure) -> String {
        let credentials = ECSCalls.Credentials(
            accessKey: try run.secret(accessKey).text, secretKey: try run.secret(secretKey).text,
            sessionToken: try sessionToken.map { (name) throws(TargetFailure) in try run.secret(name).text })
        let calls = ECSCalls(
            api: try await RemoteAPI("ECS", run, authorities: authorities), url: url.appending(), region: region,
            credentials: credentials)
        let image = try run.filled(image)
        let before = try await describe(calls)
        let definition = try await definition(with: image, of: before, calls, run)
        // Of what has failed and was not rolled back, ECS begins nothing anew by itself, as nothing changes.
        let failed = Self.failed(definition, in: before)
        _ = try await calls.call("UpdateService", .members([
            "cluster": .string(cluster), "service": .string(service), "taskDefinition": .string(definition),
            "forceNewDeployment": failed.isEmpty ? nil : .bool(true),
        ]))
        guard waits else { return "service \(service) gets \(definition)" }
        var looks = 0
        return try await run.poll("service \(service)") { () throws(TargetFailure) in
            looks += 1
            return try step(try await describe(calls), definition, former: failed, look: looks)
        }
    }

    /// ECS is eventually consistent: for so many looks it may not know yet what it was just told.
    private static let blindLooks = 5

    private func describe(_ calls: ECSCalls) async throws(TargetFailure) -> JSONValue {
        let answer = try await calls.call("DescribeServices", .members([
            "cluster": .string(cluster), "services": .array([.string(service)]),
        ]))
        guard let found = answer["services"]?.array?.first else {
            let reason = answer.value(at: "/failures/0/reason")?.string ?? "not found"
            throw .final("there is no service \(service) in cluster \(cluster): \(reason)")
        }
        return found
    }

    /// The ARN of a task definition that has the image: the service's own, or a new revision of it.
    private func definition(with image: String, of service: JSONValue, _ calls: ECSCalls, _ run: TargetRun) async throws(TargetFailure) -> String {
        guard let current = service["taskDefinition"]?.string else {
            throw .final("service \(self.service) has no task definition: it is deployed by something else than ECS")
        }
        let answer = try await calls.call("DescribeTaskDefinition", .members([
            "taskDefinition": .string(current), "include": .array([.string("TAGS")]),
        ]))
        guard let definition = answer["taskDefinition"]?.object else { throw .final("ECS' answer has no task definition") }
        var containers = definition["containerDefinitions"]?.array ?? []
        let index = try index(in: containers)
        if containers[index]["image"]?.string == image {
            run.output.note("\(current) has the image")
            return current
        }
        guard var changed = containers[index].object else { throw .final("ECS' answer has a container that is no object") }
        changed["image"] = .string(image)
        containers[index] = .object(changed)
        var request = definition
        // What ECS adds when it registers a definition, and takes from nobody.
        for key in Self.answersOnly { request[key] = nil }
        request["containerDefinitions"] = .array(containers)
        if let tags = answer["tags"]?.array, !tags.isEmpty { request["tags"] = .array(tags) }
        let registered = try await calls.call("RegisterTaskDefinition", .object(request))
        guard let arn = registered.value(at: "/taskDefinition/taskDefinitionArn")?.string else {
            throw .final("ECS' answer does not name the new task definition")
        }
        run.output.note("registered \(arn)")
        return arn
    }

    private static let answersOnly = [
        "taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy",
        "deregisteredAt", "deleteRequestedAt",
    ]

    private func index(in containers: [JSONValue]) throws(TargetFailure) -> Int {
        let names = containers.map { $0["name"]?.string ?? "" }
        if let container {
            guard let index = names.firstIndex(of: container) else {
                throw .final("the task definition has no container \"\(container)\"; it has \(names.joined(separator: ", "))")
            }
            return index
        }
        guard names.count == 1 else { throw .final("the task definition has \(names.count) containers: say which by \"container\"") }
        return 0
    }

    /// The ids of deployments of a definition that have failed.
    private static func failed(_ definition: String, in service: JSONValue) -> Set<String> {
        let deployments = service["deployments"]?.array ?? []
        return Set(deployments.filter { $0["taskDefinition"]?.string == definition && $0["rolloutState"]?.string == "FAILED" }.compactMap { $0["id"]?.string })
    }

    /// As the waiter "services stable" of Amazon's clients judges it; beyond it, that what is stable is ours, since the
    /// circuit breaker makes a service stable again by going back.
    /// - Parameter former: deployments of the definition that had failed before.
    private func step(_ service: JSONValue, _ definition: String, former: Set<String>, look: Int) throws(TargetFailure) -> PollStep {
        let status = service["status"]?.string ?? "unknown"
        guard status == "ACTIVE" else { throw .final("service \(self.service) is \(status)") }
        let deployments = service["deployments"]?.array ?? []
        let ours = deployments.first { deployment in
            deployment["taskDefinition"]?.string == definition && !(deployment["id"]?.string.map(former.contains) ?? false)
        }
        if ours?["rolloutState"]?.string == "FAILED" {
            throw .deployment("the rollout failed: \(ours?["rolloutStateReason"]?.string ?? "")")
        }
        let current = service["taskDefinition"]?.string
        if current != definition, ours?["status"]?.string != "PRIMARY", look > Self.blindLooks || ours != nil {
            throw .deployment("service \(self.service) went back to \(current ?? "another task definition"), or somebody else has changed it")
        }
        guard let ours, ours["status"]?.string == "PRIMARY" else { return .again("waiting for the update to be seen") }
        let (running, desired) = (service["runningCount"]?.int ?? 0, service["desiredCount"]?.int ?? 0)
        guard deployments.count == 1, running == desired, ours["rolloutState"]?.string ?? "COMPLETED" == "COMPLETED" else {
            return .again("\(ours["runningCount"]?.int ?? 0) of \(desired) tasks run it, \(deployments.count) deployments")
        }
        return .done("service \(self.service) is stable with \(running) tasks of \(definition)")
    }
}
