import IO
import OCI
import Synchronization
import Testing

@testable import Registry

@Suite struct BlobHealingTests {
    let app = BlobStoreFixture.app

    /// Each damage is done to a good file of 600,000 bytes.
    @Test("A blob that was corrupted on disk is replaced by the next upload of it, with a warning that names it", arguments: [
        { (bytes: [UInt8]) in [] },
        { bytes in Array(bytes.dropLast()) },
        { bytes in bytes + [0] },
        { bytes in [bytes[0] ^ 1] + bytes.dropFirst() },
        { bytes in bytes.dropLast() + [bytes[599_999] ^ 128] },
        { bytes in [UInt8](repeating: 0, count: bytes.count) },
    ] as [@Sendable ([UInt8]) -> [UInt8]], [true, false])
    func heals(damage: @Sendable ([UInt8]) -> [UInt8], inOneStep: Bool) async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(600_000)
            try await fixture.upload(bytes, chunk: 256 * 1024)
            try fixture.overwrite(blobDigest(bytes), with: damage(bytes))
            let messages = MessageList()
            try await Diagnostics.$sink.withValue({ messages.add($0, $1) }) {
                if inOneStep {
                    try await fixture.store.put(bytes, blobDigest(bytes), in: app)
                } else {
                    try await fixture.upload(bytes, chunk: 256 * 1024)
                }
            }
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
            #expect(fixture.store.healedBlobs == 1)
            #expect(messages.warnings.count == 1)
            #expect(messages.warnings.first?.contains(blobDigest(bytes).description) == true)
            #expect(try fixture.names("uploads").isEmpty)
        }
    }

    @Test("A good blob is kept as it is, whoever uploads it again")
    func untouched() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(600_000)
            try await fixture.upload(bytes, chunk: 256 * 1024)
            let inode = try Files.info(fixture.path(blobDigest(bytes)))?.inode
            try await fixture.upload(bytes, chunk: 100_000)
            try await fixture.store.put(bytes, blobDigest(bytes), in: BlobStoreFixture.other)
            #expect(try Files.info(fixture.path(blobDigest(bytes)))?.inode == inode)
            #expect(fixture.store.healedBlobs == 0)
        }
    }

    @Test("A reader that had the blob open while it was healed keeps its file")
    func openReader() async throws {
        try await BlobStoreFixture.run { fixture in
            let bytes = blobBytes(1000)
            try await fixture.upload(bytes)
            try fixture.overwrite(blobDigest(bytes), with: [9])
            let reader = try await fixture.store.open(blobDigest(bytes))
            try await fixture.upload(bytes)
            #expect(try reader.file.read(count: 10, at: 0) == [9])
            #expect(try await fixture.content(blobDigest(bytes)) == bytes)
        }
    }
}

private final class MessageList: Sendable {
    private let list = Mutex<[String]>([])

    var warnings: [String] { list.withLock { $0 } }

    func add(_ level: Diagnostics.Level, _ message: String) {
        if level == .warning { list.withLock { $0.append(message) } }
    }
}
