import Audit
import Delivery
import Deployment
import EventLog
import Registry

/// The hub's figures in Prometheus' text format.
enum Metrics {
    static func text(_ services: Services) -> String {
        var text = ""
        func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            text += "# HELP signalbox_\(name) \(help)\n# TYPE signalbox_\(name) \(type)\n"
            for sample in samples { text += "signalbox_\(name)\(sample.labels) \(sample.value)\n" }
        }
        let durable = services.log.durableSequence
        metric("log_sequence", "gauge", "Sequence number of the last record on disk.", [("", "\(durable)")])
        metric("tree_size", "gauge", "Records in the log's tree.", [("", "\(services.notary.size)")])
        metric(
            "checkpoint_size", "gauge", "Records under the newest checkpoint.",
            [("", "\(services.notary.published?.checkpoint.size ?? 0)")])
        metric(
            "checkpoints_signed", "gauge", "1 while checkpoints are signed, 0 while the log does not fit its tree.",
            [("", services.notary.failure == nil ? "1" : "0")])
        metric("writable", "gauge", "1 while changes are taken.", [("", services.readOnlyReason == nil ? "1" : "0")])
        metric("uploads_open", "gauge", "Blob uploads under way.", [("", "\(services.blobs.openUploads)")])
        metric("blobs_healed_total", "counter", "Damaged blobs replaced by a push.", [("", "\(services.blobs.healedBlobs)")])
        metric("pulls_lost_total", "counter", "Pulls that are not in their log.", [("", "\(services.pulls?.lost ?? 0)")])
        metric("denials_unrecorded_total", "counter", "Denied requests that were only counted.", [("", "\(services.journal.unrecordedDenials)")])
        metric("event_streams", "gauge", "Clients that follow the log.", [("", "\(services.audit.streamCount)")])
        let counts = services.deployments.waitingCount
        metric(
            "deployments", "gauge", "Deployments whose target is at work, and that wait.",
            [("{state=\"running\"}", "\(counts.running)"), ("{state=\"waiting\"}", "\(counts.waiting)")])
        let position = services.deployments.position
        metric(
            "triggers_lag_records", "gauge", "Records that triggers have still to look at.",
            [("", "\(durable >= position ? durable - position : 0)")])
        text += deliveries(services.webhooks, durable)
        return text
    }
}
