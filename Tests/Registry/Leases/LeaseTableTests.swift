import EventLog
import IO
import OCI
import Testing

@testable import Registry

@Suite struct LeaseTableTests {
    let app = BlobStoreFixture.app
    let other = BlobStoreFixture.other

    @Test("Leases and their end survive a restart")
    func replay() async throws {
        try await BlobStoreFixture.run { fixture in
            let blobs = (0..<20).map { blobBytes(10 + $0) }
            for bytes in blobs { try await fixture.upload(bytes) }
            #expect(try await fixture.store.mount(blobDigest(blobs[0]), from: app, to: other) { _, _ in false })
            try await fixture.store.delete(blobDigest(blobs[1]), from: app) { _ in false }
            try await fixture.store.delete(blobDigest(blobs[0]), from: app) { _ in false }
            let again = try fixture.reopened()
            #expect(again.store.leases.count == 19)
            #expect(again.store.leases.holds(blobDigest(blobs[0]), other))
            #expect(!again.store.leases.holds(blobDigest(blobs[0]), app))
            #expect(!again.store.leases.isHeld(blobDigest(blobs[1])))
            for bytes in blobs[2...] { #expect(again.store.leases.holds(blobDigest(bytes), app)) }
            again.store.close()
        }
    }

    @Test("A lease whose blob is not there, as after a crash between the two syncs, is forgotten at the start")
    func missingBlob() async throws {
        try await BlobStoreFixture.run { fixture in
            try await fixture.upload([1])
            try await fixture.upload([2])
            try Files.unlink(fixture.path(blobDigest([1])))
            let again = try fixture.reopened()
            #expect(!again.store.leases.isHeld(blobDigest([1])))
            #expect(again.store.leases.holds(blobDigest([2]), app))
            again.store.close()
        }
    }

    @Test("Leases run out in memory and at the next start")
    func expiry() async throws {
        try await BlobStoreFixture.run { fixture in
            try await fixture.upload([1])
            let now = Wall.milliseconds
            await fixture.store.sweep(now: now + 7 * LeaseDays.millisecondsPerDay)
            #expect(fixture.store.leases.holds(blobDigest([1]), app))
            fixture.store.close()
            let later = try LeaseTable.open(fixture.folder + "/leases", now: now + 8 * LeaseDays.millisecondsPerDay) { _ in true }
            #expect(later.count == 0)
            later.close()
            let before = try LeaseTable.open(fixture.folder + "/leases", now: now) { _ in true }
            #expect(before.count == 1)
            before.sweep(now: now + 8 * LeaseDays.millisecondsPerDay)
            #expect(before.count == 0)
            before.close()
        }
    }

    @Test("A lease is given again after it ran out or was released")
    func again() async throws {
        try await BlobStoreFixture.run { fixture in
            try await fixture.upload([1])
            await fixture.store.sweep(now: Wall.milliseconds + 8 * LeaseDays.millisecondsPerDay)
            #expect(!fixture.store.leases.holds(blobDigest([1]), app))
            try await fixture.upload([1])
            #expect(fixture.store.leases.holds(blobDigest([1]), app))
            try await fixture.store.delete(blobDigest([1]), from: app) { _ in true }
            #expect(!fixture.store.leases.holds(blobDigest([1]), app))
            try await fixture.upload([1])
            #expect(fixture.store.leases.holds(blobDigest([1]), app))
        }
    }

    @Test("A record that is no lease stops the start with its number and folder")
    func damaged() async throws {
        try await BlobStoreFixture.run { fixture in
            let folder = fixture.folder + "/strange"
            let log = try EventLog.open(EventLog.Options(directory: folder), replayAfter: 0) { _ in }
            _ = try log.commit({ $0.append { _, out in out += [9, 9, 9] } }, whenDurable: { _ in })
            log.close()
            await expectBlobError(.leasesDamaged) { _ = try LeaseTable.open(folder, now: Wall.milliseconds) { _ in true } }
        }
    }

    @Test("With the leases' log closed nothing is stored and nothing is leased")
    func closed() async throws {
        try await BlobStoreFixture.run { fixture in
            fixture.store.close()
            await expectBlobError(.unavailable) { try await fixture.store.put([1], blobDigest([1]), in: app) }
            #expect(!fixture.store.leases.isHeld(blobDigest([1])))
        }
    }
}
