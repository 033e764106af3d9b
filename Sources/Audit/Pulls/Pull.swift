package import Events
import JSON
package import OCI

/// Somebody got a manifest: what `image.pulled` says.
package struct Pull: Sendable {
    let repository: RepositoryName
    let tag: Tag?
    let digest: Digest
    let mediaType: String
    let size: Int
    let context: EventContext
    let time: Int64

    package init(
        repository: RepositoryName, tag: Tag?, digest: Digest, mediaType: String, size: Int, context: EventContext, time: Int64
    ) {
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.context = context
        self.time = time
    }

    package static let type = "io.signalbox.image.pulled"
    static let lostType = "io.signalbox.audit.lost"

    /// The same envelope as the events of the main log; the sequence is the pulls' own.
    func append(to out: inout [UInt8], sequence: UInt64, host: String, sampleRate: Int?) {
        Self.append(
            Self.type, subject: "\(repository)\(tag.map { ":\($0)" } ?? "")@\(digest)", time: time, to: &out, sequence: sequence, host: host
        ) { json in
            json.member("repository", repository.text)
            json.member("tag", ifPresent: tag?.text)
            json.member("digest", digest.description)
            json.member("mediaType", mediaType)
            json.member("size", size)
            if let sampleRate { json.member("sampleRate", sampleRate) }
            context.write(into: &json)
        }
    }

    /// Says how many pulls were not recorded.
    static func appendLost(_ count: Int, to out: inout [UInt8], sequence: UInt64, time: Int64, host: String) {
        append(lostType, subject: "pulls", time: time, to: &out, sequence: sequence, host: host) { json in
            json.member("pulls", count)
            EventContext(actor: .system("audit"), request: RequestInfo(id: "", address: "", userAgent: "", method: "")).write(into: &json)
        }
    }

    private static func append(
        _ type: String, subject: String, time: Int64, to out: inout [UInt8], sequence: UInt64, host: String, _ data: (inout JSONWriter) -> Void
    ) {
        var json = JSONWriter()
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", EventID.next(now: time).description)
        json.member("source", "/registries/\(host)")
        json.member("type", type)
        json.member("subject", subject)
        json.member("time", Timestamp.text(time))
        json.member("datacontenttype", "application/json")
        json.member("sequence", String(sequence))
        json.key("data")
        json.beginObject()
        json.member("registry", host)
        data(&json)
        json.endObject()
        json.endObject()
        out += json.bytes
    }
}

extension EventContext {
    fileprivate func write(into json: inout JSONWriter) {
        json.key("actor")
        json.beginObject()
        json.member("name", actor.name)
        json.member("kind", actor.kind)
        json.endObject()
        json.key("request")
        json.beginObject()
        json.member("id", request.id)
        json.member("address", request.address)
        json.member("userAgent", request.userAgent)
        json.member("method", request.method)
        json.endObject()
    }
}
