import IO
import OCI
import Synchronization
import Testing

@testable import Registry

@Suite struct BlobRaceTests {
    /// The registry's part: manifests are accepted by lease or reference, in one critical section.
    private final class References: Sendable {
        private let accepted = Mutex<Set<String>>([])

        func accept(_ digest: Digest, in repository: RepositoryName, _ leases: LeaseTable) -> Bool {
            accepted.withLock { accepted in
                guard leases.holds(digest, repository) else { return false }
                accepted.insert("\(repository) \(digest)")
                return true
            }
        }

        func contains(_ digest: Digest) -> Bool {
            accepted.withLock { accepted in accepted.contains { $0.hasSuffix(" \(digest)") } }
        }

        func contains(_ digest: Digest, in repository: RepositoryName) -> Bool {
            accepted.withLock { $0.contains("\(repository) \(digest)") }
        }
    }

    @Test("Whatever uploads, mounts, manifests and deletions race for a blob: who may use it finds its file")
    func races() async throws {
        try await BlobStoreFixture.run { fixture in
            let store = fixture.store
            for round in 0..<60 {
                let bytes = blobBytes(3000, seed: UInt8(round))
                let blob = blobDigest(bytes)
                let references = References()
                await withTaskGroup { group in
                    for index in 0..<6 {
                        let target = repositoryNamed("team/app\(index % 2)")
                        let source = repositoryNamed("team/app\((index + 1) % 2)")
                        group.addTask { _ = try? await store.put(bytes, blob, in: target) }
                        group.addTask { _ = try? await fixture.upload(bytes, to: target) }
                        group.addTask {
                            _ = try? await store.mount(blob, from: source, to: target) { references.contains($0, in: $1) }
                        }
                        group.addTask {
                            if references.contains(blob, in: target) { return }
                            _ = try? await store.delete(blob, from: target) { references.contains($0) }
                        }
                        if round.isMultiple(of: 2) {
                            group.addTask { _ = references.accept(blob, in: target, store.leases) }
                        }
                    }
                }
                let isUsable = references.contains(blob) || store.leases.isHeld(blob)
                let size = try await store.size(blob)
                #expect(!isUsable || size == bytes.count)
            }
            #expect(try fixture.names("uploads").isEmpty)
            #expect(store.healedBlobs == 0)
        }
    }

    @Test("An accepted upload is there, however many deletions came before it")
    func acceptedUploadStays() async throws {
        try await BlobStoreFixture.run { fixture in
            let store = fixture.store
            let bytes = blobBytes(100)
            for _ in 0..<100 {
                async let deletion: Void = store.delete(blobDigest(bytes), from: BlobStoreFixture.other) { _ in false }
                try await store.put(bytes, blobDigest(bytes), in: BlobStoreFixture.app)
                try await deletion
                #expect(try await store.size(blobDigest(bytes)) == bytes.count)
            }
        }
    }

    @Test("Removal waits for those who share a digest, and those who come later wait for it")
    func gateOrder() async throws {
        let gate = DigestGate()
        let blob = blobDigest([1])
        let room = Room()
        await withTaskGroup { group in
            for index in 0..<200 {
                group.addTask {
                    if index.isMultiple(of: 5) {
                        try? await gate.alone(blob) { () throws(BlobError) in await room.stayAlone() }
                    } else {
                        try? await gate.sharing(blob) { () throws(BlobError) in await room.stay() }
                    }
                }
            }
        }
        #expect(room.violations == 0)
        #expect(gate.isIdle)
    }
}

/// Counts who is inside, and notices when someone is who must not be.
private final class Room: Sendable {
    private struct State {
        var sharing = 0
        var alone = 0
        var violations = 0
    }

    private let state = Mutex(State())

    var violations: Int { state.withLock { $0.violations + $0.sharing + $0.alone } }

    func stay() async {
        state.withLock { state in
            state.sharing += 1
            if state.alone > 0 { state.violations += 1 }
        }
        await Task.yield()
        state.withLock { $0.sharing -= 1 }
    }

    func stayAlone() async {
        state.withLock { state in
            state.alone += 1
            if state.alone > 1 || state.sharing > 0 { state.violations += 1 }
        }
        await Task.yield()
        state.withLock { $0.alone -= 1 }
    }
}
