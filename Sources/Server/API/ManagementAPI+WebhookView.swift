import Delivery
import EventLog
import Events
import JSON

extension ManagementAPI {
    /// - Parameter secrets: those that this answer reveals.
    func write(_ view: Webhooks.View, secrets: [SigningSecret] = [], to json: inout JSONWriter) {
        let settings = view.webhook.settings.shown
        json.beginObject()
        settings.encodeMembers(into: &json)
        if settings.format == WebhookSettings.standardFormat { json.member("format", settings.format) }
        if settings.state != .paused { json.member("state", settings.state.rawValue) }
        if settings.ordering == .parallel { json.member("ordering", settings.ordering.rawValue) }
        json.member("createdAt", Timestamp.text(view.webhook.createdAt))
        json.member("reason", ifPresent: view.webhook.reason)
        json.member("secret", ifPresent: secrets.first { $0.kind == .symmetric }?.revealed)
        let key = secrets.first { $0.kind == .asymmetric }
        json.member("privateKey", ifPresent: key?.revealed)
        json.member("publicKey", ifPresent: key?.publicKey ?? view.publicKey)
        json.member("error", ifPresent: view.problem)
        if view.webhook.lost.through > 0 {
            json.member("lost", view.webhook.lost.events)
            json.member("lostThrough", "\(view.webhook.lost.through)")
        }
        if let status = view.status { write(status, to: &json) }
        json.endObject()
    }

    private func write(_ status: EndpointStatus, to json: inout JSONWriter) {
        json.member("position", "\(status.position)")
        json.member("lag", services.log.durableSequence - min(status.position, services.log.durableSequence))
        json.member("open", status.open)
        json.member("inFlight", status.inFlight)
        json.member("blocked", status.blocked)
        if !status.blocking.isEmpty { write(status.blocking, to: &json) }
        if status.parked > 0 { json.member("parked", status.parked) }
        json.member("delivered", status.delivered)
        json.member("dead", status.dead)
        json.member("failures", status.failures)
        json.member("failing", status.isFailing)
        if let since = status.failingSince { json.member("failingSince", Timestamp.text(since)) }
        if let end = status.pausedUntil { json.member("pausedUntil", Timestamp.text(end)) }
        for (key, job) in [("replay", status.replay), ("redelivery", status.redelivery)] {
            guard let job else { continue }
            json.key(named: key)
            json.beginObject()
            json.member("from", "\(job.after &+ 1)")
            json.member("through", "\(job.through)")
            json.member("position", "\(job.position)")
            json.endObject()
        }
        if let attempt = status.lastAttempt {
            json.key("lastAttempt")
            json.beginObject()
            json.member("time", Timestamp.text(attempt.time))
            json.member("sequence", "\(attempt.sequence)")
            json.member("outcome", attempt.outcome.text)
            json.endObject()
        }
    }

    /// Those that later ones of their repository wait for.
    private func write(_ blocking: [EndpointStatus.Blocking], to json: inout JSONWriter) {
        json.key("blocking")
        json.beginArray()
        for delivery in blocking {
            json.beginObject()
            json.member("id", ifPresent: delivery.id)
            json.member("sequence", "\(delivery.sequence)")
            json.member("attempts", delivery.attempts)
            if delivery.due > 0 { json.member("nextAttempt", Timestamp.text(delivery.due)) }
            json.endObject()
        }
        json.endArray()
    }
}
