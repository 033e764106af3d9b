import Events
import JSON
import OCI

/// What Harbor sends, in its default format and as CloudEvents (Harbor 2.8 and later).
///
/// Harbor tells of artifacts, not of tags: a tag that is removed while its manifest stays has no form here.
enum HarborFormat {
    static func plain(_ document: EventDocument) -> FormattedPayload? {
        guard let topic = Topic(document.event.payload) else { return nil }
        let body = JSONWriter.document { json in
            json.member("type", topic.name)
            json.member("occur_at", document.seconds)
            json.member("operator", document.actor)
            json.object("event_data") { topic.encode(document, into: &$0) }
        }
        return FormattedPayload("application/json", body: body)
    }

    static func cloudEvents(_ document: EventDocument) -> FormattedPayload? {
        guard let topic = Topic(document.event.payload) else { return nil }
        let body = JSONWriter.document { json in
            json.member("specversion", "1.0")
            json.member("id", document.event.id.description)
            json.member("requestid", document.event.context.request.id)
            // Harbor's projects and policies have numbers. This registry is one of each.
            json.member("source", "/projects/1/webhook/policies/1")
            json.member("type", topic.cloudEventsType)
            json.member("datacontenttype", "application/json")
            json.member("time", document.timestampInSeconds)
            json.object("data") { topic.encode(document, into: &$0) }
            json.member("operator", document.actor)
        }
        return FormattedPayload("application/cloudevents+json", body: body)
    }
}

/// The events of Harbor that this registry has too.
private enum Topic {
    case pushed(ImageChange)
    case deleted(ImageChange)
    case scanned(ImageScan)

    init?(_ payload: Event.Payload) {
        switch payload {
        case .imagePushed(let change): self = .pushed(change)
        case .imageDeleted(let change) where change.tag == nil: self = .deleted(change)
        case .imageScanned(let scan): self = .scanned(scan)
        default: return nil
        }
    }

    var name: String {
        switch self {
        case .pushed: "PUSH_ARTIFACT"
        case .deleted: "DELETE_ARTIFACT"
        case .scanned: "SCANNING_COMPLETED"
        }
    }

    var cloudEventsType: String {
        switch self {
        case .pushed: "harbor.artifact.pushed"
        case .deleted: "harbor.artifact.deleted"
        case .scanned: "harbor.scan.completed"
        }
    }

    func encode(_ document: EventDocument, into json: inout JSONWriter) {
        json.key("resources")
        json.beginArray()
        json.beginObject()
        let repository: RepositoryName
        switch self {
        case .pushed(let change), .deleted(let change):
            repository = change.repository
            encode(change, document.event.registry, into: &json)
        case .scanned(let scan):
            repository = scan.repository
            json.member("digest", scan.digest.description)
            json.member("resource_url", "\(document.event.registry)/\(repository)@\(scan.digest)")
            json.object("scan_overview") { scan.encodeOverview(document, into: &$0) }
        }
        json.endObject()
        json.endArray()
        // `date_created` is left out, as Harbor does where it does not know it.
        let parts = RepositoryParts(repository)
        json.object("repository") { json in
            json.member("name", parts.name)
            json.member("namespace", parts.namespace)
            json.member("repo_full_name", parts.full)
            json.member("repo_type", "private")
        }
    }

    /// An artifact without a tag has its digest in the tag's place. The URL has no scheme, and a digest's sign before a digest.
    private func encode(_ change: ImageChange, _ registry: String, into json: inout JSONWriter) {
        let digest = change.digest.description
        json.member("digest", digest)
        json.member("tag", change.tag?.text ?? digest)
        json.member("resource_url", "\(registry)/\(change.repository)\(change.tag.map { ":\($0)" } ?? "@\(digest)")")
    }
}

extension ImageScan {
    /// Harbor's summary of a report, under the media type of the report.
    fileprivate func encodeOverview(_ document: EventDocument, into json: inout JSONWriter) {
        json.object("application/vnd.security.vulnerability.report; version=1.1") { json in
            json.member("report_id", document.event.id.description)
            json.member("scan_status", "Success")
            json.member("severity", summary.worst.map(Self.name) ?? "None")
            json.member("duration", 0)
            json.object("summary") { json in
                json.member("total", summary.counts.total)
                json.member("fixable", summary.fixable ?? 0)
                json.object("summary") { json in
                    for severity in Severity.allCases.reversed() where summary.counts[severity] > 0 {
                        json.key(named: Self.name(severity))
                        json.int(summary.counts[severity])
                    }
                }
            }
            json.member("start_time", document.timestampInSeconds)
            json.member("end_time", document.timestampInSeconds)
            json.object("scanner") { json in
                json.member("name", summary.scanner)
                json.member("vendor", "")
                json.member("version", summary.scannerVersion ?? "")
            }
            json.member("complete_percent", 100)
        }
    }

    private static func name(_ severity: Severity) -> String {
        switch severity {
        case .unknown: "Unknown"
        case .negligible: "Negligible"
        case .low: "Low"
        case .medium: "Medium"
        case .high: "High"
        case .critical: "Critical"
        }
    }
}
