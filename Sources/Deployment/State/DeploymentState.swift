import Events
import JSON
import OCI

/// The triggers that were made over the API, and all deployments: the fold of their events. A value; copies are free.
package struct DeploymentState: Sendable {
    /// The last record that is folded in.
    package internal(set) var sequence: UInt64 = 0
    /// By name. Those of the config file are not state.
    var triggers: [String: TriggerEntry] = [:]
    /// Triggers that were paused or resumed, those of the config file included.
    var pauses: [String: Pause] = [:]
    var deployments: [String: Deployment] = [:]
    /// Those that may still run, oldest first.
    var live: [String] = []
    /// The others, in the order in which they ended, and no more than `finishedLimit`.
    var finished: [String] = []
    /// By environment.
    var pins: [String: Pins] = [:]
    var lanes: [Lane: LaneState] = [:]
    /// Where something was deployed, or tried.
    var places: [Place: PlaceState] = [:]
    /// The earliest version of the snapshots that it goes back to: what that one did not know of the log is not in it.
    var oldestVersion = DeploymentState.snapshotVersion

    /// How many ended deployments are remembered. The log has them all.
    package static let finishedLimit = 5_000

    package init() {}

    struct TriggerEntry: Sendable {
        let change: TriggerChange
        /// The record that made it: it takes what comes after.
        let created: UInt64
        /// The record that made it what it is now.
        let changed: UInt64
        let createdAt: Int64
        var updatedAt: Int64
        /// Nil where this version cannot read it.
        let settings: RunSettings?
        let problem: String?
        var trigger: Trigger? { settings?.trigger }
        /// What it was before, oldest first: what was pushed then and not looked at yet is looked at as it was then.
        var earlier: [Version] = []

        struct Version: Sendable {
            /// The record that made it so.
            let since: UInt64
            let definition: JSONObject
            let trigger: Trigger?
        }

        /// How many earlier versions are kept. Who follows the log is rarely behind at all.
        static let versionLimit = 8
    }

    struct LaneState: Sendable {
        /// Oldest first; what the environment runs is the last one.
        var successes: [Success] = []
        /// What did not go well last, oldest first, and not more than `Success.limit`.
        var failures: [Failure] = []
        /// The newest record that became a deployment here, so that none becomes two.
        var lastEvent: UInt64 = 0
        /// The deployment that was started last.
        var lastStarted: String?
        /// The record of that.
        var startedAt: UInt64 = 0
    }

    /// The lanes that have put something into a place, or tried to.
    struct PlaceState: Sendable {
        var triggers: Set<String> = []
        /// The trigger of the last success.
        var last: String?
    }

    var liveDeployments: some Sequence<Deployment> {
        live.lazy.compactMap { deployments[$0] }
    }
}
