import JSON
import OCI
import Testing

@testable import Registry

@Suite struct ListingTests {
    @Test("tags come in byte order, page by page, from any text")
    func tags() async throws {
        let fixture = try RegistryFixture()
        let tags = ["b", "A", "a", "_", "0", "Z", "a.b", "a-b"]
        let bytes = Sample.image("a")
        try await fixture.push(bytes, bytes.digest.description, tags: tags)
        let sorted = tags.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var seen: [String] = []
        while true {
            let page = try fixture.registry.tags(in: "team/app".asName, after: seen.last, limit: 3)
            seen += page.items.map(\.text)
            guard page.hasMore else { break }
            #expect(page.items.count == 3)
        }
        #expect(seen == sorted)
        let page = try fixture.registry.tags(in: "team/app".asName, after: "no/tag", limit: 100)
        #expect(page.items.isEmpty)
        let none = try fixture.registry.tags(in: "team/app".asName, after: nil, limit: 0)
        #expect(none.items.isEmpty && !none.hasMore)
        #expect(throws: RegistryError.self) { try fixture.registry.tags(in: "other".asName, after: nil, limit: 1) }
    }

    @Test("the catalog has every repository in order")
    func catalog() async throws {
        let fixture = try RegistryFixture()
        for name in ["b", "a/b", "a", "c/d/e"] { try await fixture.push(Sample.image("x"), "1", to: name) }
        #expect(fixture.registry.catalog(after: nil, limit: 2).items.map(\.text) == ["a", "a/b"])
        let rest = fixture.registry.catalog(after: "a/b", limit: 2)
        #expect(rest.items.map(\.text) == ["b", "c/d/e"])
        #expect(!rest.hasMore)
    }

    @Test("referrers are listed with type and annotations, filtered and in pages")
    func referrers() async throws {
        let fixture = try RegistryFixture { $0.cacheBytes = 0 }
        let subject = "subject".asDigest
        var types: [Digest: String] = [:]
        for index in 0..<10 {
            let type = index % 2 == 0 ? "sbom/x" : nil
            let bytes = Sample.image("r\(index)", subject: subject, artifactType: type)
            types[bytes.digest] = type ?? MediaType.imageConfig.text
            try await fixture.push(bytes, bytes.digest.description)
        }
        let index = Sample.index("i", children: [], more: #","subject":\#(Sample.descriptor(.imageManifest, subject))"#)
        try await fixture.push(index, index.digest.description)
        let name = "team/app".asName
        var seen: [Descriptor] = []
        var last: Digest?
        repeat {
            let page = try await fixture.registry.referrers(of: subject, in: name, artifactType: nil, after: last, limit: 4)
            seen += page.descriptors
            last = page.next
        } while last != nil
        #expect(seen.map(\.digest) == (types.keys + [index.digest]).sorted())
        for descriptor in seen {
            #expect(descriptor.artifactType == types[descriptor.digest])
            #expect(descriptor.annotations?["name"]?.string != nil)
        }
        let filtered = try await fixture.registry.referrers(of: subject, in: name, artifactType: "sbom/x", after: nil, limit: 100)
        #expect(filtered.descriptors.count == 5)
        #expect(filtered.next == nil)
        let body = try JSONValue.parse(filtered.body())
        #expect(body["manifests"]?.array?.count == 5)
        #expect(body["mediaType"]?.string == MediaType.imageIndex.text)
    }

    @Test("referrers go with their manifests, and none is an empty list")
    func noReferrers() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a", subject: "s".asDigest)
        try await fixture.push(bytes, "1.0")
        try await fixture.delete(bytes.digest.description)
        for name in ["team/app", "unknown"] {
            let page = try await fixture.registry.referrers(
                of: "s".asDigest, in: name.asName, artifactType: nil, after: nil, limit: 10)
            #expect(page.descriptors.isEmpty)
        }
    }
}
