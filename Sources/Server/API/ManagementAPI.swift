import Audit
import EventLog
import Events
import HTTP
import IO
import JSON
import Registry
import Delivery
import Scanning
import Deployment

/// `/api/v1`: events, webhooks and guards. Errors are problems (RFC 9457).
struct ManagementAPI: Sendable {
    let services: Services
    /// The most bytes of a request's JSON.
    static let bodyLimit = 1 << 20

    func answer(_ request: Request, _ body: RequestBody) async -> Response {
        do {
            return try await route(request, body)
        } catch {
            if let reason = refusal(error, request) {
                let denial = AccessDenial(method: request.method.text, path: request.head.path, reason: reason)
                await services.journal.recordDenial(denial, request.context(), now: Wall.milliseconds)
            }
            return Self.problem(error).response
        }
    }

    private static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as WebhookError: Problem(error)
        case let error as AuditError: Problem(error)
        case let error as DeploymentError: Problem(error)
        case let error as RegistryError: Problem(error)
        case let error as ScanError: Problem(error)
        case let error as BlobError: Problem(error)
        case let failure as ObjectReader.Failure: Problem(failure)
        case let error as BodyError: Problem(error)
        case let error as LogError where [.overloaded, .readOnly, .closed].contains(error.code): Problem(.serviceUnavailable, "read-only", error.description)
        default: Problem(.internalServerError, "internal", "\(error)")
        }
    }

    /// Why a request is refused that was right in itself, which is to be a record; nil where it was wrong.
    private func refusal(_ error: any Error, _ request: Request) -> AccessDenial.Reason? {
        if let error = error as? DeploymentError, error.code == .denied { return .notApprover }
        let path = request.head.segments.dropFirst(2).map(\.text)
        let isConflict = (error as? RegistryError)?.reason == .conflict || (error as? DeploymentError)?.code == .conflict
        guard isConflict, path.count >= 2 else { return nil }
        let isConfigured = switch path[0] {
        case "guards": services.configuration.guards.contains { $0.name == path[1] }
        case "triggers": path.last != "dryRun" && services.configuration.deployments.triggers.contains { $0.name == path[1] }
        default: false
        }
        return isConfigured ? .setInConfigFile : nil
    }

    private func route(_ request: Request, _ body: RequestBody) async throws -> Response {
        let path = request.head.segments.dropFirst().map(\.text)
        let method = request.method == .head ? .get : request.method
        if method != .get {
            if let reason = services.readOnlyReason {
                throw Problem(.serviceUnavailable, "read-only", "the hub takes no changes at the moment: \(reason)")
            }
        }
        guard path.first == "v1" else { throw Self.notFound }
        switch (path.dropFirst().first, path.count, method) {
        case ("events", 2, .get): return try await events(request)
        case ("webhooks", 2, .get): return listWebhooks()
        case ("webhooks", 2, .post): return try await addWebhook(request, body)
        case ("webhooks", 3, .post) where path[2] == "dry-run": return try await dryRun(request, body)
        case ("webhooks", 3, _) where path[2] == "dry-run": throw Self.notAllowed("POST")
        case ("webhooks", 3, .get): return try showWebhook(path[2])
        case ("webhooks", 3, .patch): return try await changeWebhook(path[2], request, body)
        case ("webhooks", 3, .delete): return try await removeWebhook(path[2], request)
        case ("webhooks", 4, _): return try await webhookAction(path[2], path[3], method, request, body)
        case ("deliveries", 2, .get): return try await listDeliveries(request)
        case ("deliveries", 3, .get): return try await showDelivery(path[2])
        case ("deliveries", 4, .post) where path[3] == "resend": return try await resendDelivery(path[2], request)
        case ("deliveries", 4, .post) where path[3] == "cancel": return try await cancelDelivery(path[2], request)
        case ("guards", 2, .get): return listGuards()
        case ("guards", 3, .get): return try showGuard(path[2])
        case ("guards", 3, .put): return try await putGuard(path[2], request, body)
        case ("guards", 3, .delete): return try await removeGuard(path[2], request)
        case ("scans", 2, .post): return try await addScan(request, body)
        case ("scans", 2, _): throw Self.notAllowed("POST")
        case ("audit", 4, .get) where path[2] == "proofs": return try await inclusionProof(path[3])
        case ("audit", 3, .get) where path[2] == "consistency": return try await consistencyProof(request)
        case ("audit", 3, .get) where path[2] == "keys": return checkpointKeys()
        case ("events", 2, _): throw Self.notAllowed("GET, HEAD")
        case ("webhooks", 2, _): throw Self.notAllowed("GET, HEAD, POST")
        case ("webhooks", 3, _): throw Self.notAllowed("GET, HEAD, PATCH, DELETE")
        case ("deliveries", 2...3, _): throw Self.notAllowed("GET, HEAD")
        case ("deliveries", 4, _) where ["resend", "cancel"].contains(path[3]): throw Self.notAllowed("POST")
        case ("guards", 2, _): throw Self.notAllowed("GET, HEAD")
        case ("guards", 3, _): throw Self.notAllowed("GET, HEAD, PUT, DELETE")
        default: return try await routeDeployments(path, method, request, body)
        }
    }

    private func webhookAction(
        _ id: String, _ action: String, _ method: HTTPMethod, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        switch (action, method) {
        case ("rotate-secret", .post): return try await rotateSecret(id, request, body)
        case ("test", .post): return try await testWebhook(id, request)
        case ("resend-failed", .post): return try await resendFailed(id, request, body)
        case ("resend-failed", .delete): return try await cancelRedelivery(id, request)
        case ("replay", .post): return try await replay(id, request, body)
        case ("replay", .delete): return try await cancelReplay(id, request)
        case ("replay", _), ("resend-failed", _): throw Self.notAllowed("POST, DELETE")
        case ("rotate-secret", _), ("test", _): throw Self.notAllowed("POST")
        default: throw Self.notFound
        }
    }

    static let notFound = Problem(.notFound, "not-found", "there is no such resource in the API")

    static func notAllowed(_ methods: String) -> Problem {
        var problem = Problem(.methodNotAllowed, "method-not-allowed", "this method is not for this path; allowed: \(methods)")
        problem.allow = methods
        return problem
    }

    /// The request's content as one JSON object. Its type must be said: a form cannot say it, so no form can be made to post here.
    /// - Parameter mayBeMissing: no content at all is an object without members.
    func object(
        _ request: Request, _ body: RequestBody, keys: [String], types: [String] = ["application/json"], mayBeMissing: Bool = false
    ) async throws -> ObjectReader {
        let type = request.headers.mediaType
        let wrongType = Problem(
            .unsupportedMediaType, "unsupported-media-type", "the Content-Type must be \(types.joined(separator: " or "))")
        guard type.map(types.contains) ?? mayBeMissing else { throw wrongType }
        let bytes = try await body.collect(limit: Self.bodyLimit)
        if mayBeMissing, bytes.isEmpty { return try ObjectReader(.object(JSONObject()), keys: keys) }
        guard type != nil else { throw wrongType }
        do {
            return try ObjectReader(JSONValue.parse(bytes), keys: keys)
        } catch let error as JSONError {
            throw Problem(.badRequest, "malformed", error.description)
        }
    }

    func json(_ status: HTTPStatus, _ headers: HeaderBuilder = HeaderBuilder(), _ write: (inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        write(&json)
        var headers = headers
        headers.append(.contentType, "application/json")
        return Response(status, headers, body: .bytes(json.bytes))
    }
}
