import EventLog
import Events
import OCI
import Testing

@testable import Registry

@Suite struct DeleteTests {
    @Test("a tag is removed and its manifest stays")
    func tag() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        try await fixture.push(bytes, "1.0")
        try await fixture.delete("1.0")
        #expect(fixture.digest(of: "1.0") == nil)
        #expect(try fixture.registry.entry(.digest(bytes.digest), in: "team/app".asName).size == Int64(bytes.count))
        #expect(try fixture.story.last == "image.deleted team/app:1.0")
        await expect(.notFound, .manifestUnknown) { try await fixture.delete("1.0") }
    }

    @Test("a manifest goes with all its tags: a record for each, then one for itself")
    func manifest() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        try await fixture.push(bytes, bytes.digest.description, tags: ["b", "a", "c"])
        try await fixture.push(Sample.image("other"), "d")
        try await fixture.delete(bytes.digest.description)
        #expect(try fixture.story.suffix(4) == [
            "image.deleted team/app:a", "image.deleted team/app:b", "image.deleted team/app:c", "image.deleted team/app",
        ])
        #expect(try fixture.registry.tags(in: "team/app".asName, after: nil, limit: 10).items.map(\.text) == ["d"])
        await expect(.notFound, .manifestUnknown) { try await fixture.delete(bytes.digest.description) }
    }

    @Test("what is not there is not found")
    func unknown() async throws {
        let fixture = try RegistryFixture()
        await expect(.notFound, .nameUnknown) { try await fixture.delete("1.0") }
        await expect(.notFound, .nameUnknown) { try await fixture.delete("x".asDigest.description) }
        #expect(throws: RegistryError.self) { try fixture.registry.entry(.tag("a".asTag), in: "no".asName) }
        #expect(try fixture.records.isEmpty)
    }

    @Test("a deleted manifest can be pushed again")
    func pushAgain() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        try await fixture.push(bytes, "1.0")
        try await fixture.delete(bytes.digest.description)
        try await fixture.push(bytes, "1.0")
        #expect(try await fixture.registry.manifest(.tag("1.0".asTag), in: "team/app".asName).bytes == bytes)
        #expect(try fixture.records.last?.attachment == bytes)
    }
}
