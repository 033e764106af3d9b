import JSON
import OCI
import Testing

@testable import Registry

@Suite struct ReferenceTests {
    @Test("a manifest whose blobs are missing is refused, each named")
    func missingBlobs() async throws {
        let fixture = try RegistryFixture(leasesAll: false)
        fixture.lease("config".asDigest)
        let bytes = Sample.image("a", layers: ["one", "two", "one"])
        let error = await #expect(throws: RegistryError.self) { try await fixture.push(bytes, "1.0") }
        #expect(error?.errors.map(\.code) == [.manifestBlobUnknown, .manifestBlobUnknown])
        #expect(error?.errors.map { $0.detail?["digest"]?.string } == ["one", "two"].map { $0.asDigest.description })
        for blob in ["one", "two"] { fixture.lease(blob.asDigest) }
        try await fixture.push(bytes, "1.0")
    }

    @Test("a blob stays visible through the manifest that came with it, and in that repository only")
    func visibility() async throws {
        let fixture = try RegistryFixture(leasesAll: false)
        for blob in ["config", "base"] { fixture.lease(blob.asDigest) }
        try await fixture.push(Sample.image("a"), "1.0")
        try await fixture.push(Sample.image("b"), "2.0")
        for blob in ["config", "base"] { fixture.unlease(blob.asDigest) }
        let registry = fixture.registry
        #expect(registry.isVisible("base".asDigest, in: "team/app".asName))
        #expect(!registry.isVisible("base".asDigest, in: "team/other".asName))
        #expect(registry.repositories(holding: "base".asDigest, limit: 9) == ["team/app".asName])
        await expect(.invalid, .manifestBlobUnknown) { try await fixture.push(Sample.image("a"), "1.0", to: "team/other") }
        try await fixture.push(Sample.image("c"), "3.0")
        for name in ["a", "b", "c"] {
            #expect(await registry.isReferenced("base".asDigest))
            try await fixture.delete(Sample.image(name).digest.description)
        }
        #expect(await !registry.isReferenced("base".asDigest))
        #expect(!registry.isVisible("base".asDigest, in: "team/app".asName))
    }

    @Test("an index needs its manifests in the same repository, and takes blobs that are no manifests")
    func children() async throws {
        let fixture = try RegistryFixture()
        let image = Sample.image("a")
        let index = Sample.index("i", children: [image.digest])
        await expect(.invalid, .manifestBlobUnknown) { try await fixture.push(index, "1.0") }
        try await fixture.push(image, image.digest.description, to: "team/other")
        await expect(.invalid, .manifestBlobUnknown) { try await fixture.push(index, "1.0") }
        try await fixture.push(image, image.digest.description)
        try await fixture.push(index, "1.0")
        let cache = #"{"schemaVersion":2,"manifests":[\#(Sample.descriptor(.layerGzip, "layer".asDigest))]}"#
        try await fixture.push(Array(cache.utf8), "cache", type: .imageIndex)
        #expect(fixture.registry.isHeldByManifest("layer".asDigest, in: "team/app".asName))
    }

    @Test("a layer that is fetched elsewhere need not be there, and naming it does not show it")
    func nondistributable() async throws {
        let fixture = try RegistryFixture(leasesAll: false)
        fixture.lease("config".asDigest)
        let foreign = Sample.descriptor(.foreignLayerGzip, "foreign".asDigest)
        let bytes = Array(
            #"{"schemaVersion":2,"config":\#(Sample.descriptor(.imageConfig, "config".asDigest)),"layers":[\#(foreign)]}"#.utf8)
        try await fixture.push(bytes, "1.0")
        #expect(!fixture.registry.isVisible("foreign".asDigest, in: "team/app".asName))
        #expect(await fixture.registry.isReferenced("foreign".asDigest))
    }

    @Test("sparse manifests are taken where that is allowed; what was missing shows when it came and the push is repeated")
    func sparse() async throws {
        let fixture = try RegistryFixture(leasesAll: false) { $0.allowSparse = true }
        fixture.lease("config".asDigest)
        let bytes = Sample.image("a", layers: ["one", "two"])
        try await fixture.push(bytes, "1.0")
        try await fixture.push(Sample.index("i", children: ["x".asDigest, bytes.digest]), "index")
        #expect(!fixture.registry.isVisible("one".asDigest, in: "team/app".asName))
        let before = try fixture.records.count
        try await fixture.push(bytes, "1.0")
        #expect(try fixture.records.count == before)
        fixture.lease("one".asDigest)
        try await fixture.push(bytes, "1.0")
        fixture.unlease("one".asDigest)
        #expect(fixture.registry.isVisible("one".asDigest, in: "team/app".asName))
        #expect(!fixture.registry.isVisible("two".asDigest, in: "team/app".asName))
        #expect(try fixture.records.count == before + 1)
    }

    @Test("a subject need not exist, and is said in the answer")
    func missingSubject() async throws {
        let fixture = try RegistryFixture()
        let result = try await fixture.push(Sample.image("a", subject: "gone".asDigest), "1.0")
        #expect(result.subject == "gone".asDigest)
    }
}
