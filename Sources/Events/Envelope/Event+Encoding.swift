import JSON
import OCI

extension Event {
    /// Appends the event as a CloudEvent 1.0 in structured JSON: the record of the log and the body of a webhook.
    ///
    /// - Parameter time: milliseconds since 1970.
    package func encode(into bytes: inout [UInt8], sequence: UInt64, time: Int64) {
        var buffer: [UInt8] = []
        swap(&buffer, &bytes)
        var writer = JSONWriter(appendingTo: consume buffer)
        writer.beginObject()
        // The header comes first and in this order: EventHeader reads it without the rest.
        writer.member("specversion", "1.0")
        writer.key("id")
        writer.plain(count: EventID.textCount) { out in id.append(to: &out) }
        writer.member("source", "/registries/" + registry)
        writer.member("type", payload.type.rawValue)
        writer.key("subject")
        switch payload {
        case .imagePushed(let change): writer.plain(count: change.subjectCount) { out in change.append(subjectTo: &out) }
        default: writer.string(payload.subject)
        }
        writer.key("time")
        writer.plain(count: Timestamp.textCount) { out in Timestamp.append(time, to: &out) }
        writer.member("datacontenttype", "application/json")
        writer.key("sequence")
        writer.plain(count: DecimalText.longest) { out in DecimalText.append(sequence, to: &out) }
        writer.key("data")
        writer.beginObject()
        writer.member("registry", registry)
        payload.encode(into: &writer)
        context.encode(into: &writer)
        writer.endObject()
        writer.endObject()
        bytes = writer.bytes
    }
}

extension Event.Payload {
    fileprivate func encode(into writer: inout JSONWriter) {
        switch self {
        case .imagePushed(let change), .imageDeleted(let change): change.encode(into: &writer)
        case .imageScanned(let scan): scan.encodeMembers(into: &writer)
        case .tagRejected(let rejection): rejection.encode(into: &writer)
        case .repositoryCreated(let name): writer.member("repository", name.text)
        case .blobDeleted(let deletion): deletion.encode(into: &writer)
        case .accessDenied(let denial): denial.encode(into: &writer)
        case .guardCreated(let settings), .guardDeleted(let settings):
            writer.key("guard")
            settings.encode(into: &writer)
        case .guardUpdated(let settings, let previous):
            writer.key("guard")
            settings.encode(into: &writer)
            guard let previous else { break }
            writer.key("previous")
            previous.encode(into: &writer)
        case .webhookCreated(let settings), .webhookUpdated(let settings), .webhookDeleted(let settings):
            writer.key("webhook")
            settings.encode(into: &writer)
        case .webhookDisabled(let settings, let reason):
            writer.key("webhook")
            settings.encode(into: &writer)
            writer.member("reason", reason)
        case .webhookSkipped(let settings, let gap):
            writer.key("webhook")
            settings.encode(into: &writer)
            writer.key("skipped")
            gap.encode(into: &writer)
        case .trigger(let change): change.encode(into: &writer)
        case .deployment(let change): change.encode(into: &writer)
        case .environment(let change): change.encode(into: &writer)
        case .recordRedacted(let notice): notice.encode(into: &writer)
        case .logRestored(let notice): notice.encode(into: &writer)
        case .segmentArchived(let notice): notice.encode(into: &writer)
        case .keyRotated(let notice): notice.encode(into: &writer)
        case .logRepaired(let notice): notice.encode(into: &writer)
        case .settingChanged(let change): change.encode(into: &writer)
        case .deliveryRequested(let request): request.encode(into: &writer)
        case .witness(let notice): notice.encode(into: &writer)
        }
    }
}
