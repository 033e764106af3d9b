import Events
import JSON
import OCI

/// The notifications of Distribution (`registry:2` and `registry:3`): an envelope of one event.
///
/// As there, the removal of a tag names no digest, and that of a manifest or a blob no tag: a receiver tells them apart by
/// that.
enum DistributionFormat {
    static func payload(_ document: EventDocument, _ options: FormatOptions) -> FormattedPayload? {
        switch document.event.payload {
        case .imagePushed(let change):
            envelope(document, action: "push") { change.encodePushed(options, into: &$0) }
        case .imageDeleted(let change):
            envelope(document, action: "delete") { change.encodeDeleted(into: &$0) }
        case .blobDeleted(let deletion):
            envelope(document, action: "delete") { json in
                json.member("digest", deletion.digest.description)
                json.member("repository", deletion.repository.text)
            }
        default: nil
        }
    }

    private static func envelope(
        _ document: EventDocument, action: String, _ target: (inout JSONWriter) -> Void
    ) -> FormattedPayload {
        let body = JSONWriter.document { json in
            json.key("events")
            json.beginArray()
            json.beginObject()
            json.member("id", document.event.id.description)
            json.member("timestamp", document.timestamp)
            json.member("action", action)
            json.object("target", target)
            encodeCause(document, into: &json)
            json.endObject()
            json.endArray()
        }
        return FormattedPayload("application/vnd.docker.distribution.events.v2+json", body: body)
    }

    /// `host` is what receivers put before the repository's name.
    private static func encodeCause(_ document: EventDocument, into json: inout JSONWriter) {
        let context = document.event.context
        json.object("request") { json in
            json.member("id", context.request.id)
            json.member("addr", context.request.address)
            json.member("host", document.event.registry)
            json.member("method", context.request.method)
            json.member("useragent", context.request.userAgent)
        }
        json.object("actor") { json in
            if context.actor.kind != Actor.anonymous.kind { json.member("name", context.actor.name) }
        }
        // `instanceID` is left out: it changes with every start, and a delivery must not.
        json.object("source") { $0.member("addr", document.event.registry) }
    }
}

extension ImageChange {
    fileprivate func encodePushed(_ options: FormatOptions, into json: inout JSONWriter) {
        json.member("mediaType", mediaType.text)
        json.member("digest", digest.description)
        json.member("size", size)
        json.member("length", size)
        json.member("repository", repository.text)
        json.member("url", "\(options.publicURL)/v2/\(repository)/manifests/\(digest)")
        json.member("tag", ifPresent: tag?.text)
    }

    fileprivate func encodeDeleted(into json: inout JSONWriter) {
        if tag == nil { json.member("digest", digest.description) }
        json.member("repository", repository.text)
        json.member("tag", ifPresent: tag?.text)
    }
}
