import Delivery
import Deployment
import EventLog
import Registry

/// For holding snapshots to what the log folds to.
extension Projections {
    /// A part of a snapshot as it is on disk.
    struct Saved: Sendable {
        let name: String
        /// The record at which the log must fold to it.
        let sequence: UInt64
        /// Whether a state, which must have come as far, says the same.
        let fits: @Sendable (Projections) -> Bool
        /// What it is not held to.
        var note: String?
    }

    /// With nothing folded in.
    init() {}

    /// The newest snapshots.
    static func saved(_ store: SnapshotStore) -> [Saved] {
        names.flatMap { name -> [Saved] in
            guard let snapshot = store.newest(name: name) else { return [] }
            let (sequence, bytes) = snapshot
            switch name {
            case registryName: return [Saved(name: name, sequence: sequence) { $0.registry.snapshotBytes(through: sequence) == bytes }]
            case webhooksName: return [Saved(name: name, sequence: sequence) { $0.webhooks.encoded() == bytes }]
            default: return savedDeployments(bytes, sequence)
            }
        }
    }

    private static func savedDeployments(_ bytes: [UInt8], _ sequence: UInt64) -> [Saved] {
        guard let saved = try? SavedDeployments(bytes, sequence: sequence) else {
            return [Saved(name: deploymentsName, sequence: sequence) { _ in false }]
        }
        var state = Saved(name: deploymentsName, sequence: saved.stateSequence) { saved.fits($0.deployments) }
        if !saved.isWhole { state.note = "the state of deployments goes back to a snapshot of an earlier version, which knew less of the log: it is not held to all of it" }
        let scans = saved.scansSequence.map { Saved(name: deploymentsName, sequence: $0) { saved.fits($0.scans) } }
        return [state] + (scans.map { [$0] } ?? [])
    }
}
