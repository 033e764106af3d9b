import Deployment
import Events
import HTTP
import JSON
import OCI

extension ManagementAPI {
    /// `/api/v1/triggers`, `/api/v1/deployments` and `/api/v1/environments`.
    func routeDeployments(
        _ path: [String], _ method: HTTPMethod, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        let action = path.count == 4 ? path[3] : ""
        switch (path.dropFirst().first, path.count, method) {
        case ("triggers", 2, .get): return await listTriggers()
        case ("triggers", 2, .post): return try await addTrigger(request, body)
        case ("triggers", 3, .get): return try await showTrigger(path[2])
        case ("triggers", 3, .put): return try await changeTrigger(path[2], request, body)
        case ("triggers", 3, .delete): return try await removeTrigger(path[2], request)
        case ("triggers", 4, .post) where action == "dryRun": return try await dryRun(path[2], request, body)
        case ("triggers", 4, .post) where ["pause", "resume"].contains(action):
            return try await setPaused(action == "pause", path[2], request)
        case ("deployments", 2, .get): return try listDeployments(request)
        case ("deployments", 3, .get): return try showDeployment(path[2])
        case ("deployments", 4, .get) where action == "log": return try await deploymentLog(path[2])
        case ("deployments", 4, .post) where Self.deploymentActions.contains(action):
            return try await act(action, onDeployment: path[2], request, body)
        case ("environments", 2, .get): return listEnvironments()
        case ("environments", 3, .get): return try showEnvironment(path[2])
        case ("environments", 4, .post) where Self.environmentActions.contains(action):
            return try await act(action, onEnvironment: path[2], request, body)
        case ("triggers", 2, _): throw Self.notAllowed("GET, HEAD, POST")
        case ("triggers", 3, _): throw Self.notAllowed("GET, HEAD, PUT, DELETE")
        case ("triggers", 4, _) where ["dryRun", "pause", "resume"].contains(action): throw Self.notAllowed("POST")
        case ("deployments", 2...3, _), ("environments", 2...3, _): throw Self.notAllowed("GET, HEAD")
        case ("deployments", 4, _) where action == "log": throw Self.notAllowed("GET, HEAD")
        case ("deployments", 4, _) where Self.deploymentActions.contains(action): throw Self.notAllowed("POST")
        case ("environments", 4, _) where Self.environmentActions.contains(action): throw Self.notAllowed("POST")
        default: throw Self.notFound
        }
    }

    private static let deploymentActions = ["approve", "reject", "cancel", "retry"]
    private static let environmentActions = ["rollback", "pin", "unpin"]

    /// A request that may come without a body, with its type or without.
    private func optionalObject(_ request: Request, _ body: RequestBody, keys: [String]) async throws -> ObjectReader {
        try await object(request, body, keys: keys, mayBeMissing: true)
    }

    /// Free text that is stored for good.
    private static func text(_ reader: ObjectReader, _ key: String) throws -> String? {
        guard let text = try reader.string(key), !text.isEmpty else { return nil }
        guard text.utf8.count <= 1024 else { throw reader.failure(key, "must have at most 1024 bytes") }
        return text
    }

    private static func digest(_ reader: ObjectReader, _ key: String) throws -> Digest? {
        guard let text = try reader.string(key) else { return nil }
        guard let digest = Digest(text) else { throw reader.failure(key, "must be a digest such as sha256:...") }
        return digest
    }

    private static func repository(_ reader: ObjectReader) throws -> RepositoryName? {
        guard let text = try reader.string("repository") else { return nil }
        guard let repository = RepositoryName(text) else {
            throw reader.failure("repository", "must be the name of a repository such as team/app")
        }
        return repository
    }

    // MARK: Deployments

