import Delivery
import Events
import HTTP
import JSON

extension ManagementAPI {
    func listWebhooks() -> Response {
        json(.ok) { json in
            json.beginObject()
            json.key("webhooks")
            json.beginArray()
            for view in services.webhooks.list() { write(view, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    func showWebhook(_ id: String) throws -> Response {
        guard let view = services.webhooks.view(id) else { throw Problem(.notFound, "not-found", "there is no webhook \(id)") }
        return json(.ok, HeaderBuilder([.eTag: Self.tag(view.webhook)])) { write(view, to: &$0) }
    }

    private static func tag(_ webhook: Webhook) -> String { EntityTag.quoted(webhook.version) }

    /// Whether a webhook is what the client has seen; nil where it does not ask.
    private static func expectation(_ request: Request) -> (@Sendable (Webhook) -> Bool)? {
        let headers = request.headers
        guard headers.contains(.ifMatch) else { return nil }
        return { headers.ifMatch(allows: tag($0)) }
    }

    func addWebhook(_ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: WebhookRequest.keys + ["secret"])
        var input = try WebhookRequest.input(reader)
        if let secret = try WebhookRequest.secret(reader) { try input.use(secret) }
        let created = try await services.webhooks.create(input, context: request.context())
        let location = HeaderBuilder([.location: "/api/v1/webhooks/\(created.webhook.id)"])
        return show(.created, location, created)
    }

    /// A merge patch (RFC 7396) of any setting.
    func changeWebhook(_ id: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        let patch = try await object(
            request, body, keys: WebhookRequest.keys, types: ["application/json", "application/merge-patch+json"])
        let changed = try await services.webhooks.update(id, context: request.context(), isExpected: Self.expectation(request)) { before in
            try WebhookRequest.input(before, patchedWith: patch)
        }
        return show(.ok, HeaderBuilder(), changed)
    }

    func rotateSecret(_ id: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: ["secret", "overlap"])
        let overlap = try reader.int("overlap", in: 0...Int(WebhookCredentials.longestOverlap))
        let rotated = try await services.webhooks.rotateSecret(
            id, to: try WebhookRequest.secret(reader), overlap: overlap.map(Int64.init), context: request.context(),
            isExpected: Self.expectation(request))
        return show(.ok, HeaderBuilder(), rotated)
    }

    func removeWebhook(_ id: String, _ request: Request) async throws -> Response {
        try await services.webhooks.delete(id, context: request.context())
        return Response(.noContent)
    }

    /// The webhook, with the secrets that are shown this once.
    private func show(
        _ status: HTTPStatus, _ headers: HeaderBuilder, _ changed: (webhook: Webhook, secrets: [SigningSecret])
    ) -> Response {
        let view = services.webhooks.view(changed.webhook.id) ?? Webhooks.View(webhook: changed.webhook, status: nil)
        var headers = headers
        headers.append(.eTag, Self.tag(view.webhook))
        return json(status, headers) { write(view, secrets: changed.secrets, to: &$0) }
    }
}
