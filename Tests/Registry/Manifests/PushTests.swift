import Crypto
import EventLog
import Events
import JSON
import OCI
import Testing

@testable import Registry

@Suite struct PushTests {
    @Test("a push by tag is one record after that of its new repository, and the manifest reads back byte for byte")
    func pushByTag() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a", more: #","org.unknown":[1, 2 ]"#)
        let result = try await fixture.push(bytes, "1.0", type: .imageManifest)
        #expect(result == PushResult(digest: bytes.digest, mediaType: .imageManifest, tags: ["1.0".asTag], subject: nil))
        #expect(try fixture.story == ["repository.created team/app", "image.pushed team/app:1.0"])
        #expect(try fixture.records.map(\.attachment) == [[], bytes])
        for reference in ["1.0", bytes.digest.description] {
            let stored = try await fixture.registry.manifest(reference.asReference, in: "team/app".asName)
            #expect(stored == StoredManifest(digest: bytes.digest, mediaType: .imageManifest, bytes: bytes))
        }
    }

    @Test("a manifest that is not in memory is read from its record")
    func readsFromLog() async throws {
        let fixture = try RegistryFixture { $0.cacheBytes = 0 }
        let all = (0..<20).map { Sample.image("\($0)") }
        for (index, bytes) in all.enumerated() { try await fixture.push(bytes, "t\(index)") }
        for (index, bytes) in all.enumerated() {
            let stored = try await fixture.registry.manifest(.tag("t\(index)".asTag), in: "team/app".asName)
            #expect(stored.bytes == bytes)
        }
    }

    @Test("bytes that were pushed lately are held to each header anew: they may be another type, or none")
    func sameBytesOtherHeader() async throws {
        let fixture = try RegistryFixture()
        let config = Sample.descriptor(.imageConfig, "config".asDigest)
        let bytes = Array(#"{"schemaVersion":2,"config":\#(config),"layers":[]}"#.utf8)
        let types: [(MediaType?, MediaType)] = [
            (.imageManifest, .imageManifest), (.dockerManifest, .dockerManifest), (.imageManifest, .imageManifest), (nil, .imageManifest),
            (.dockerManifest, .dockerManifest), (.dockerManifest, .dockerManifest),
        ]
        for (number, (header, type)) in types.enumerated() {
            let result = try await fixture.push(bytes, "v1", to: "team/app\(number)", type: header)
            #expect(result.mediaType == type, "\(number)")
            await #expect(throws: RegistryError.self) { try await fixture.push(bytes, "v1", to: "team/other", type: .imageIndex) }
        }
        let images = try fixture.events.compactMap { event in if case .imagePushed(let change) = event.payload { change.mediaType } else { nil } }
        #expect(images == types.map(\.1))
    }

    @Test("a push by digest is one record without a tag, and again it is none")
    func pushByDigest() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        for _ in 0..<3 { try await fixture.push(bytes, bytes.digest.description) }
        #expect(try fixture.story == ["repository.created team/app", "image.pushed team/app"])
    }

    @Test("a push by sha512 is stored and read under that digest")
    func sha512() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        let digest = try #require(Digest(.sha512, bytes: hash(.sha512, bytes)))
        let result = try await fixture.push(bytes, digest.description, tags: ["x"])
        #expect(result.digest == digest)
        #expect(fixture.digest(of: "x") == digest)
    }

    @Test("the same digest under the same tag again changes nothing")
    func again() async throws {
        let fixture = try RegistryFixture()
        for _ in 0..<3 { try await fixture.push(Sample.image("a"), "1.0") }
        #expect(try fixture.records.count == 2)
    }

    @Test("moving a tag says where it pointed before")
    func previousDigest() async throws {
        let fixture = try RegistryFixture()
        try await fixture.push(Sample.image("a"), "1.0")
        try await fixture.push(Sample.image("b"), "1.0")
        guard case .imagePushed(let change) = try fixture.events[2].payload else { Issue.record(); return }
        #expect(change.previousDigest == Sample.image("a").digest)
        #expect(fixture.digest(of: "1.0") == Sample.image("b").digest)
    }

    @Test("many tags at once are one record each, the manifest in the first, and only those that change")
    func manyTags() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        let result = try await fixture.push(bytes, bytes.digest.description, tags: ["1", "1.2", "1", "latest"])
        #expect(result.tags.map(\.text) == ["1", "1.2", "latest"])
        try await fixture.push(bytes, bytes.digest.description, tags: ["1", "new"])
        #expect(try fixture.story.dropFirst() == [
            "image.pushed team/app:1", "image.pushed team/app:1.2", "image.pushed team/app:latest", "image.pushed team/app:new",
        ])
        #expect(try fixture.records.map(\.attachment.count) == [0, bytes.count, 0, 0, 0])
    }

    @Test("a wrong digest, a bad manifest and too much of anything are refused without a record")
    func refusals() async throws {
        let fixture = try RegistryFixture()
        let bytes = Sample.image("a")
        await expect(.invalid, .digestInvalid) { try await fixture.push(bytes, "x".asDigest.description) }
        await expect(.invalid, .manifestInvalid) { try await fixture.push([1, 2, 3], "1.0") }
        await expect(.invalid, .manifestInvalid) { try await fixture.push(bytes, "1.0", type: .imageIndex) }
        await expect(.invalid, .unsupported) { try await fixture.push(bytes, "1.0", tags: (0..<100).map { "t\($0)" }) }
        await expect(.tooLarge, .sizeInvalid) {
            try await fixture.push([UInt8](repeating: 32, count: Manifest.maximumSize + 1), "1.0")
        }
        #expect(try fixture.records.isEmpty)
        #expect(!fixture.registry.contains("team/app".asName))
    }

    @Test("a manifest of nearly 4 MiB is taken")
    func large() async throws {
        let fixture = try RegistryFixture()
        let annotation = #""\#(String(repeating: "k", count: 9))":"\#(String(repeating: "A", count: 4_190_000))""#
        let bytes = Sample.image("a", more: #","org.large":{\#(annotation)}"#)
        try await fixture.push(bytes, "1.0")
        #expect(try await fixture.registry.manifest(.tag("1.0".asTag), in: "team/app".asName).bytes == bytes)
    }

    @Test("one digest cannot be stored under two media types")
    func mediaTypeConflict() async throws {
        let fixture = try RegistryFixture()
        let text = String(decoding: Sample.image("a"), as: UTF8.self)
        let bytes = Array(text.replacing(#""mediaType":"\#(MediaType.imageManifest)","#, with: "", maxReplacements: 1).utf8)
        try await fixture.push(bytes, "1.0", type: .dockerManifest)
        await expect(.invalid, .manifestInvalid) { try await fixture.push(bytes, "1.0", type: .imageManifest) }
        #expect(try fixture.registry.entry(.tag("1.0".asTag), in: "team/app".asName).mediaType == .dockerManifest)
    }

    @Test("a log that is closed refuses, and nothing has changed")
    func closedLog() async throws {
        let fixture = try RegistryFixture()
        try await fixture.push(Sample.image("a"), "1.0")
        fixture.log.close()
        await expect(.unavailable, .unsupported) { try await fixture.push(Sample.image("b"), "1.0") }
        #expect(fixture.digest(of: "1.0") == Sample.image("a").digest)
        #expect(fixture.registry.ledger.sequenced == fixture.registry.ledger.durable)
    }
}

/// Expects a refusal with that reason and code.
func expect(
    _ reason: RegistryError.Reason, _ code: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async {
    let error = await #expect(throws: RegistryError.self, sourceLocation: sourceLocation) { _ = try await body() }
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
    #expect(error?.errors.first?.code == code, sourceLocation: sourceLocation)
}
