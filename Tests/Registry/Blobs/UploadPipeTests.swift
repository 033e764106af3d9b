import IO
import OCI
import Synchronization
import Testing

@testable import Registry

/// Chunks here are small: the pipe does not care.
@Suite struct UploadPipeTests {
    let app = BlobStoreFixture.app
    private static let much = UInt64(TransferPlaces.least)

    private func pipe(_ writer: UploadWriter) throws -> UploadPipe { try #require(writer.pipe(for: Self.much)) }

    @Test("Content through a pipe becomes the blob that it says, by either algorithm", arguments: DigestAlgorithm.allCases)
    func content(algorithm: DigestAlgorithm) async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(300_001)
            let writer = try fixture.store.writer(fixture.store.startUpload(in: app), in: app)
            try await writer.append(bytes[..<1000])
            let pipe = try pipe(writer)
            for start in stride(from: 1000, to: 250_000, by: 83_000) { try await pipe.append(bytes[start..<start + 83_000]) }
            try await pipe.drain()
            #expect(writer.offset == 250_000)
            try await writer.finish(blobDigest(bytes, algorithm), appending: bytes[250_000...])
            #expect(try await fixture.content(blobDigest(bytes, algorithm)) == bytes)
        }
    }

    @Test("After a request that broke off, the upload goes on behind the last chunk that its pipe was given")
    func resume() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(2500)
            let id = try fixture.store.startUpload(in: app)
            do {
                let pipe = try pipe(fixture.store.writer(id, in: app))
                try await pipe.append(bytes[..<1000])
                try await pipe.append(bytes[1000..<2000])
                #expect(try fixture.store.uploadOffset(id, in: app) == 1000)
                try await pipe.drain()
            }
            let writer = try fixture.store.writer(id, in: app)
            #expect(writer.offset == 2000)
            try await writer.append(bytes[2000...])
            try await writer.finish(blobDigest(bytes))
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
        }
    }

    @Test("A chunk that cannot be written ends the upload, and nothing is left of it")
    func fault() async throws {
        try await BlobStoreFixture.run { fixture in
            let id = try fixture.store.startUpload(in: app)
            let writer = try fixture.store.writer(id, in: app)
            let pipe = try pipe(writer)
            try await pipe.append(blobBytes(100)[...])
            try await pipe.drain()
            writer.session.content.withLock { $0.close() }  // every write to it fails from now on
            try await pipe.append(blobBytes(100)[...])
            await expectBlobError(.io) { try await pipe.drain() }
            await expectBlobError(.uploadUnknown) { try await pipe.append([1]) }
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.uploadOffset(id, in: app) }
            #expect(try fixture.names("uploads").isEmpty)
        }
    }

    @Test("Little content gets no pipe, only so many transfers have one at once, and a place comes back with its pipe")
    func places() async throws {
        try await BlobStoreFixture.run { fixture in
            func writer() throws -> UploadWriter { try fixture.store.writer(fixture.store.startUpload(in: app), in: app) }
            #expect(try writer().pipe(for: Self.much - 1) == nil)
            var pipes: [UploadPipe] = []
            while let pipe = try writer().pipe(for: Self.much) { pipes.append(pipe) }
            #expect(pipes.count == TransferPlaces.most)
            pipes.removeLast()
            pipes.append(try pipe(writer()))
            #expect(try writer().pipe(for: .max) == nil)
        }
    }
}
