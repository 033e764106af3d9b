import Events
import IO
import OCI

/// `repository:tag[@digest]` as people write it.
struct ImageName: Sendable {
    let repository: RepositoryName
    let tag: Tag
    let digest: Digest?

    init?(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let colon = parts.first?.lastIndex(of: ":"), let repository = RepositoryName(parts[0][..<colon]),
            let tag = Tag(parts[0][parts[0].index(after: colon)...])
        else { return nil }
        self.repository = repository
        self.tag = tag
        digest = parts.count == 2 ? Digest(parts[1]) : nil
        if parts.count == 2, digest == nil { return nil }
    }
}

/// A pushed image for a trigger to look at: an event of the log, or one that is only imagined.
struct Offer: Sendable {
    var sequence: UInt64
    let time: Int64
    let change: ImageChange
    let actor: String
    let body: [UInt8]

    /// Nil where the record is no push.
    init?(sequence: UInt64, time: Int64, body: [UInt8]) {
        guard let event = try? Event(decoding: body), case .imagePushed(let change) = event.payload else { return nil }
        self.sequence = sequence
        self.time = time
        self.change = change
        actor = event.context.actor.name
        self.body = body
    }

    /// A push now of something that is not there yet, or whose push the log has no more.
    init(imagined name: ImageName, _ digest: Digest, host: String) {
        change = ImageChange(
            repository: name.repository, tag: name.tag, digest: digest, mediaType: .imageManifest, size: 0)
        let context = EventContext(
            actor: .anonymous, request: RequestInfo(id: "", address: "", userAgent: "", method: "PUT"))
        let event = Event(id: .next(now: Wall.milliseconds), registry: host, context: context, payload: .imagePushed(change))
        var body: [UInt8] = []
        event.encode(into: &body, sequence: .max, time: Wall.milliseconds)
        self.body = body
        sequence = .max
        time = Wall.milliseconds
        actor = context.actor.name
    }

    /// The same image as if it were pushed by an event that nobody has taken yet.
    var asNew: Offer {
        var offer = self
        offer.sequence = .max
        return offer
    }
}
