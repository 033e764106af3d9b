import Delivery

extension Metrics {
    /// What deliveries amount to: in all, and for each webhook.
    static func deliveries(_ webhooks: Webhooks, _ durable: UInt64) -> String {
        var text = ""
        func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            text += "# HELP signalbox_\(name) \(help)\n# TYPE signalbox_\(name) \(type)\n"
            for sample in samples { text += "signalbox_\(name)\(sample.labels) \(sample.value)\n" }
        }
        let reading = webhooks.meters.reading
        metric(
            "delivery_attempts_total", "counter", "Attempts since the start, by how they ended.",
            [("delivered", reading.delivered), ("refused", reading.refused), ("unanswered", reading.unanswered)]
                .map { ("{outcome=\"\($0)\"}", "\($1)") })
        metric("deliveries_dead_total", "counter", "Deliveries given up since the start.", [("", "\(reading.dead)")])
        metric(
            "delivery_attempts_unrecorded_total", "counter", "Attempts that could not be recorded, since the start.",
            [("", "\(webhooks.unrecordedAttempts)")])
        latency(reading, &text)
        let views = webhooks.list().compactMap { view in view.status.map { ("{webhook=\"\(view.webhook.id)\"}", $0) } }
        func perWebhook(_ name: String, _ type: String, _ help: String, _ value: (EndpointStatus) -> String) {
            metric("webhook_" + name, type, help, views.map { ($0, value($1)) })
        }
        perWebhook("lag_records", "gauge", "Records that a webhook has still to look at.") { "\(durable - min($0.position, durable))" }
        perWebhook("open", "gauge", "Deliveries that have begun and are not done.") { "\($0.open)" }
        perWebhook("in_flight", "gauge", "Requests under way.") { "\($0.inFlight)" }
        perWebhook("delivered_total", "counter", "Deliveries taken by the receiver.") { "\($0.delivered)" }
        perWebhook("dead_total", "counter", "Deliveries given up.") { "\($0.dead)" }
        perWebhook("failures", "gauge", "Failed attempts since the last success.") { "\($0.failures)" }
        metric(
            "webhook_lost_total", "counter", "Events that left the log before they were delivered.",
            webhooks.list().map { ("{webhook=\"\($0.webhook.id)\"}", "\($0.webhook.lost.events)") })
        return text
    }

    private static func latency(_ reading: Meters.Reading, _ text: inout String) {
        let name = "signalbox_delivery_duration_seconds"
        text += "# HELP \(name) How long attempts took.\n# TYPE \(name) histogram\n"
        for (index, count) in reading.latencies.enumerated() {
            let bound = index < Meters.bounds.count ? "\(Double(Meters.bounds[index]) / 1000)" : "+Inf"
            text += "\(name)_bucket{le=\"\(bound)\"} \(count)\n"
        }
        text += "\(name)_sum \(Double(reading.latencySum) / 1e9)\n\(name)_count \(reading.latencies.last ?? 0)\n"
    }
}
