import Events
import JSON
import Testing

@testable import Delivery

/// What we send has the shape of what others were recorded to send.
@Suite(.enabled(if: Recorded.folder != nil))
struct RecordedShapeTests {
    /// Harbor leaves `date_created` out where it does not know it, as after a deletion. This registry's events do not have it.
    private static let harborUnknown: Set<String> = ["date_created"]

    @Test(
        "Harbor's default format, key for key in its order",
        arguments: [
            (Samples.pushedByDigest, "artifact_pushed"), (Samples.deleted, "artifact_deleted"), (Samples.scanned, "scanning_completed"),
        ])
    func harbor(event: [UInt8], name: String) throws {
        let ours = try PayloadFormat.harbor.parsed(event)
        let theirs = try Recorded.payload("harbor_\(name)_default.json")
        // The recorded scan found nothing, so its counts by severity have no keys.
        let extra: Set<String> = ["Critical", "High", "Negligible", "Unknown"]
        #expect(Shapes.differences(ours, theirs, unknown: Self.harborUnknown, extra: extra) == [])
        #expect(Shapes.order(ours).filter { !extra.contains($0) } == Shapes.order(theirs).filter { !Self.harborUnknown.contains($0) })
    }

    @Test(
        "Harbor's CloudEvents, key for key in its order",
        arguments: [
            (Samples.pushedByDigest, "artifact_pushed"), (Samples.deleted, "artifact_deleted"), (Samples.scanned, "scanning_completed"),
        ])
    func harborCloudEvents(event: [UInt8], name: String) throws {
        let ours = try PayloadFormat.harborCloudEvents.parsed(event)
        let theirs = try Recorded.payload("harbor_\(name)_cloudevents.json")
        let extra: Set<String> = ["Critical", "High", "Negligible", "Unknown"]
        #expect(Shapes.differences(ours, theirs, unknown: Self.harborUnknown, extra: extra) == [])
        #expect(Shapes.order(ours).filter { !extra.contains($0) } == Shapes.order(theirs).filter { !Self.harborUnknown.contains($0) })
        #expect(ours["type"] == theirs["type"])
        #expect(ours["datacontenttype"] == theirs["datacontenttype"])
        #expect(ours["time"]?.string?.count == theirs["time"]?.string?.count, "whole seconds")
    }

    @Test("Distribution's notifications", arguments: ["distribution_doc_1.json", "distribution_keel_1.json"])
    func distribution(name: String) throws {
        let ours = try PayloadFormat.distribution.parsed(Samples.pushed)
        var theirs = try Recorded.payload(name)
        if name == "distribution_doc_1.json" {
            // The recorded request was anonymous.
            let anonymous = Samples.body(.imagePushed(Samples.change()), context: Samples.context(actor: .anonymous))
            let event = try #require(try PayloadFormat.distribution.parsed(anonymous)["events"]?.array?.first)
            #expect(event["actor"] == theirs["events"]?.array?.first?["actor"])
            theirs = .object(try #require(theirs.object))
        }
        let event = try #require(ours["events"]?.array?.first)
        let expected = try #require(theirs["events"]?.array?.first)
        for key in ["target", "request"] { #expect(Shapes.differences(event[key], expected[key]) == []) }
        // The instance changes with every start of a registry; a delivery must be the same before and after one.
        #expect(Shapes.differences(event["source"], expected["source"], unknown: ["instanceID"]) == [])
        #expect(event.object?.members.map(\.key) == expected.object?.members.map(\.key))
        #expect(Shapes.order(ours).filter { $0 != "name" }.prefix(4) == Shapes.order(theirs).prefix(4))
    }

    @Test("Docker Hub's webhooks", arguments: ["dockerhub_docs.json", "dockerhub_keel.json"])
    func dockerHub(name: String) throws {
        let ours = try PayloadFormat.dockerhub.parsed(Samples.pushed)
        var theirs = try #require(try Recorded.payload(name).object)
        // Image ids are of the format before manifests; Docker Hub itself sends none any more.
        var push = try #require(theirs["push_data"]?.object)
        push["images"] = .array([])
        theirs["push_data"] = .object(push)
        #expect(Shapes.differences(ours, .object(theirs)) == [])
        #expect(Shapes.hasWholeNumbersOnly(ours))
    }

    @Test(
        "CDEvents of both versions",
        arguments: [
            (PayloadFormat.cdevents, "v0.5.1", Samples.pushed, "artifact_published"), (.cdevents, "v0.5.1", Samples.deleted, "artifact_deleted"),
            (.cdevents04, "v0.4.1", Samples.pushed, "artifact_published"), (.cdevents04, "v0.4.1", Samples.deleted, "artifact_deleted"),
        ])
    func cdEvents(format: PayloadFormat, version: String, event: [UInt8], name: String) throws {
        let ours = try format.parsed(event)
        let theirs = try Recorded.payload("cdevents_\(version)_\(name).json")
        // Optional in the specification: what this registry does not have. Our own data is in `customData`.
        let optional: Set<String> = ["chainId", "schemaUri", "links", "sbom"]
        #expect(Shapes.differences(ours, theirs, unknown: optional, extra: ["customData", "customDataContentType"]) == [])
        #expect(ours["context"]?["type"] == theirs["context"]?["type"])
        let key = version == "v0.4.1" ? "version" : "specversion"
        #expect(ours["context"]?[key] == theirs["context"]?[key])
    }

    @Test(
        "CDEvents of deployments and environments",
        arguments: [
            (PayloadFormat.cdevents, "v0.5.1", EventType.deploymentSucceeded, "service_deployed"),
            (.cdevents04, "v0.4.1", .deploymentSucceeded, "service_deployed"),
            (.cdevents, "v0.5.1", .environmentPinned, "environment_modified"),
            (.cdevents04, "v0.4.1", .environmentUnpinned, "environment_modified"),
        ])
    func cdEventsOfDeployments(format: PayloadFormat, version: String, type: EventType, name: String) throws {
        let event = try #require(try Samples.documented().first { $0.type == type }?.body)
        let ours = try format.parsed(event)
        let theirs = try Recorded.payload("cdevents_\(version)_\(name).json")
        // Optional: an environment's address, which this registry does not know. It says where the environment's name is from.
        let unknown: Set<String> = ["chainId", "schemaUri", "links", "uri", "url"]
        #expect(Shapes.differences(ours["context"], theirs["context"], unknown: unknown) == [])
        var subject = try #require(ours["subject"]?.object)
        if var content = subject["content"]?.object, var environment = content["environment"]?.object {
            environment["source"] = nil
            content["environment"] = .object(environment)
            subject["content"] = .object(content)
        }
        #expect(Shapes.differences(.object(subject), theirs["subject"], unknown: unknown) == [])
        #expect(ours["context"]?["type"] == theirs["context"]?["type"])
    }
}
