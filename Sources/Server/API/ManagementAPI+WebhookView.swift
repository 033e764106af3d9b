import Delivery
import Events
import JSON

extension ManagementAPI {
    /// - Parameter secrets: those that this answer reveals.
    func write(_ view: Webhooks.View, secrets: [SigningSecret] = [], to json: inout JSONWriter) {
        let settings = view.webhook.settings
        json.beginObject()
        settings.encodeMembers(into: &json)
        if settings.format == WebhookSettings.standardFormat { json.member("format", settings.format) }
        if settings.state != .paused { json.member("state", settings.state.rawValue) }
        if settings.ordering == .parallel { json.member("ordering", settings.ordering.rawValue) }
        json.member("createdAt", Timestamp.text(view.webhook.createdAt))
        json.member("reason", ifPresent: view.webhook.reason)
        json.member("secret", ifPresent: secrets.first { $0.kind == .symmetric }?.revealed)
        if let key = secrets.first(where: { $0.kind == .asymmetric }) {
            json.member("privateKey", key.revealed)
            json.member("publicKey", ifPresent: key.publicKey)
        }
        json.member("error", ifPresent: view.problem)
        if let status = view.status { write(status, to: &json) }
        json.endObject()
    }

    private func write(_ status: FollowerStatus, to json: inout JSONWriter) {
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
}
