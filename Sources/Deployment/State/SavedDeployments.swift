package import Events
import JSON

/// A snapshot of the deployments and scans, to be held to what the log folds to.
package struct SavedDeployments: Sendable {
    /// The record at which the log must fold to its deployments.
    package let stateSequence: UInt64
    /// The same for its scans, which are looked at apart; nil where it goes back to a snapshot of the first version, of which they are not taken.
    package let scansSequence: UInt64?
    /// Nil where the snapshot goes back to one of an earlier version, which knew less of the log.
    private let state: [UInt8]?
    private let scans: [UInt8]

    /// - Parameter sequence: a record up to which everything is in it; it may have later ones, each of them told by what is there.
    package init(_ bytes: [UInt8], sequence: UInt64) throws(EventError) {
        let (state, scans) = try DeploymentState.decode(bytes)
        stateSequence = max(state.sequence, sequence)
        scansSequence = state.oldestVersion < 2 ? nil : max(scans.images.values.map(\.last).max() ?? 0, sequence)
        self.state = state.oldestVersion < DeploymentState.snapshotVersion ? nil : Self.bytes(state)
        self.scans = Self.bytes(scans)
    }

    /// Whether all of it is held to the log.
    package var isWhole: Bool { state != nil && scansSequence != nil }

    package func fits(_ state: DeploymentState) -> Bool { self.state.map { $0 == Self.bytes(state) } ?? true }
    package func fits(_ scans: ScanTable) -> Bool { Self.bytes(scans) == self.scans }

    /// Without the record that it is of: the hub counts its own, and a replay all.
    private static func bytes(_ state: DeploymentState) -> [UInt8] {
        var copy = state
        copy.sequence = 0
        copy.oldestVersion = DeploymentState.snapshotVersion
        return copy.encoded(ScanTable())
    }

    private static func bytes(_ scans: ScanTable) -> [UInt8] { DeploymentState().encoded(scans) }
}
