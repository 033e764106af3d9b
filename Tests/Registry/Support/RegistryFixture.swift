import Crypto
import EventLog
import Events
import IO
import OCI
import Synchronization

@testable import Registry

/// A registry over a real log in a folder of its own, which goes away with it.
final class RegistryFixture: Sendable {
    let folder: String
    let log: EventLog
    let registry: Registry
    private let leases = Leases()
    private let ownsFolder: Bool

    /// - Parameter leasesAll: every blob counts as uploaded, so that manifests can name what they like.
    init(
        folder: String? = nil, snapshot: [UInt8]? = nil, leasesAll: Bool = true, ownsFolder: Bool = true, maxRecordBytes: Int? = nil,
        _ change: (inout Registry.Options) -> Void = { _ in }
    ) throws {
        self.ownsFolder = ownsFolder
        let directory = folder ?? "/tmp/signalbox-registry-\(EventID.next(now: 0))"
        self.folder = directory
        var options = Registry.Options(host: "hub.example")
        change(&options)
        var logOptions = EventLog.Options(directory: directory + "/log")
        logOptions.preallocateBytes = 64 << 10
        if let maxRecordBytes { logOptions.maxRecordBytes = maxRecordBytes }
        var state = try snapshot.map { try RegistryState(snapshot: $0) } ?? RegistryState()
        log = try EventLog.open(logOptions, replayAfter: state.sequence) { try state.apply($0) }
        registry = try Registry(
            options: options, state: state, log: log, pool: BlockingPool(name: "test", threads: 2)
        ) { [leases] digest, _ in leasesAll || leases.contains(digest) }
    }

    deinit {
        log.close()
        guard ownsFolder else { return }
        for name in (try? Files.list(folder + "/log")) ?? [] { try? Files.unlink(folder + "/log/" + name) }
        try? Files.removeDirectory(folder + "/log")
        try? Files.removeDirectory(folder)
    }

    func lease(_ digest: Digest) { leases.insert(digest) }
    func unlease(_ digest: Digest) { leases.remove(digest) }

    /// All records, decoded.
    var events: [Event] {
        get throws { try records.map { try Event(decoding: $0.body) } }
    }

    var records: [Record] {
        get throws { try log.read(after: 0, limit: 1_000_000, maxBytes: 1 << 30) }
    }

    /// The types and subjects of all records, without the digests.
    var story: [String] {
        get throws {
            try events.map { event in
                let type = event.payload.type.rawValue.dropFirst("io.signalbox.".count)
                return "\(type) \(event.payload.subject.prefix { $0 != "@" })"
            }
        }
    }

    static let context = EventContext(
        actor: .anonymous, request: RequestInfo(id: "r", address: "127.0.0.1", userAgent: "test", method: "PUT"))

    @discardableResult
    func push(
        _ bytes: [UInt8], _ reference: String, tags: [String] = [], to repository: String = "team/app",
        type: MediaType? = nil
    ) async throws -> PushResult {
        try await registry.putManifest(
            ManifestPush(
                repository: repository.asName, reference: reference.asReference, tags: tags.map(\.asTag), bytes: bytes,
                contentType: type),
            context: Self.context)
    }

    func delete(_ reference: String, from repository: String = "team/app") async throws {
        switch reference.asReference {
        case .tag(let tag): try await registry.deleteTag(tag, in: repository.asName, context: Self.context)
        case .digest(let digest): try await registry.deleteManifest(digest, in: repository.asName, context: Self.context)
        }
    }

    func digest(of tag: String, in repository: String = "team/app") -> Digest? {
        try? registry.entry(.tag(tag.asTag), in: repository.asName).digest
    }

    private final class Leases: Sendable {
        private let digests = Mutex(Set<Digest>())
        func contains(_ digest: Digest) -> Bool { digests.withLock { $0.contains(digest) } }
        func insert(_ digest: Digest) { digests.withLock { _ = $0.insert(digest) } }
        func remove(_ digest: Digest) { digests.withLock { _ = $0.remove(digest) } }
    }
}

extension String {
    var asName: RepositoryName { RepositoryName(self)! }
    var asTag: Tag { Tag(self)! }
    var asReference: Reference { Reference(self)! }
    /// The digest of some content that is different for each text.
    var asDigest: Digest { Array(utf8).digest }
}

extension [UInt8] {
    var digest: Digest { Digest(.sha256, bytes: Crypto.hash(.sha256, self))! }
}
