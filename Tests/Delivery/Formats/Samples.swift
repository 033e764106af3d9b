import Events
import Foundation
import JSON
import OCI
import Testing

@testable import Delivery

/// Events to format: one of each type, and what the formats show best.
enum Samples {
    static let options = FormatOptions(publicURL: "https://hub.example:5000", accountID: "123456789012", region: "eu-central-1")
    static let digest = Digest("sha256:" + String(repeating: "a1", count: 32))!
    static let previous = Digest("sha256:" + String(repeating: "b2", count: 32))!
    static let id = "019c13ec-9e01-7083-93d0-b6d0e7c81611"
    /// 2026-01-31T12:00:00.123Z
    static let time: Int64 = 1_769_860_800_123
    static let index = "application/vnd.oci.image.index.v1+json"

    static func context(actor: Actor = .user("ada"), userAgent: String = "docker/27.5.1") -> EventContext {
        EventContext(
            actor: actor, request: RequestInfo(id: "4f1c2a90", address: "192.0.2.7", userAgent: userAgent, method: "PUT"))
    }

    static func body(
        _ payload: Event.Payload, registry: String = "hub.example:5000", context: EventContext = context()
    ) -> [UInt8] {
        var body: [UInt8] = []
        Event(id: EventID(id)!, registry: registry, context: context, payload: payload)
            .encode(into: &body, sequence: 102, time: time)
        return body
    }

    static func change(
        _ repository: String = "team/app", tag: String? = "v1.2", platforms: [String] = ["linux/amd64", "linux/arm64/v8"]
    ) -> ImageChange {
        ImageChange(
            repository: RepositoryName(repository)!, tag: tag.flatMap { Tag($0) }, digest: digest, mediaType: MediaType(index),
            size: 1206, previousDigest: previous, platforms: platforms)
    }

    static var scan: ImageScan {
        var counts = SeverityCounts()
        counts.critical = 1
        counts.high = 2
        counts.negligible = 3
        counts.unknown = 4
        return ImageScan(
            repository: RepositoryName("team/app")!, digest: digest, tags: [Tag("v1.2")!], mediaType: MediaType(index),
            summary: ScanSummary(scanner: "Trivy", scannerVersion: "0.58.1", counts: counts, fixable: 2),
            report: ImageScan.Report(
                format: "trivy", mediaType: MediaType("application/json"), digest: previous, size: 5, manifest: previous))
    }

    static let pushed = body(.imagePushed(change()))
    static let pushedByDigest = body(.imagePushed(change(tag: nil)))
    static let untagged = body(.imageDeleted(change()))
    static let deleted = body(.imageDeleted(change(tag: nil)))
    static let scanned = body(.imageScanned(scan))

    /// The examples of docs/events.md, which another test holds to be one of each type.
    static func documented() throws -> [(type: EventType, body: [UInt8])] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/events.md"), encoding: .utf8)
        return try text.components(separatedBy: "```json\n").dropFirst().map { block in
            let body = try JSONValue.parse(try #require(block.components(separatedBy: "```").first)).encoded
            return (try Event(decoding: body).payload.type, body)
        }
    }
}

extension PayloadFormat {
    /// The payload of an event that has one, parsed.
    func parsed(_ event: [UInt8]) throws -> JSONValue {
        try JSONValue.parse(try #require(try payload(of: event, Samples.options)).body)
    }
}
