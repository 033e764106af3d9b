import Events
import JSON
import OCI

@testable import Delivery

/// Events to format: one of each type, and hostile ones.
enum Samples {
    static let options = FormatOptions(publicURL: "https://hub.example:5000")
    static let digest = Digest("sha256:" + String(repeating: "a1", count: 32))!
    static let previous = Digest("sha256:" + String(repeating: "b2", count: 32))!
    static let time: Int64 = 1_769_860_800_123
    static let index = "application/vnd.oci.image.index.v1+json"

    static func context(actor: Actor = .user("ada"), userAgent: String = "docker/27.5.1") -> EventContext {
        EventContext(
            actor: actor, request: RequestInfo(id: "4f1c2a90", address: "192.0.2.7", userAgent: userAgent, method: "PUT"))
    }

    static func body(
        _ payload: Event.Payload, sequence: UInt64 = 102, time: Int64 = time, registry: String = "hub.example:5000",
        context: EventContext = context()
    ) -> [UInt8] {
        var body: [UInt8] = []
        let id = EventID("019c13ec-9e01-7083-93d0-b6d0e7c81611")!
        Event(id: id, registry: registry, context: context, payload: payload).encode(into: &body, sequence: sequence, time: time)
        return body
    }

    static func change(
        _ repository: String = "team/app", tag: String? = "v1.2", mediaType: String = index, artifactType: String? = nil,
        platforms: [String] = ["linux/amd64", "linux/arm64/v8"]
    ) -> ImageChange {
        ImageChange(
            repository: RepositoryName(repository)!, tag: tag.flatMap { Tag($0) }, digest: digest, mediaType: MediaType(mediaType),
            artifactType: artifactType, size: 1206, previousDigest: previous, platforms: platforms)
    }

    static var rejection: TagRejection {
        TagRejection(
            repository: RepositoryName("team/app")!, tag: Tag("v1.2"), action: .overwrite, currentDigest: digest,
            attemptedDigest: previous, reason: .tagImmutable, rule: "releases")
    }

    static let pushed = body(.imagePushed(change()))
    static let deleted = body(.imageDeleted(change()))
}
