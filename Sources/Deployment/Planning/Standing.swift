import Events
import OCI

/// What stands in a service, and what a rollback would do about it.
struct Standing {
    /// What was started last.
    let last: Deployment?
    /// What went well last.
    let present: Success?
    /// What is there now, or half of it, and is to go.
    let undone: Deployment?
    /// Where to, if nobody says.
    let target: Success?

    /// - Parameters:
    ///   - trigger: who is to deploy it.
    ///   - isThere: as of `DeploymentState.previous`.
    init(_ state: DeploymentState, _ service: Service, for trigger: Trigger?, where isThere: (Digest) -> Bool) {
        let last = state.lastStarted(of: service, for: trigger)
        let present = state.current(service, for: trigger)
        self.last = last
        self.present = present
        guard let last, last.id != present?.deployment else {
            // All is as the last success left it.
            undone = present.flatMap { state.deployments[$0.deployment] }
            target = state.previous(of: service, than: present?.version.digest, before: present, for: trigger, where: isThere)
            return
        }
        guard last.kind == .rollback else {
            undone = last
            target = state.previous(of: service, than: last.version.digest, for: trigger, where: isThere)
            return
        }
        // A rollback that did not get there: its image is good, and what it was to undo is bad still.
        let bad = last.creation.rollbackOf.flatMap { state.deployments[$0] }
        undone = bad
        let isPinned = state.pins[service.environment]?.covering(service).contains { $0.digests.contains(last.version.digest) } ?? false
        let again = isPinned || !isThere(last.version.digest) ? nil : state.successes(of: service, for: trigger).last { $0.version.digest == last.version.digest }
        target = again ?? state.previous(of: service, than: bad?.version.digest, for: trigger, where: isThere)
    }
}
