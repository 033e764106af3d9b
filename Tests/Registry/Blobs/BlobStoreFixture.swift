import Crypto
import Glibc
import IO
import OCI
import Synchronization
import Testing

@testable import Registry

/// A store in a folder of its own, with a few repositories.
struct BlobStoreFixture {
    static let app = repositoryNamed("team/app")
    static let other = repositoryNamed("team/other")

    let folder: String
    let pool = BlockingPool(name: "test", threads: 4)
    let store: BlobStore

    /// Opens a store, runs the body, and removes everything.
    static func run(
        in parent: String = "/tmp", configure: (inout BlobStore.Options) -> Void = { _ in },
        _ body: (BlobStoreFixture) async throws -> Void
    ) async throws {
        let folder = try parent + "/signalbox-blobs-" + Hex.encode(SecureRandom.bytes(8))
        try Files.makeDirectories(folder)
        defer { removeTree(folder) }
        let fixture = try BlobStoreFixture(folder, configure)
        try await body(fixture)
        fixture.store.close()
    }

    init(_ folder: String, _ configure: (inout BlobStore.Options) -> Void = { _ in }) throws {
        self.folder = folder
        var options = BlobStore.Options(directory: folder)
        configure(&options)
        store = try BlobStore.open(options, pool: pool)
    }

    /// The store as after a restart.
    func reopened() throws -> BlobStoreFixture {
        store.close()
        return try BlobStoreFixture(folder)
    }

    func upload(_ bytes: [UInt8], to repository: RepositoryName = app, chunk: Int = 1000) async throws {
        let writer = try store.writer(store.startUpload(in: repository), in: repository)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try await writer.append(bytes[start..<min(start + chunk, bytes.count)])
        }
        try await writer.finish(blobDigest(bytes))
    }

    func content(_ digest: Digest) async throws -> [UInt8] {
        let blob = try await store.open(digest)
        return try blob.file.read(count: blob.size + 1, at: 0)
    }

    func path(_ digest: Digest) -> String { "\(folder)/blobs/\(digest.algorithm.name)/\(digest.hex)" }

    func names(_ directory: String) throws -> [String] { try Files.list(folder + "/" + directory) }

    func overwrite(_ digest: Digest, with bytes: [UInt8]) throws {
        try File(path(digest), [.write, .truncate]).write(bytes, at: 0)
    }

    static func removeTree(_ path: String) {
        if (try? Files.info(path))??.kind == .directory {
            for name in (try? Files.list(path)) ?? [] { removeTree(path + "/" + name) }
            unsafe rmdir(path)
        } else {
            unsafe unlink(path)
        }
    }
}

func repositoryNamed(_ name: String) -> RepositoryName {
    guard let name = RepositoryName(name) else { preconditionFailure("not a repository name: \(name)") }
    return name
}

func blobDigest(_ bytes: [UInt8], _ algorithm: DigestAlgorithm = .sha256) -> Digest {
    let value = hash(algorithm == .sha256 ? .sha256 : .sha512, bytes)
    guard let digest = Digest(algorithm, bytes: value) else { preconditionFailure("not a digest: \(value)") }
    return digest
}

/// Bytes that differ from one place to the next.
func blobBytes(_ count: Int, seed: UInt8 = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) ^ seed }
}

/// Expects a `BlobError` with this code.
func expectBlobError(
    _ code: BlobError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    await #expect(sourceLocation: sourceLocation) {
        try await body()
    } throws: { error in
        guard let error = error as? BlobError else { return false }
        return error.code == code && !error.message.isEmpty
    }
}
