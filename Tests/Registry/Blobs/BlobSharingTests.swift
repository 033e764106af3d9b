import IO
import OCI
import Testing

@testable import Registry

@Suite struct BlobSharingTests {
    let app = BlobStoreFixture.app
    let other = BlobStoreFixture.other

    @Test("Uploads of one blob at once end as one file, with a lease for each repository")
    func sameBlob() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(300_000)
            try await withThrowingTaskGroup { group in
                for index in 0..<16 {
                    group.addTask {
                        let target = repositoryNamed("team/app\(index)")
                        if index.isMultiple(of: 4) {
                            try await fixture.store.put(bytes, blobDigest(bytes), in: target)
                        } else {
                            try await fixture.upload(bytes, to: target, chunk: 60_000)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try fixture.names("blobs/sha256") == [blobDigest(bytes).hex])
            #expect(try fixture.names("uploads").isEmpty)
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
            #expect(fixture.store.leases.count == 16)
            #expect(fixture.store.healedBlobs == 0)
        }
    }

    @Test("A blob is mounted from where it is visible, by lease or by reference, and from anywhere without a source")
    func mount() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(10)
            try await fixture.upload(bytes)
            let third = repositoryNamed("third")
            #expect(try await !fixture.store.mount(blobDigest(bytes), from: third, to: other) { _, _ in false })
            #expect(!fixture.store.leases.holds(blobDigest(bytes), other))
            #expect(try await fixture.store.mount(blobDigest(bytes), from: third, to: other) { $0 == blobDigest(bytes) && $1 == third })
            #expect(fixture.store.leases.holds(blobDigest(bytes), other))
            #expect(try await fixture.store.mount(blobDigest(bytes), from: app, to: third) { _, _ in false })
            #expect(try await fixture.store.mount(blobDigest(bytes), from: nil, to: repositoryNamed("fourth")) { _, _ in false })
            #expect(try await !fixture.store.mount(blobDigest([7]), from: nil, to: other) { _, _ in true })
            #expect(fixture.store.leases.count == 4)
        }
    }

    @Test("A deleted blob's file goes when its last lease goes, and stays for a reference")
    func delete() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(10)
            let blob = blobDigest(bytes)
            try await fixture.upload(bytes)
            try await fixture.upload(bytes, to: other)
            try await fixture.store.delete(blob, from: app) { _ in false }
            #expect(!fixture.store.leases.holds(blob, app))
            #expect(fixture.store.leases.holds(blob, other))
            #expect(try await fixture.content(blob) == bytes)
            try await fixture.store.delete(blob, from: other) { $0 == blob }
            #expect(try await fixture.content(blob) == bytes)
            try await fixture.store.delete(blob, from: other) { _ in false }
            #expect(try await fixture.store.size(blob) == nil)
            try await fixture.store.delete(blob, from: other) { _ in false }
        }
    }

    @Test("A blob whose content is on its way is not removed under the upload")
    func deleteDuringUpload() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(10)
            try await fixture.upload(bytes)
            let writer = try fixture.store.writer(fixture.store.startUpload(in: app), in: app)
            try await writer.append(bytes[...])
            try await fixture.store.delete(blobDigest(bytes), from: app) { _ in false }
            try await writer.finish(blobDigest(bytes))
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
        }
    }
}
