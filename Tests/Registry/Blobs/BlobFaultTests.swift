import Crypto
import Glibc
import IO
import OCI
import Synchronization
import Testing

@testable import Registry

@Suite struct BlobFaultTests {
    let app = BlobStoreFixture.app

    @Test("After a folder could not be synced the store takes no changes and says why, and reading goes on")
    func directorySyncFails() async throws {
        let broken = Atomic(false)
        try await BlobStoreFixture.run { options in
            options.syncDirectory = { file throws(IOError) in
                if broken.load(ordering: .relaxed) { throw IOError(errno: EIO, operation: "sync", path: file.path) }
                try file.sync()
            }
        } _: { fixture in
            let bytes = blobBytes(100)
            try await fixture.upload(bytes)
            let id = try fixture.store.startUpload(in: app)
            #expect(fixture.store.readOnlyReason == nil)
            broken.store(true, ordering: .relaxed)
            await expectBlobError(.unavailable) { try await fixture.store.put([1], blobDigest([1]), in: app) }
            broken.store(false, ordering: .relaxed)  // a later sync would succeed and hide the fault: it must not be tried
            #expect(fixture.store.readOnlyReason?.contains("sync") == true)
            #expect(!fixture.store.leases.holds(blobDigest([1]), app))
            await expectBlobError(.unavailable) { try await fixture.store.put([2], blobDigest([2]), in: app) }
            await expectBlobError(.unavailable) { _ = try fixture.store.startUpload(in: app) }
            await expectBlobError(.unavailable) { try await fixture.store.writer(id, in: app).finish(blobDigest([])) }
            await expectBlobError(.unavailable) { try await fixture.store.delete(blobDigest(bytes), from: app) { _ in false } }
            await expectBlobError(.unavailable) {
                _ = try await fixture.store.mount(blobDigest(bytes), from: app, to: app) { _, _ in true }
            }
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
        }
    }

    @Test("An upload whose file cannot be written ends with an error and leaves nothing")
    func writeFails() async throws {
        try await BlobStoreFixture.run { fixture in
            let id = try fixture.store.startUpload(in: app)
            let writer = try fixture.store.writer(id, in: app)
            try await writer.append([1, 2])
            writer.session.content.withLock { $0.close() }  // every write to it fails from now on
            await expectBlobError(.io) { try await writer.append([3]) }
            await expectBlobError(.uploadUnknown) { _ = try fixture.store.uploadOffset(id, in: app) }
            #expect(try fixture.names("uploads").isEmpty)
            try await fixture.upload([1, 2, 3])
        }
    }

    @Test("Errors tell clients no path of the machine, and the operator which one it is")
    func messages() async throws {
        try await BlobStoreFixture.run { fixture in
            try Files.makeDirectories(fixture.path(blobDigest([5])))
            do {
                try await fixture.upload([5])
                Issue.record("a blob took the place of a folder")
            } catch let error as BlobError {
                #expect(!error.message.contains(fixture.folder))
                #expect(error.description.contains(fixture.path(blobDigest([5]))))
            }
        }
    }

    @Test("A name that is taken by a folder is an error, and the upload leaves nothing")
    func renameFails() async throws {
        try await BlobStoreFixture.run { fixture in
            try Files.makeDirectories(fixture.path(blobDigest([5])) + "/in the way")
            await expectBlobError(.io) { try await fixture.upload([5]) }
            await expectBlobError(.io) { try await fixture.store.put([5], blobDigest([5]), in: app) }
            #expect(try fixture.names("uploads").isEmpty)
            #expect(fixture.store.leases.count == 0)
        }
    }

    @Test(
        "On a full disk the upload fails and its space comes back, so that a smaller one succeeds",
        .enabled(if: SmallDisk.isPossible, "mounting a small disk takes root"))
    func diskFull() async throws {
        let disk = try #require(SmallDisk(megabytes: 8))
        defer { disk.remove() }
        try await BlobStoreFixture.run(in: disk.path) { fixture in
            let large = blobBytes(10 << 20)
            await expectBlobError(.outOfSpace) { try await fixture.upload(large, chunk: 256 * 1024) }
            await expectBlobError(.outOfSpace) { try await fixture.store.put(large, blobDigest(large), in: app) }
            #expect(try fixture.names("uploads").isEmpty)
            #expect(fixture.store.openUploads == 0)
            #expect(fixture.store.readOnlyReason == "the disk is full")
            await expectBlobError(.outOfSpace) { _ = try fixture.store.startUpload(in: app) }
            await fixture.store.probe()
            #expect(fixture.store.readOnlyReason == nil, "a probe found the space that the failed uploads gave back")
            let small = blobBytes(1 << 20)
            try await fixture.upload(small, chunk: 256 * 1024)
            #expect(try await fixture.content(blobDigest(small)) == small)
        }
    }
}

/// A file system in memory that is soon full.
private struct SmallDisk {
    let path: String

    static let isPossible: Bool = {
        guard let disk = SmallDisk(megabytes: 1) else { return false }
        disk.remove()
        return true
    }()

    init?(megabytes: Int) {
        guard let name = try? Hex.encode(SecureRandom.bytes(8)) else { return nil }
        path = "/tmp/signalbox-disk-" + name
        guard unsafe mkdir(path, 0o700) == 0 else { return nil }
        if unsafe mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") != 0 {
            unsafe rmdir(path)
            return nil
        }
    }

    func remove() {
        _ = unsafe umount2(path, Int32(MNT_DETACH))
        unsafe rmdir(path)
    }
}
