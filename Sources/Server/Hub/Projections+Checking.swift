import Delivery
import EventLog
import Registry

/// For holding snapshots to what the log folds to.
extension Projections {
    /// A snapshot as it is on disk.
    struct Saved: Sendable {
        let name: String
        let sequence: UInt64
        let bytes: [UInt8]
    }

    /// With nothing folded in.
    init() {}

    static func saved(_ store: SnapshotStore) -> [Saved] {
        names.compactMap { name in
            store.newest(name: name).map { Saved(name: name, sequence: $0.sequence, bytes: $0.bytes) }
        }
    }

    /// Whether a snapshot says the same as this state, which must have come as far.
    func fits(_ saved: Saved) -> Bool {
        switch saved.name {
        case Self.registryName: registry.isIncomplete || registry.snapshotBytes(through: saved.sequence) == saved.bytes
        case Self.webhooksName: webhooks.encoded() == saved.bytes
        default: true
        }
    }
}
