import Events
import OCI

/// What stands in an environment as far as a lane goes, and what a rollback would do about it.
struct Standing {
    let successes: [Success]
    /// What was started last.
    let last: Deployment?
    /// What is there now, or half of it, and is to go.
    let undone: Deployment?
    /// Where to, if nobody says.
    let target: Success?

    init(_ situation: Situation, _ lane: Lane) {
        let state = situation.state
        let successes = state.lanes[lane]?.successes ?? []
        let last = state.lanes[lane]?.lastStarted.flatMap { state.deployments[$0] }
        self.successes = successes
        self.last = last
        guard let last, last.id != successes.last?.deployment else {
            // All is as the last success left it.
            undone = successes.last.flatMap { state.deployments[$0.deployment] }
            target = successes.last { $0.version.digest != successes.last?.version.digest && !$0.isRolledBack }
            return
        }
        guard last.kind == .rollback else {
            undone = last
            target = successes.last { $0.version.digest != last.version.digest && !$0.isRolledBack }
            return
        }
        // A rollback that did not get there: its image is good, and what it was to undo is bad still.
        let bad = last.creation.rollbackOf.flatMap { state.deployments[$0] }
        undone = bad
        target =
            successes.last { $0.version.digest == last.version.digest }
            ?? successes.last { $0.version.digest != bad?.version.digest && !$0.isRolledBack }
    }
}
