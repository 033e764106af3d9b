import Delivery
import EventLog
import IO
import Registry

/// The states that are folded from the log, each with its snapshot.
struct Projections {
    var registry = RegistryState()
    var webhooks = WebhookState()

    private static let webhooksName = "webhooks"

    /// From the newest snapshots that can be read; from nothing where there is none.
    init(_ store: SnapshotStore) {
        if let snapshot = store.newest(name: Self.webhooksName) {
            do { webhooks = try WebhookState(snapshot: snapshot.bytes, sequence: snapshot.sequence) } catch {
                Diagnostics.warning("a snapshot of the webhooks is passed over: \(error)")
            }
        }
    }

    /// Up to here nothing needs to be replayed.
    var sequence: UInt64 { min(registry.sequence, webhooks.sequence) }

    mutating func apply(_ record: Record) throws {
        try registry.apply(record)
        try webhooks.apply(record)
    }

    /// Saves both states as they are now. Blocks.
    static func save(_ services: Services, to store: SnapshotStore) throws {
        let webhooks = services.webhooks.snapshot()
        try store.save(name: webhooksName, sequence: webhooks.sequence, bytes: webhooks.bytes())
    }
}