    private func listDeployments(_ request: Request) throws -> Response {
        var filter = DeploymentFilter()
        for item in request.head.queryItems {
            switch item.name {
            case "environment": filter.environment = item.value
            case "trigger": filter.trigger = item.value
            case "repository": filter.repository = item.value
            case "digest":
                guard let digest = Digest(item.value) else { throw Problem.parameter(item, "must be a digest such as sha256:...") }
                filter.digest = digest
            case "state":
                guard let state = Deployment.State(rawValue: item.value) else {
                    throw Problem.parameter(item, "must be one of \(Deployment.State.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                filter.state = state
            case "before":
                guard let before = UInt64(item.value) else { throw Problem.parameter(item, "must be a sequence, such as \"next\" of the page before") }
                filter.before = before
            case "limit":
                guard let limit = Int(item.value), (1...1000).contains(limit) else {
                    throw Problem.parameter(item, "must be a whole number from 1 to 1000")
                }
                filter.limit = limit
            default:
                throw Problem.parameter(item, "is not a known parameter; allowed: environment, trigger, repository, digest, state, before, limit")
            }
        }
        let limit = filter.limit
        filter.limit += 1
        let found = services.deployments.deployments(filter)
        return json(.ok) { json in
            json.beginObject()
            json.key("deployments")
            json.beginArray()
            for deployment in found.prefix(limit) { DeploymentJSON.write(deployment, withHistory: false, to: &json) }
            json.endArray()
            if found.count > limit, let last = found.prefix(limit).last { json.member("next", "\(last.sequence)") }
            json.endObject()
        }
    }

    private func showDeployment(_ id: String) throws -> Response {
        guard let deployment = services.deployments.deployment(id) else {
            throw Problem(DeploymentError.unknownDeployment(id))
        }
        return json(.ok) { DeploymentJSON.write(deployment, withHistory: true, to: &$0) }
    }

    private func deploymentLog(_ id: String) async throws -> Response {
        guard services.deployments.deployment(id) != nil else {
            throw Problem(DeploymentError.unknownDeployment(id))
        }
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; charset=utf-8")
        return Response(.ok, headers, body: .bytes(try await services.deployments.output(id) ?? []))
    }

    private func act(
        _ action: String, onDeployment id: String, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        let engine = services.deployments
        let context = request.context()
        switch action {
        case "approve", "reject":
            let reader = try await optionalObject(request, body, keys: ["digest", "approver", "comment"])
            let name = try reader.string("approver")
            if let name, name.isEmpty || name.utf8.count > 256 { throw reader.failure("approver", "must have 1 to 256 bytes") }
            try await engine.approve(
                id, digest: try Self.digest(reader, "digest"), name: name, comment: try Self.text(reader, "comment"),
                isRejection: action == "reject", context: context)
        case "cancel":
            let reader = try await optionalObject(request, body, keys: ["reason"])
            try await engine.cancel(id, reason: try Self.text(reader, "reason"), context: context)
        default:
            _ = try await optionalObject(request, body, keys: [])
            try await engine.retry(id, context: context)
        }
        return try showDeployment(id)
    }

    // MARK: Environments

    private func listEnvironments() -> Response {
        json(.ok) { json in
            json.beginObject()
            json.key("environments")
            json.beginArray()
            for view in services.deployments.environments() { DeploymentJSON.write(view, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    private func showEnvironment(_ name: String) throws -> Response {
        guard let view = services.deployments.environment(name) else {
            throw Problem(DeploymentError.unknownEnvironment(name))
        }
        return json(.ok) { DeploymentJSON.write(view, to: &$0) }
    }

    private func act(
        _ action: String, onEnvironment name: String, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        guard services.deployments.environment(name) != nil else {
            throw Problem(DeploymentError.unknownEnvironment(name))
        }
        let engine = services.deployments
        let context = request.context()
        switch action {
        case "rollback":
            let reader = try await optionalObject(request, body, keys: ["to", "trigger", "repository", "reason"])
            let id = try await engine.rollback(
                name, to: try Self.digest(reader, "to"), trigger: try reader.string("trigger"), repository: try Self.repository(reader),
                reason: try Self.text(reader, "reason"), context: context)
            guard let deployment = engine.deployment(id) else { throw Problem(DeploymentError.unknownDeployment(id)) }
            let location = HeaderBuilder([.location: "/api/v1/deployments/\(id)"])
            return json(.created, location) { DeploymentJSON.write(deployment, withHistory: true, to: &$0) }
        case "pin":
            let reader = try await optionalObject(request, body, keys: ["reason"])
            try await engine.pin(name, reason: try Self.text(reader, "reason"), context: context)
        default:
            let reader = try await optionalObject(request, body, keys: ["trigger", "repository", "reason"])
            try await engine.unpin(
                name, trigger: try reader.string("trigger"), repository: try Self.repository(reader), reason: try Self.text(reader, "reason"),
                context: context)
        }
        // An environment that nothing deploys to is gone with its pin.
        return services.deployments.environment(name) == nil ? Response(.noContent) : try showEnvironment(name)
    }
}
