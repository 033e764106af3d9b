import Events
import JSON
import OCI
import Testing

@testable import Delivery

/// What each format says, beyond its shape.
@Suite struct FormatTests {
    private static let digest = Samples.digest.description

    @Test("Harbor's resource has a tag's or a digest's URL without a scheme, and whole seconds")
    func harbor() throws {
        let tagged = try PayloadFormat.harbor.parsed(Samples.pushed)
        let resource = try #require(tagged["event_data"]?["resources"]?.array?.first)
        #expect(resource["resource_url"]?.string == "hub.example:5000/team/app:v1.2")
        #expect(resource["tag"]?.string == "v1.2")
        #expect(tagged["occur_at"]?.int == 1_769_860_800)
        #expect(tagged["operator"]?.string == "ada")
        let untagged = try PayloadFormat.harbor.parsed(Samples.pushedByDigest)["event_data"]?["resources"]?.array?.first
        #expect(untagged?["resource_url"]?.string == "hub.example:5000/team/app@\(Self.digest)")
        #expect(untagged?["tag"]?.string == Self.digest)
        #expect(try PayloadFormat.harbor.payload(of: Samples.untagged, Samples.options) == nil)
    }

    @Test("Harbor's scan has its severities' names, and none where nothing was found")
    func harborScan() throws {
        func overview(_ event: [UInt8]) throws -> JSONValue? {
            try PayloadFormat.harbor.parsed(event)["event_data"]?["resources"]?.array?.first?["scan_overview"]?[
                "application/vnd.security.vulnerability.report; version=1.1"]
        }
        let found = try overview(Samples.scanned)
        #expect(found?["severity"]?.string == "Critical")
        #expect(found?["summary"] == (try JSONValue.parse(#"{"total":10,"fixable":2,"summary":{"Critical":1,"High":2,"Negligible":3,"Unknown":4}}"#)))
        var clean = Samples.scan
        clean.summary = ScanSummary(scanner: "Grype", counts: SeverityCounts())
        let nothing = try overview(Samples.body(.imageScanned(clean)))
        #expect(nothing?["severity"]?.string == "None")
        #expect(nothing?["summary"] == (try JSONValue.parse(#"{"total":0,"fixable":0,"summary":{}}"#)))
    }

    @Test("a repository without an owner, or with more parts, keeps its full name", arguments: [("app", "", "app"), ("a/b/c", "a", "b/c")])
    func owners(repository: String, namespace: String, name: String) throws {
        let event = Samples.body(.imagePushed(Samples.change(repository)))
        let harbor = try PayloadFormat.harbor.parsed(event)["event_data"]?["repository"]
        #expect([harbor?["namespace"], harbor?["name"], harbor?["repo_full_name"]].map { $0?.string } == [namespace, name, repository])
        let docker = try PayloadFormat.dockerhub.parsed(event)["repository"]
        #expect([docker?["namespace"], docker?["name"], docker?["repo_name"]].map { $0?.string } == [namespace, name, repository])
    }

    @Test("Distribution's removal of a tag names no digest, and that of a manifest no tag")
    func distribution() throws {
        func target(_ event: [UInt8]) throws -> JSONValue? {
            let sent = try PayloadFormat.distribution.parsed(event)["events"]?.array?.first
            #expect(sent?["action"]?.string == "delete")
            return sent?["target"]
        }
        #expect(try target(Samples.untagged) == JSONValue.parse(#"{"repository":"team/app","tag":"v1.2"}"#))
        #expect(try target(Samples.deleted) == JSONValue.parse(#"{"digest":"\#(Self.digest)","repository":"team/app"}"#))
        let blob = BlobDeletion(repository: RepositoryName("team/app")!, digest: Samples.digest)
        #expect(try target(Samples.body(.blobDeleted(blob))) == target(Samples.deleted))
        let payload = try #require(try PayloadFormat.distribution.payload(of: Samples.pushed, Samples.options))
        #expect(payload.contentType == "application/vnd.docker.distribution.events.v2+json")
        let pushed = try PayloadFormat.distribution.parsed(Samples.pushed)["events"]?.array?.first
        #expect(pushed?["target"]?["url"]?.string == "https://hub.example:5000/v2/team/app/manifests/\(Self.digest)")
        #expect(pushed?["timestamp"]?.string == "2026-01-31T12:00:00.123Z")
    }

