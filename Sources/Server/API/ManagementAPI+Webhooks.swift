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
            for view in services.webhooks.list() { write(view, secret: nil, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    func showWebhook(_ id: String) throws -> Response {
        guard let view = services.webhooks.view(id) else { throw Problem(.notFound, "not-found", "there is no webhook \(id)") }
        return json(.ok) { write(view, secret: nil, to: &$0) }
    }

    func addWebhook(_ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: ["url", "pattern", "secret", "format", "retry"])
        guard let url = try reader.string("url") else { throw reader.missing("url") }
        let pattern = reader.value("pattern")
        let secret = try reader.string("secret")
        if let format = try reader.string("format"), format != "cloudevents" {
            throw reader.failure("format", "must be \"cloudevents\", not \"\(format)\"")
        }
        let schedule = try schedule(reader)
        let new = try NewWebhook(url: url, pattern: pattern, schedule: schedule, secret: secret)
        let created = try await services.webhooks.create(new, context: request.context())
        let view = services.webhooks.view(created.webhook.id) ?? Webhooks.View(webhook: created.webhook, status: nil)
        let location = HeaderBuilder([.location: "/api/v1/webhooks/\(created.webhook.id)"])
        return json(.created, location) { write(view, secret: created.secret, to: &$0) }
    }

    private func schedule(_ reader: ObjectReader) throws -> [Int] {
        guard let retry = try reader.object("retry", keys: ["schedule"]) else { return [] }
        guard let values = retry.value("schedule")?.array else { throw retry.failure("schedule", "must be a list of seconds") }
        let seconds = values.compactMap { $0.int.flatMap { Int(exactly: $0) } }
        guard seconds.count == values.count, (1...32).contains(seconds.count), seconds.allSatisfy({ (0...604_800).contains($0) })
        else { throw retry.failure("schedule", "must be 1 to 32 whole numbers of seconds, each at most 604800 (a week)") }
        return seconds
    }

    func removeWebhook(_ id: String, _ request: Request) async throws -> Response {
        try await services.webhooks.delete(id, context: request.context())
        return Response(.noContent)
    }

    private func write(_ view: Webhooks.View, secret: SigningSecret?, to json: inout JSONWriter) {
        json.beginObject()
        view.webhook.settings.encodeMembers(into: &json)
        json.member("format", "cloudevents")
        json.member("createdAt", Timestamp.text(view.webhook.createdAt))
        json.member("secret", ifPresent: secret?.revealed)
        json.member("error", ifPresent: view.problem)
        if let status = view.status {
            json.member("cursor", "\(status.cursor)")
            json.member("failures", status.failures)
            if let attempt = status.lastAttempt {
                json.key("lastAttempt")
                json.beginObject()
                json.member("time", Timestamp.text(attempt.time))
                json.member("sequence", "\(attempt.sequence)")
                json.member("outcome", attempt.outcome.text)
                json.endObject()
            }
        }
        json.endObject()
    }
}
