import Events
import JSON
import OCI
import Testing

@Suite struct EventTests {
    @Test("an event of every type reads back as it was written", arguments: Sample.events)
    func roundTrip(event: Event) throws {
        var bytes: [UInt8] = []
        event.encode(into: &bytes, sequence: 42, time: 1_700_000_000_123)
        #expect(try Event(decoding: bytes) == event)
    }

    @Test("there is a sample of every type")
    func allTypes() {
        #expect(Set(Sample.events.map(\.payload.type)) == Set(EventType.allCases))
    }

    @Test("an event is appended to what the buffer holds")
    func appends() throws {
        var bytes = Array("before".utf8)
        Sample.events[0].encode(into: &bytes, sequence: 1, time: 0)
        #expect(bytes.starts(with: "before{\"specversion\":\"1.0\",".utf8))
    }

    @Test("a pushed image has the fields of the interface")
    func fields() throws {
        let value = try encoded(Sample.pushed)
        #expect(value["id"]?.string == "01900000-0000-7000-8000-000000000001")
        #expect(value["source"]?.string == "/registries/hub.example:5000")
        #expect(value["type"]?.string == "io.signalbox.image.pushed")
        #expect(value["subject"]?.string == "team/app:1.0@\(Sample.digest)")
        #expect(value["time"]?.string == "2023-11-14T22:13:20.123Z")
        #expect(value["sequence"]?.string == "42")
        #expect(
            value["data"]?.object?.members.map(\.key) == [
                "registry", "repository", "tag", "digest", "mediaType", "artifactType", "size", "previousDigest",
                "platforms", "subject", "actor", "request",
            ])
        #expect(value["data"]?["platforms"]?.array == [.string("linux/amd64")])
        #expect(value["data"]?["actor"]?["kind"]?.string == "anonymous")
    }

    @Test("the header is read without the rest", arguments: Sample.events)
    func header(event: Event) throws {
        var bytes: [UInt8] = []
        event.encode(into: &bytes, sequence: 42, time: 0)
        let header = try EventHeader(scanning: bytes)
        #expect(header.id == event.id.description)
        #expect(header.type == event.payload.type.rawValue)
        #expect(try EventHeader.type(scanning: bytes) == header.type)
        #expect(header.subject == event.payload.subject)
        let digest = try encoded(event)["data"]?["digest"]?.string
        #expect(EventHeader.digest(scanning: bytes).map { String(decoding: $0, as: UTF8.self) } == digest)
        for end in 0..<min(bytes.count, 200) { _ = try? EventHeader(scanning: Array(bytes[..<end])) }
    }

    @Test(
        "the header is read whatever a client put into the subject",
        arguments: ["/a\"b", "/a\\", "/\\\"", "/\n\u{0}\u{1F}", "/\u{7F}\u{2028}😀", "\"", "\\\\\"\\"])
    func hostileSubject(path: String) throws {
        var bytes: [UInt8] = []
        let denial = AccessDenial(method: "PUT", path: path, reason: .foreignOrigin)
        Event(id: Sample.pushed.id, registry: path, context: Sample.pushed.context, payload: .accessDenied(denial))
            .encode(into: &bytes, sequence: 42, time: 0)
        let header = try EventHeader(scanning: bytes)
        #expect(header.subject == path)
        #expect(header.source == "/registries/" + path)
        #expect(header.type == EventType.accessDenied.rawValue)
        #expect(try EventHeader.type(scanning: bytes) == header.type)
        for end in 0..<min(bytes.count, 300) { _ = try? EventHeader(scanning: Array(bytes[..<end])) }
    }

    @Test("a type of a later version is told apart from damage")
    func unknownType() throws {
        var bytes: [UInt8] = []
        Sample.pushed.encode(into: &bytes, sequence: 1, time: 0)
        let later = String(decoding: bytes, as: UTF8.self).replacing("image.pushed", with: "image.sung")
        #expect(throws: EventError.self) { try Event(decoding: Array(later.utf8)) }
        do { _ = try Event(decoding: Array(later.utf8)) } catch { #expect(error.code == .unknownType) }
    }

    @Test("a damaged event is an error or an event, never a trap", arguments: Sample.events)
    func damage(event: Event) {
        var generator = SystemRandomNumberGenerator()
        var original: [UInt8] = []
        event.encode(into: &original, sequence: 1, time: 0)
        for _ in 0..<300 {
            var bytes = original
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = try? Event(decoding: bytes)
            _ = try? EventHeader(scanning: bytes)
            _ = try? EventHeader.type(scanning: bytes)
        }
        for end in stride(from: 0, to: original.count, by: 7) {
            #expect(throws: EventError.self) { try Event(decoding: Array(original[..<end])) }
        }
    }

    @Test("what a client says of itself is cut to a bound, between characters")
    func cut() {
        let request = RequestInfo(
            id: "1", address: "a", userAgent: String(repeating: "é", count: 400), method: String(repeating: "x", count: 99))
        #expect(request.userAgent == String(repeating: "é", count: 128))
        #expect(request.method.count == 32)
        #expect(RequestInfo(id: "", address: "", userAgent: "x" + String(repeating: "é", count: 400), method: "")
            .userAgent.utf8.count == 255)
    }

    private func encoded(_ event: Event) throws -> JSONValue {
        var bytes: [UInt8] = []
        event.encode(into: &bytes, sequence: 42, time: 1_700_000_000_123)
        return try JSONValue.parse(bytes)
    }
}

