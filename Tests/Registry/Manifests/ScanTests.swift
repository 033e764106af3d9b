import EventLog
import Events
import OCI
import Testing

@testable import Registry

@Suite struct ScanTests {
    private func scan(of image: Digest, report: [UInt8], in repository: String = "team/app") -> ImageScan {
        var counts = SeverityCounts()
        counts.high = 1
        return ImageScan(
            repository: repository.asName, digest: image, mediaType: .imageManifest, summary: ScanSummary(scanner: "Trivy", counts: counts),
            report: ImageScan.Report(
                format: "trivy", mediaType: MediaType("application/json"), digest: "report".asDigest, size: 7, manifest: report.digest))
    }

    private func manifest(of image: Digest) -> [UInt8] { Sample.image("report", layers: ["report"], subject: image, artifactType: "a/report") }

    @Test("a scan is one transaction: its report as a referrer of the image, and the scan with the image's tags")
    func records() async throws {
        let fixture = try RegistryFixture()
        let image = try await fixture.push(Sample.image("a"), "v1", tags: ["v2"]).digest
        let report = manifest(of: image)
        let recorded = try await fixture.registry.recordScan(scan(of: image, report: report), manifest: report, context: RegistryFixture.context)
        #expect(recorded.tags.map(\.text) == ["v1", "v2"])
        #expect(try fixture.story.suffix(2) == ["image.pushed team/app", "image.scanned team/app"])
        let records = try fixture.records.suffix(2)
        #expect(records.first?.time == records.last?.time)
        guard case .imageScanned(let scan)? = try fixture.events.last?.payload else { throw Missing() }
        #expect(scan == recorded)
        let referrers = try await fixture.registry.referrers(of: image, in: "team/app".asName, artifactType: "a/report", after: nil, limit: 10)
        #expect(referrers.descriptors.map(\.digest) == [report.digest])
    }

    @Test("the report's blob is one that a manifest names, so no collection takes it, also after a start from the log or a snapshot")
    func reachable() async throws {
        let first = try RegistryFixture(ownsFolder: false)
        let image = try await first.push(Sample.image("a"), "v1").digest
        let report = manifest(of: image)
        _ = try await first.registry.recordScan(scan(of: image, report: report), manifest: report, context: RegistryFixture.context)
        #expect(await first.registry.isReferenced("report".asDigest))
        #expect(first.registry.isHeldByManifest("report".asDigest, in: "team/app".asName))
        let snapshot = first.registry.snapshot(through: first.log.durableSequence).encode()
        first.log.close()
        let second = try RegistryFixture(folder: first.folder, ownsFolder: false)
        #expect(await second.registry.isReferenced("report".asDigest))
        second.log.close()
        let third = try RegistryFixture(folder: first.folder, snapshot: snapshot)
        #expect(await third.registry.isReferenced("report".asDigest))
    }

    @Test("a second report that is the same is a second scan, and pushes nothing")
    func again() async throws {
        let fixture = try RegistryFixture()
        let image = try await fixture.push(Sample.image("a"), "v1").digest
        let report = manifest(of: image)
        for _ in 0..<2 {
            _ = try await fixture.registry.recordScan(scan(of: image, report: report), manifest: report, context: RegistryFixture.context)
        }
        #expect(try fixture.story.suffix(3) == ["image.pushed team/app", "image.scanned team/app", "image.scanned team/app"])
    }

    @Test("a scan of an image that is not there leaves no record")
    func unknown() async throws {
        let fixture = try RegistryFixture()
        let image = try await fixture.push(Sample.image("a"), "v1").digest
        let count = try fixture.records.count
        for (digest, repository) in [("other".asDigest, "team/app"), (image, "team/other")] {
            let report = manifest(of: digest)
            let error = await #expect(throws: RegistryError.self) {
                try await fixture.registry.recordScan(
                    scan(of: digest, report: report, in: repository), manifest: report, context: RegistryFixture.context)
            }
            #expect(error?.reason == .notFound)
        }
        #expect(try fixture.records.count == count)
    }

    @Test("a scan whose report is not in the repository is refused")
    func withoutReport() async throws {
        let fixture = try RegistryFixture(leasesAll: false)
        for name in ["config", "base"] { fixture.lease(name.asDigest) }
        let image = try await fixture.push(Sample.image("a"), "v1").digest
        let report = manifest(of: image)
        let error = await #expect(throws: RegistryError.self) {
            try await fixture.registry.recordScan(scan(of: image, report: report), manifest: report, context: RegistryFixture.context)
        }
        #expect(error?.reason == .invalid)
        #expect(error?.errors.map(\.code) == [.manifestBlobUnknown])
    }

    @Test("an image that is deleted while its report arrives gets no scan, whichever comes first")
    func race() async throws {
        for _ in 0..<20 {
            let fixture = try RegistryFixture()
            let image = try await fixture.push(Sample.image("a"), "v1").digest
            let report = manifest(of: image)
            let scan = scan(of: image, report: report)
            async let recorded = try? fixture.registry.recordScan(scan, manifest: report, context: RegistryFixture.context)
            async let deleted: Void = fixture.delete("\(image)")
            try await deleted
            let wasRecorded = await recorded != nil
            let story = try fixture.story
            #expect(story.contains("image.scanned team/app") == wasRecorded)
            if let scanned = story.firstIndex(of: "image.scanned team/app"), let deleted = story.firstIndex(of: "image.deleted team/app:v1") {
                #expect(scanned < deleted)
            }
        }
    }

    private struct Missing: Error {}
}
