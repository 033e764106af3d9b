import Delivery
import Events
import JSON

extension ManagementAPI {
    /// - Parameter isWhole: with all attempts and what the receiver answered.
    func write(_ view: DeliveryView, isWhole: Bool, event: [UInt8]? = nil, to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", ifPresent: view.id)
        json.member("webhook", view.webhook)
        json.member("state", view.state.rawValue)
        json.member("kind", view.kind)
        if view.sequence != 0 { json.member("sequence", "\(view.sequence)") }
        json.member("eventId", view.eventID)
        json.member("eventType", view.eventType)
        json.member("original", ifPresent: view.original)
        if let time = view.requestedAt { json.member("requestedAt", Timestamp.text(time)) }
        if let due = view.due { json.member("nextAttempt", Timestamp.text(due)) }
        json.member("reason", ifPresent: view.reason)
        json.member("attemptCount", view.attemptCount)
        if isWhole {
            json.key("attempts")
            json.beginArray()
            for attempt in view.attempts { write(attempt, isWhole: true, to: &json) }
            json.endArray()
        } else if let last = view.attempts.last {
            json.key("lastAttempt")
            write(last, isWhole: false, to: &json)
        }
        if let event {
            json.key("event")
            json.json(event)
        }
        json.endObject()
    }

    private func write(_ attempt: AttemptView, isWhole: Bool, to json: inout JSONWriter) {
        json.beginObject()
        json.member("number", attempt.number)
        json.member("time", Timestamp.text(attempt.time))
        json.member("latencyMs", attempt.latency)
        if attempt.status != 0 { json.member("status", attempt.status) }
        if !attempt.error.isEmpty { json.member("error", attempt.error) }
        // What a receiver answers can be any bytes.
        if isWhole, !attempt.response.isEmpty { json.member("response", String(decoding: attempt.response, as: UTF8.self)) }
        json.endObject()
    }
}
