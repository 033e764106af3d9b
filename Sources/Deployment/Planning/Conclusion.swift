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
        let trigger = trigger(deployment.trigger)
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

    /// A rollback that failed is not rolled back: what is left then is for people.
    private func rollback(after deployment: Deployment, _ trigger: Trigger) -> [Event.Payload] {
        guard trigger.rollsBack, deployment.kind == .trigger, let last = state.current(deployment.lane),
            last.version.digest != deployment.version.digest,
            !state.liveDeployments.contains(where: { $0.lane == deployment.lane && $0.kind == .rollback })
        else { return [] }
        let reason = "\(deployment.id) (\(deployment.version.name)) failed and is rolled back to \(last.version.name)"
        return pinAndDeploy(last, in: deployment.lane, undoing: deployment, reason: reason, by: "deployments")
    }

    /// Puts an earlier image back and keeps triggers from deploying the bad one again.
    func pinAndDeploy(
        _ success: Success, in lane: Lane, undoing deployment: Deployment?, reason: String, by actor: String
    ) -> [Event.Payload] {
        let creation = Creation(
            kind: .rollback, reason: reason, pushed: success.version.pushed,
            event: state.deployments[success.deployment]?.creation.event ?? 0, pushedBy: actor, rollbackOf: deployment?.id)
        let change = DeploymentChange(
            id: DeploymentID.rollback(of: deployment?.id ?? success.deployment, trigger: lane.trigger, after: state.sequence),
            trigger: lane.trigger, environment: lane.environment, repository: lane.repository, tag: success.version.tag,
            digest: success.version.digest, step: .created(creation))
        let pin = EnvironmentChange(
            .pinned, environment: lane.environment, reason: reason, digest: deployment?.version.digest)
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