enum Sample {
    static let digest = Digest("sha256:" + String(repeating: "a", count: 64))!
    static let other = Digest("sha256:" + String(repeating: "b", count: 64))!
    static let repository = RepositoryName("team/app")!
    static let tag = Tag("1.0")!
    static let context = EventContext(
        actor: .anonymous,
        request: RequestInfo(id: "r-1", address: "192.0.2.7", userAgent: "docker/\"27\"\n", method: "PUT"))

    static let pushed = event(
        .imagePushed(
            ImageChange(
                repository: repository, tag: tag, digest: digest, mediaType: .imageIndex, artifactType: "a/b",
                size: 1234, previousDigest: other, platforms: ["linux/amd64"], subject: other)))

    static let flood: AccessDenial = {
        var denial = AccessDenial(method: "POST", path: "/", reason: .notApprover)
        denial.unrecorded = 7
        return denial
    }()

    static let guarded = GuardSettings(name: "prod", repositories: ["team/**"], tags: ["v*"], except: ["v0*"])
    static let webhook = WebhookSettings(
        id: "wh_1", url: "https://example.com/hook", pattern: .object(JSONObject()))

    static let events: [Event] = [
        pushed,
        event(.webhookSkipped(WebhookSettings(id: "wh_1", url: "http://a.example/"), WebhookGap(from: 3, through: .max, events: 7))),
        event(.recordRedacted(RedactionNotice(record: .max, reason: "asked", fields: EventRedaction.fields, sha256: "00", redactedSHA256: "11"))),
        event(.logRestored(RestoreNotice(origin: "b", previousOrigin: "a", size: .max, root: "cm9vdA==", reason: "disk \"lost\"", backupTime: 5))),
        event(.logRestored(RestoreNotice(origin: "b", previousOrigin: nil, size: 0, root: "", reason: "", backupTime: 0))),
        event(.segmentArchived(ArchiveNotice(from: 1, through: .max, file: "a.log.gz", sha256: "00", fileSHA256: "11", bytes: 5, checkpointSize: .max, root: "cm9vdA=="))),
        event(.keyRotated(KeyNotice(origin: "hub/log", previousKey: "hub/log+1+A", key: "hub/log+2+B"))),
        event(.logRepaired(RepairNotice(steps: ["marked \"1\" as lost", ""]))),
        event(.witness(WitnessNotice(.began, origin: "other/log", head: .init(size: 1, root: "cm9vdA=="), previous: nil, checkpoint: "other/log\n1\ncm9vdA==\n\n"))),
        event(.witness(WitnessNotice(.refused, origin: "other/log", head: .init(size: .max, root: "cm9vdA=="), previous: .init(size: 1, root: ""), checkpoint: ""))),
        event(.settingChanged(SettingChange(.added, "guards/prod", previous: nil, current: "00", definition: JSONObject()))),
        event(.settingChanged(SettingChange(.changed, "settings/limits", previous: "00", current: "11"))),
        event(.settingChanged(SettingChange(.removed, "triggers/a", previous: "00", current: nil))),
    ] + DeliveryCommand.Action.allCases.map { event(.deliveryRequested(DeliveryCommand($0, webhook: "wh_1"))) } + [
        event(.deliveryRequested(DeliveryCommand(.replay, webhook: "wh_1", fromSequence: 1, through: .max))),
        event(.deliveryRequested(DeliveryCommand(.resend, webhook: "wh_1", delivery: "dlv_1", fromTime: 5))),
        event(.imagePushed(ImageChange(
            repository: repository, tag: nil, digest: digest, mediaType: .imageManifest, size: 0, missing: [other]))),
        event(.imageDeleted(ImageChange(
            repository: repository, tag: tag, digest: digest, mediaType: .dockerManifest, size: 1))),
        event(.imageScanned(scan(tags: [tag], fixable: 2))), event(.imageScanned(scan(tags: [], fixable: nil))),
        event(.tagRejected(TagRejection(
            repository: repository, tag: tag, action: .overwrite, currentDigest: digest, attemptedDigest: other,
            reason: .tagImmutable, rule: "prod"))),
        event(.tagRejected(TagRejection(
            repository: repository, tag: tag, action: .delete, currentDigest: digest, attemptedDigest: nil,
            reason: .guardUndecided, rule: "prod"))),
        event(.blobDeleted(BlobDeletion(repository: repository, digest: digest))),
        event(.accessDenied(AccessDenial(method: "POST", path: "/api/v1/webhooks", reason: .foreignOrigin))),
        event(.accessDenied(flood)),
        event(.guardUpdated(guarded, previous: nil)),
        event(.repositoryCreated(repository)), event(.guardCreated(guarded)), event(.guardUpdated(guarded, previous: guarded)),
        event(.guardDeleted(guarded)), event(.webhookCreated(webhook)), event(.webhookUpdated(webhook)),
        event(.webhookDeleted(webhook)), event(.webhookDisabled(webhook, reason: "410 Gone")),
    ] + deploymentEvents

    private static func scan(tags: [OCI.Tag], fixable: Int64?) -> ImageScan {
        var counts = SeverityCounts()
        counts.high = 2
        counts.unknown = 1
        return ImageScan(
            repository: repository, digest: digest, tags: tags, mediaType: .imageIndex,
            summary: ScanSummary(
                scanner: "Trivy", scannerVersion: fixable == nil ? nil : "0.58.1", counts: counts, fixable: fixable),
            report: ImageScan.Report(
                format: "trivy", mediaType: MediaType("application/json"), digest: other, size: 77, manifest: other))
    }

    static func event(_ payload: Event.Payload) -> Event {
        Event(id: EventID("01900000-0000-7000-8000-000000000001")!, registry: "hub.example:5000", context: context, payload: payload)
    }
}
