import Delivery
import Deployment
import EventLog
import IO
import Registry
import Synchronization

/// The states that are folded from the log, each with its snapshot.
struct Projections {
    var registry = RegistryState()
    var webhooks = WebhookState()
    var deployments = DeploymentState()
    var scans = ScanTable()

    static let registryName = "registry"
    static let webhooksName = "webhooks"
    static let deploymentsName = "deployments"
    static let names = [registryName, webhooksName, deploymentsName]

    /// From the newest snapshots that can be read; from nothing where there is none.
    init(_ store: SnapshotStore) {
        if let snapshot = store.newest(name: Self.registryName) {
            do throws(RegistryError) { registry = try RegistryState(snapshot: snapshot.bytes) } catch {
                Diagnostics.warning("a snapshot of the registry is passed over: \(error)")
            }
        }
        if let snapshot = store.newest(name: Self.webhooksName) {
            do { webhooks = try WebhookState(snapshot: snapshot.bytes, sequence: snapshot.sequence) } catch {
                Diagnostics.warning("a snapshot of the webhooks is passed over: \(error)")
            }
        }
        if let snapshot = store.newest(name: Self.deploymentsName) {
            do { (deployments, scans) = try DeploymentState.decode(snapshot.bytes, sequence: snapshot.sequence) } catch {
                Diagnostics.warning("a snapshot of the deployments is passed over: \(error)")
            }
        }
    }

    /// From the oldest snapshots that go up to the first record which is kept: later ones can be held to what is folded onto them.
    init(_ store: SnapshotStore, before first: UInt64) {
        self.init()
        if let bytes = Self.oldest(store, Self.registryName, first), let state = try? RegistryState(snapshot: bytes.bytes) { registry = state }
        if let bytes = Self.oldest(store, Self.webhooksName, first), let state = try? WebhookState(snapshot: bytes.bytes, sequence: bytes.sequence) {
            webhooks = state
        }
        if let bytes = Self.oldest(store, Self.deploymentsName, first),
            let states = try? DeploymentState.decode(bytes.bytes, sequence: bytes.sequence)
        {
            (deployments, scans) = states
        }
    }

    private static func oldest(_ store: SnapshotStore, _ name: String, _ first: UInt64) -> (sequence: UInt64, bytes: [UInt8])? {
        var found: (sequence: UInt64, bytes: [UInt8])?
        var limit = UInt64.max
        while let snapshot = store.newest(name: name, upTo: limit), snapshot.sequence > 0, snapshot.sequence >= first - min(first, 1) {
            found = snapshot
            limit = snapshot.sequence - 1
        }
        return found
    }

    /// The last record that a snapshot vouches for: it was on disk.
    static func knownDurable(_ directory: String) -> UInt64 {
        let store = SnapshotStore(directory: directory)
        return names.compactMap { store.newest(name: $0)?.sequence }.max() ?? 0
    }

    /// Up to here nothing needs to be replayed.
    var sequence: UInt64 { min(registry.sequence, webhooks.sequence, deployments.sequence, scans.sequence) }

    mutating func apply(_ record: Record) throws {
        try registry.apply(record)
        try webhooks.apply(record)
        try deployments.apply(record)
        try scans.apply(record)
    }

    /// Saves both states. Each is stamped with a record up to which *all* records are folded in, not only its own: else one
    /// that seldom changes would make every start replay everything.
    static func save(_ services: Services, to store: SnapshotStore) async throws {
        let sequence = try await foldedSequence(services.log)
        try await services.pool.run {
            let registry = services.registry.snapshot(through: sequence)
            try store.save(name: registryName, sequence: registry.sequence, bytes: registry.encode())
            let webhooks = services.webhooks.snapshot(through: sequence)
            try store.save(name: webhooksName, sequence: webhooks.sequence, bytes: webhooks.bytes())
            let deployments = services.deployments.snapshot(through: sequence)
            try store.save(name: deploymentsName, sequence: deployments.sequence, bytes: deployments.bytes())
        }
    }

    /// The log calls completions in order, so when that of an empty transaction comes, everything before it is folded in.
    private static func foldedSequence(_ log: EventLog) async throws -> UInt64 {
        let last = Mutex(UInt64(0))
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit({ transaction in
                    let sequence = transaction.nextSequence - 1
                    last.withLock { $0 = sequence }
                }, whenDurable: { continuation.resume(with: $0.mapError { $0 as any Error }) })
            } catch {
                continuation.resume(throwing: error)
            }
        }
        return last.withLock { $0 }
    }
}
