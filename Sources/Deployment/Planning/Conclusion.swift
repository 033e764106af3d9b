import Crypto
import Events
import OCI

/// What follows from the end of a run.
extension Situation {
    func success(of deployment: Deployment, _ result: RunResult) -> [Event.Payload] {
        var payloads = [deployment.step(.succeeded(result))]
        if let undone = deployment.creation.rollbackOf.flatMap({ state.deployments[$0] }), !undone.state.isLive,
            undone.state != .rolledBack
        {
            payloads.append(undone.step(.rolledBack(by: deployment.id)))
        }
        return payloads
    }

    /// - Parameter retryAfter: milliseconds; nil where trying again would not help.
    func failure(of deployment: Deployment, _ result: RunResult, retryAfter: Int64? = nil) -> [Event.Payload] {
        let trigger = startedWith(deployment)
        if let retryAfter, let trigger {
            let count = deployment.attempt - deployment.attemptBase
            if count < trigger.retry.attempts {
                return [
                    deployment.step(.failed(result, retryAt: now + max(retryAfter, trigger.retry.delay(after: count))))
                ]
            }
        }
        return [deployment.step(.failed(result, retryAt: nil))] + (trigger.map { rollback(after: deployment, $0) } ?? [])
    }

    /// What waits and is not to run any more. One that ran and did not get there has failed, as what is half done is not left so.
    func giveUp(_ deployment: Deployment, _ reason: String) -> [Event.Payload] {
        guard deployment.isHalfDone else { return [deployment.step(.cancelled(reason: reason))] }
        let result = RunResult(attempt: deployment.attempt, reason: "\(deployment.reason); it is not tried again: \(reason)", output: nil)
        return failure(of: deployment, result)
    }

    /// What follows from the deletion of an image: what waits to deploy it is not started. One deployment at a time, until nothing is left.
    /// - Parameter sequence: the record of that; what was pushed or asked for since is another matter.
    func withdraw(_ digest: Digest, in repository: RepositoryName, at sequence: UInt64) -> [Event.Payload] {
        let first = state.liveDeployments.first { deployment in
            let begun = deployment.kind == .trigger ? deployment.creation.event : deployment.sequence
            let asked = deployment.transitions.last { $0.step == "retried" }?.sequence ?? 0
            return deployment.state.isQueued && deployment.repository == repository && deployment.version.digest == digest
                && max(begun, asked) < sequence
        }
        return first.map { giveUp($0, "the image was deleted from \(repository)") } ?? []
    }

    /// A rollback that failed is not rolled back: what is left then is for people. Where there is nothing to go back to, or a
    /// rollback is on its way, the pin alone keeps the bad image out.
    func rollback(after deployment: Deployment, _ trigger: Trigger) -> [Event.Payload] {
        guard trigger.rollsBack, deployment.kind == .trigger else { return [] }
        let failed = "\(deployment.id) (\(deployment.version.name)) failed"
        let digest = deployment.version.digest
        let service = Service(deployment.lane.place, trigger.name, trigger.target.fingerprint)
        func pin(_ reason: String) -> [Event.Payload] {
            [.environment(EnvironmentChange(.pinned, environment: service.environment, reason: reason, digest: digest, service: service.pinned))]
        }
        if let other = state.liveDeployments.first(where: { $0.kind == .rollback && self.service(of: $0).overlaps(service) }) {
            return pin("\(failed), and \(other.id) goes back to \(other.version.name) already")
        }
        guard let previous = previous(of: service, than: digest, for: trigger) else {
            let deleted = state.previous(of: service, than: digest, for: trigger) { _ in true }
            let why = deleted.map { ": \($0.version.name) was deleted from the registry" } ?? ""
            return pin("\(failed), and trigger \(trigger.name) has no other good image of \(service.repository) in \(service.environment) to go back to\(why)")
        }
        let reason = "\(failed) and is rolled back to \(previous.version.name)"
        return pinAndDeploy(
            previous, by: Way(trigger: trigger.name, settingsOf: deployment.id), in: service, undoing: deployment,
            reason: reason, actor: "deployments")
    }

    /// How something is put back: by which trigger, and with the settings of which deployment, if not with the trigger's own.
    struct Way {
        let trigger: String
        let settingsOf: String?
    }

    /// Puts an earlier image back and keeps triggers from deploying the bad one again.
    func pinAndDeploy(
        _ success: Success, by way: Way, in service: Service, undoing deployment: Deployment?, reason: String, actor: String
    ) -> [Event.Payload] {
        let event = success.version.sequence > 0 ? success.version.sequence : state.deployments[success.deployment]?.creation.event ?? 0
        let creation = Creation(
            kind: .rollback, reason: reason, pushed: success.version.pushed, event: event, pushedBy: actor,
            rollbackOf: deployment?.id, settingsOf: way.settingsOf)
        let change = DeploymentChange(
            id: DeploymentID.rollback(of: deployment?.id ?? success.deployment, trigger: way.trigger, after: state.sequence),
            trigger: way.trigger, environment: service.environment, repository: service.repository, tag: success.version.tag,
            digest: success.version.digest, step: .created(creation))
        // Who names an image that was rolled back wants it there.
        let isPinned = objection(to: success.version.digest, in: service.environment, service) != nil
        let pin = EnvironmentChange(
            .pinned, environment: service.environment, reason: reason, digest: deployment?.version.digest,
            lifted: isPinned ? success.version.digest : nil, service: service.pinned)
        return [.environment(pin), .deployment(change)]
    }
}

/// Ids follow from what a deployment is for, so that the same decision made twice is one deployment.
enum DeploymentID {
    static func event(_ sequence: UInt64, trigger: String) -> String {
        "dep_\(sequence)_\(digest("event\n\(trigger)"))"
    }

    /// - Parameter sequence: the last record before it.
    static func rollback(of id: String, trigger: String, after sequence: UInt64) -> String {
        "dep_\(sequence)_\(digest("rollback\n\(trigger)\n\(id)"))"
    }

    private static func digest(_ text: String) -> String {
        String(Hex.encode(hash(.sha256, Array(text.utf8))).prefix(12))
    }
}
