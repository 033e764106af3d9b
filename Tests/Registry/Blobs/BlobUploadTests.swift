import IO
import OCI
import Testing

@testable import Registry

@Suite struct BlobUploadTests {
    let app = BlobStoreFixture.app
    let other = BlobStoreFixture.other

    @Test("An upload in chunks becomes a blob with a lease, and its upload is over", arguments: [0, 1, 999, 1000, 300_000])
    func chunks(size: Int) async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(size)
            try await fixture.upload(bytes)
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
            #expect(try await fixture.store.size(blobDigest(bytes)) == size)
            #expect(fixture.store.leases.holds(blobDigest(bytes), app))
            #expect(!fixture.store.leases.holds(blobDigest(bytes), other))
            let files = try fixture.names("uploads")
            #expect(files.isEmpty)
            #expect(fixture.store.openUploads == 0)
        }
    }

    @Test("Large chunks that lie as the disk wants them give the same blob, whatever algorithm its digest is of", arguments: DigestAlgorithm.allCases)
    func alignedChunks(algorithm: DigestAlgorithm) async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(700_001)
            let writer = try fixture.store.writer(try fixture.store.startUpload(in: app), in: app)
            for start in stride(from: 0, to: bytes.count, by: 262_144) {
                let part = bytes[start..<min(start + 262_144, bytes.count)]
                var chunk = [UInt8].aligned(count: part.count)
                let first = chunk.count - part.count
                chunk.replaceSubrange(first..., with: part)
                try await writer.append(chunk[first...])
            }
            try await writer.finish(blobDigest(bytes, algorithm))
            #expect(try await fixture.content(blobDigest(bytes, algorithm)) == bytes)
        }
    }

    @Test("A small blob is stored in one step, and a wrong one is not", arguments: DigestAlgorithm.allCases)
    func put(algorithm: DigestAlgorithm) async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(5000)
            await expectBlobError(.digestInvalid) { try await fixture.store.put(bytes, blobDigest([1], algorithm), in: app) }
            #expect(try fixture.names("blobs/" + algorithm.name).isEmpty)
            #expect(fixture.store.leases.count == 0)
            try await fixture.store.put(bytes, blobDigest(bytes, algorithm), in: app)
            try await fixture.store.put(bytes, blobDigest(bytes, algorithm), in: app)
            #expect(try await fixture.content(blobDigest(bytes, algorithm)) == bytes)
            let files = try fixture.names("uploads")
            #expect(files.isEmpty)
            #expect(fixture.store.healedBlobs == 0)
        }
    }

    @Test("A wrong digest is refused and leaves nothing")
    func wrongDigest() async throws {
        try await BlobStoreFixture.run { fixture in
            let id = try fixture.store.startUpload(in: app)
            let writer = try fixture.store.writer(id, in: app)
            try await writer.append(blobBytes(100)[...])
            await expectBlobError(.digestInvalid) { try await writer.finish(blobDigest(blobBytes(99))) }
            let files = try fixture.names("uploads")
            #expect(files.isEmpty)
            #expect(try fixture.names("blobs/sha256").isEmpty)
            #expect(fixture.store.leases.count == 0)
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.writer(id, in: app) }
            await expectBlobError(.uploadUnknown) { try await writer.append([1]) }
            await expectBlobError(.uploadUnknown) { try await writer.finish(blobDigest(blobBytes(100))) }
        }
    }

    @Test("An upload begun for one algorithm can end with the other", arguments: DigestAlgorithm.allCases)
    func otherAlgorithm(started: DigestAlgorithm) async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(700_000)
            for wanted in DigestAlgorithm.allCases {
                let id = try fixture.store.startUpload(in: app, algorithm: started)
                let writer = try fixture.store.writer(id, in: app)
                try await writer.append(bytes[...])
                try await writer.finish(blobDigest(bytes, wanted))
                #expect(try await fixture.content(blobDigest(bytes, wanted)) == bytes)
            }
        }
    }

    @Test("After a request that broke off, the upload goes on at the last complete chunk")
    func resume() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(2500)
            let id = try fixture.store.startUpload(in: app)
            do {
                let writer = try fixture.store.writer(id, in: app)
                #expect(try await writer.append(bytes[0..<1000]) == 1000)
                #expect(try await writer.append([]) == 1000)
            }  // the connection is gone, and the writer with it
            #expect(try fixture.store.uploadOffset(id, in: app) == 1000)
            let writer = try fixture.store.writer(id, in: app)
            #expect(writer.offset == 1000)
            try await writer.append(bytes[1000...])
            try await writer.finish(blobDigest(bytes))
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
        }
    }

    @Test("One request at a time writes to an upload; others learn the offset or that it is busy")
    func busy() async throws {
        try await BlobStoreFixture.run { fixture in
            let id = try fixture.store.startUpload(in: app)
            let writer = try fixture.store.writer(id, in: app)
            try await writer.append([1, 2, 3])
            await expectBlobError(.uploadBusy) { _ = try fixture.store.writer(id, in: app) }
            #expect(try fixture.store.uploadOffset(id, in: app) == 3)
            await writer.cancel()
            let files = try fixture.names("uploads")
            #expect(files.isEmpty)
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.uploadOffset(id, in: app) }
        }
    }

    @Test("An upload exists in its own repository only, and identifiers are unguessable names")
    func identifiers() async throws {
        try await BlobStoreFixture.run { fixture in
            let id = try fixture.store.startUpload(in: app)
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.writer(id, in: other) }
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.uploadOffset(id, in: other) }
            #expect(UploadID(id.description) == id)
            #expect(try fixture.store.startUpload(in: app) != id)
            for text in ["", "..", "../../etc/passwd", String(repeating: "a", count: 31), String(repeating: "G", count: 32)] {
                #expect(UploadID(text) == nil)
            }
        }
    }

    @Test("Uploads are bounded, and room comes back when one ends")
    func bound() async throws {
        try await BlobStoreFixture.run(configure: { $0.maximumUploads = 2 }) { fixture in
            _ = try fixture.store.startUpload(in: app)
            let id = try fixture.store.startUpload(in: app)
            await expectBlobError(.tooManyUploads) { _ = try fixture.store.startUpload(in: app) }
            #expect(fixture.store.openUploads == 2)
            try await fixture.store.writer(id, in: app).cancel()
            _ = try fixture.store.startUpload(in: app)
        }
    }

    @Test("Many starts at once stay within the bound, and none makes a file before its first bytes")
    func boundRace() async throws {
        try await BlobStoreFixture.run(configure: { $0.maximumUploads = 5 }) { fixture in
            let started = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 {
                    group.addTask { (try? fixture.store.startUpload(in: BlobStoreFixture.app)) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(started == 5)
            #expect(fixture.store.openUploads == 5)
            let files = try fixture.names("uploads")
            #expect(files.isEmpty)
        }
    }

    @Test("The sweep removes uploads that nobody uses, and leaves those that are being written")
    func idle() async throws {
        try await BlobStoreFixture.run { fixture in
            let idle = try fixture.store.startUpload(in: app)
            try await fixture.store.writer(idle, in: app).append([2])
            let used = try fixture.store.startUpload(in: app)
            let writer = try fixture.store.writer(used, in: app)
            try await writer.append([1])
            await fixture.store.sweep(now: Wall.milliseconds)
            #expect(fixture.store.openUploads == 2)
            await fixture.store.sweep(now: Wall.milliseconds + 25 * 3600 * 1000)
            #expect(try fixture.names("uploads") == [used.description])
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.writer(idle, in: app) }
            try await writer.finish(blobDigest([1, 3]), appending: [3])
        }
    }

    @Test("What a crash left in uploads is removed at the start")
    func leftovers() async throws {
        try await BlobStoreFixture.run { fixture in
            let id = try fixture.store.startUpload(in: app)
            try File(fixture.folder + "/uploads/stray", [.write, .create]).write([1], at: 0)
            try Files.makeDirectories(fixture.folder + "/uploads/somebody's folder")
            let again = try Diagnostics.$sink.withValue({ _, _ in }) { try fixture.reopened() }
            #expect(try again.names("uploads") == ["somebody's folder"])
            await expectBlobError(.uploadUnknown) { _ = try again.store.uploadOffset(id, in: app) }
            again.store.close()
        }
    }

    @Test("Reading or sizing what is not there says so")
    func missing() async throws {
        try await BlobStoreFixture.run { fixture in
            let size = try await fixture.store.size(blobDigest([1]))
            #expect(size == nil)
            await expectBlobError(.blobUnknown) { _ = try await fixture.store.open(blobDigest([1])) }
        }
    }
}