    @Test("ECR's events are those of its documentation, field for field")
    func ecr() throws {
        func expected(_ type: String, _ resources: String, _ detail: String) throws -> JSONValue {
            try JSONValue.parse("""
                {"version":"0","id":"\(Samples.id)","detail-type":"\(type)","source":"aws.ecr","account":"123456789012",
                "time":"2026-01-31T12:00:00Z","region":"eu-central-1","resources":\(resources),"detail":\(detail)}
                """)
        }
        func action(_ action: String, _ tag: String) throws -> JSONValue {
            try expected("ECR Image Action", "[]", """
                {"result":"SUCCESS","repository-name":"team/app","image-digest":"\(Self.digest)","action-type":"\(action)"\(tag)}
                """)
        }
        let tag = #","image-tag":"v1.2""#
        #expect(try PayloadFormat.ecr.parsed(Samples.pushed) == action("PUSH", tag))
        #expect(try PayloadFormat.ecr.parsed(Samples.untagged) == action("DELETE", tag))
        // The documentation shows images with tags only; one without has no such field.
        #expect(try PayloadFormat.ecr.parsed(Samples.pushedByDigest) == action("PUSH", ""))
        #expect(try PayloadFormat.ecr.parsed(Samples.deleted) == action("DELETE", ""))
        #expect(try PayloadFormat.ecr.parsed(Samples.scanned) == expected(
            "ECR Image Scan", #"["arn:aws:ecr:eu-central-1:123456789012:repository/team/app"]"#,
            """
            {"scan-status":"COMPLETE","repository-name":"team/app",
            "finding-severity-counts":{"CRITICAL":1,"HIGH":2,"INFORMATIONAL":3,"UNDEFINED":4},
            "image-digest":"\(Self.digest)","image-tags":["v1.2"]}
            """))
    }

    @Test("a CDEvent's subject is the image's package URL, and the fields of the request repeat its context")
    func cdEvents() throws {
        for (format, type) in [(PayloadFormat.cdevents, "dev.cdevents.artifact.published.0.3.0"), (.cdevents04, "dev.cdevents.artifact.published.0.2.0")] {
            let payload = try #require(try format.payload(of: Samples.pushed, Samples.options))
            let body = try JSONValue.parse(payload.body)
            let url = "pkg:oci/app@sha256%3A\(Samples.digest.hex)?repository_url=hub.example%3A5000/team/app&tag=v1.2"
            #expect(body["subject"]?["id"]?.string == url)
            #expect(body["subject"]?["content"]?["user"]?.string == "ada")
            #expect(body["customData"] == (try JSONValue.parse(Samples.pushed))["data"])
            #expect(payload.contentType == "application/json")
            let fields = Dictionary(uniqueKeysWithValues: payload.headers.map { ($0.name, $0.value) })
            #expect(fields == [
                "ce-specversion": "1.0", "ce-id": Samples.id, "ce-source": "/registries/hub.example:5000", "ce-type": type,
                "ce-time": "2026-01-31T12:00:00.123Z", "ce-subject": url.split(separator: "%").joined(separator: "%25"),
            ])
        }
        #expect(try PayloadFormat.cdevents.payload(of: Samples.untagged, Samples.options) == nil)
    }

    @Test("which events have a form in which format")
    func forms() throws {
        let images: Set<EventType> = [.imagePushed, .imageScanned]
        let expected: [PayloadFormat: Set<EventType>] = [
            .cloudevents: Set(EventType.allCases), .cloudeventsBinary: Set(EventType.allCases),
            .cloudeventsBatch: Set(EventType.allCases), .slack: Set(EventType.allCases),
            // The documented deletion is that of a tag.
            .harbor: images, .harborCloudEvents: images, .distribution: [.imagePushed, .imageDeleted, .blobDeleted], .dockerhub: [.imagePushed],
            .ecr: images.union([.imageDeleted]),
            .cdevents: [.imagePushed, .deploymentSucceeded, .environmentPinned, .environmentUnpinned],
            .cdevents04: [.imagePushed, .deploymentSucceeded, .environmentPinned, .environmentUnpinned],
        ]
        let events = try Samples.documented()
        for format in PayloadFormat.allCases {
            let types = try events.filter { try format.payload(of: $0.body, Samples.options) != nil }.map(\.type)
            #expect(Set(types) == expected[format], "\(format)")
        }
    }
}
