import Events
import OCI

/// What stands in an environment of one repository, and what a rollback would do about it.
struct Standing {
    /// What was started last.
    let last: Deployment?
    /// What went well last.
    let present: Success?
    /// What is there now, or half of it, and is to go.
    let undone: Deployment?
    /// Where to, if nobody says.
    let target: Success?

    /// - Parameter trigger: of two services in one environment, the one that this trigger deploys; nil for all that was deployed there.
    init(_ state: DeploymentState, _ place: Place, trigger: String?) {
        let triggers = trigger.map { [$0] } ?? Array(state.places[place]?.triggers ?? [])
        let lanes = triggers.compactMap { state.lanes[place.lane($0)] }
        let last = lanes.max { $0.startedAt < $1.startedAt }?.lastStarted.flatMap { state.deployments[$0] }
        let present = lanes.compactMap(\.successes.last).max { ($0.sequence, $0.at) < ($1.sequence, $1.at) }
        self.last = last
        self.present = present
        guard let last, last.id != present?.deployment else {
            // All is as the last success left it.
            undone = present.flatMap { state.deployments[$0.deployment] }
            target = state.previous(in: place, than: present?.version.digest, before: present)
            return
        }
        guard last.kind == .rollback else {
            undone = last
            target = state.previous(in: place, than: last.version.digest)
            return
        }
        // A rollback that did not get there: its image is good, and what it was to undo is bad still.
        let bad = last.creation.rollbackOf.flatMap { state.deployments[$0] }
        undone = bad
        let isPinned = state.pins[place.environment]?.digests.contains(last.version.digest) ?? false
        let again = isPinned ? nil : state.successes(in: place).last { $0.version.digest == last.version.digest }
        target = again ?? state.previous(in: place, than: bad?.version.digest)
    }
}
