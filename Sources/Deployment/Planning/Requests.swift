import Events
import JSON
import OCI

/// What people ask for, as functions of the situation: the records to commit, or why not.
extension Situation {
    // MARK: Triggers

    func create(_ trigger: Trigger, limit: Int) throws(DeploymentError) -> [Event.Payload] {
        guard configured[trigger.name] == nil, state.triggers[trigger.name] == nil else {
            throw DeploymentError(
                .conflict,
                configured[trigger.name] == nil
                    ? "there is a trigger \(trigger.name) already: choose another name, or replace it (signalbox trigger add FILE --replace)"
                    : "the config file has a trigger \(trigger.name): choose another name, or change that one there", pointer: "/name")
        }
        guard state.triggers.count < limit else {
            throw DeploymentError(.tooMany, "there are \(limit) triggers already, which is the most: remove one first (signalbox trigger remove NAME)")
        }
        return [.trigger(TriggerChange(.created, name: trigger.name, definition: trigger.definition))]
    }

    func update(_ trigger: Trigger) throws(DeploymentError) -> [Event.Payload] {
        try refuseConfigured(trigger.name)
        guard let entry = state.triggers[trigger.name] else { throw DeploymentError.unknownTrigger(trigger.name) }
        guard entry.change.definition != trigger.definition else { return [] }
        return [.trigger(TriggerChange(.updated, name: trigger.name, definition: trigger.definition))]
    }

    func delete(trigger name: String) throws(DeploymentError) -> [Event.Payload] {
        try refuseConfigured(name)
        guard let entry = state.triggers[name] else { throw DeploymentError.unknownTrigger(name) }
        return [.trigger(TriggerChange(.deleted, name: name, definition: entry.change.definition))]
    }

    /// Also for triggers of the config file: to pause is not to change, and an emergency does not wait for a restart.
    func setPaused(_ isPaused: Bool, trigger name: String) throws(DeploymentError) -> [Event.Payload] {
        guard configured[name] != nil || state.triggers[name] != nil else { throw DeploymentError.unknownTrigger(name) }
        guard self.isPaused(name) != isPaused else { return [] }
        return [.trigger(TriggerChange(isPaused ? .paused : .resumed, name: name))]
    }

    private func refuseConfigured(_ name: String) throws(DeploymentError) {
        guard configured[name] == nil else {
            throw DeploymentError(.conflict, "trigger \(name) is in the config file: change it there and restart the hub")
        }
    }

    // MARK: Deployments

    func deployment(_ id: String) throws(DeploymentError) -> Deployment {
        guard let deployment = state.deployments[id] else { throw DeploymentError.unknownDeployment(id) }
        return deployment
    }

    /// - Parameters:
    ///   - actor: who asks, as the hub knows them.
    ///   - name: who it is, as the request says; counts only where the operator trusts that.
    func approve(
        _ id: String, digest: Digest?, actor: Actor, name: String?, comment: String?, isRejection: Bool
    ) throws(DeploymentError) -> [Event.Payload] {
        let deployment = try deployment(id)
        if let digest, digest != deployment.version.digest {
            throw DeploymentError(
                .conflict, "deployment \(id) is of \(deployment.version.digest), not of \(digest): look at that image, and name its digest (or none)", pointer: "/digest")
        }
        guard deployment.state.isQueued, deployment.kind == .trigger else {
            throw DeploymentError(
                .conflict,
                deployment.kind == .rollback
                    ? "deployment \(id) is a rollback, which waits for nobody's approval: signalbox deployments cancel \(id) stops it"
                    : "deployment \(id) does not wait for anybody, its state is \(deployment.state.rawValue): "
                        + (deployment.state == .running
                            ? "signalbox deployments cancel \(id) stops it"
                            : "signalbox deployments list --state waiting shows those that do"))
        }
        guard let trigger = trigger(deployment.trigger), let gate = trigger.gates.approvals else {
            throw DeploymentError(.conflict, "trigger \(deployment.trigger) asks for no approvals: signalbox deployments show \(id) says what this one waits for, and signalbox deployments cancel \(id) ends it")
        }
        if name != nil, !trustsApproverField {
            throw DeploymentError(
                .invalid, "a name in the request proves nothing: leave it out, or, behind something that knows its users, set deployments.trustApproverField in the configuration",
                pointer: "/approver")
        }
        let approval = Approval(
            approver: name ?? actor.name, isVerified: name == nil && actor.kind == "user", definition: trigger.fingerprint,
            revision: revision(of: trigger.name), until: gate.deadline.map { deployment.queuedAt + $0 }, comment: comment)
        // Anybody may stop a deployment; who may let it go is another matter.
        if isRejection {
            let undoing = deployment.isHalfDone ? startedWith(deployment).map { rollback(after: deployment, $0) } ?? [] : []
            return [deployment.step(.rejected(approval))] + undoing
        }
        if let from = gate.from {
            guard approval.isVerified || trustsApproverField, from.contains(approval.approver) else {
                throw DeploymentError(
                    .denied, "only \(from.joined(separator: ", ")) may approve this, and the hub knows you as \(approval.approver): ask one of them, or change gates.approvals.from of trigger \(deployment.trigger)")
            }
        }
        if validApprovals(of: deployment, trigger).contains(where: { $0.approver == approval.approver }) { return [] }
        return [deployment.step(.approved(approval))]
    }

    func cancel(_ id: String, actor: Actor, reason: String?) throws(DeploymentError) -> [Event.Payload] {
        let deployment = try deployment(id)
        guard deployment.state.isLive else {
            throw DeploymentError(.conflict, "deployment \(id) is over (\(deployment.state.rawValue)), so there is nothing to cancel: signalbox deployments rollback \(deployment.environment) puts back what was there before")
        }
        return [deployment.step(.cancelled(reason: "cancelled by \(actor.name)" + (reason.map { ": \($0)" } ?? "")))]
    }

    func retry(_ id: String) throws(DeploymentError) -> [Event.Payload] {
        let deployment = try deployment(id)
        switch deployment.state {
        case .failed, .cancelled, .superseded, .interrupted, .rolledBack: break
        case .succeeded:
            throw DeploymentError(.conflict, "deployment \(id) succeeded, so there is nothing to try again: to put its image back later, signalbox deployments rollback \(deployment.environment) --to \(deployment.version.digest)")
        case .pending, .waiting, .running:
            throw DeploymentError(.conflict, "deployment \(id) is under way already (\(deployment.state.rawValue)): wait for its end, or cancel it first (signalbox deployments cancel \(id))")
        }
        guard let trigger = runTrigger(deployment) else {
            throw DeploymentError(.conflict, "trigger \(deployment.trigger) is no more, or deploys elsewhere than to \(deployment.environment) now: add it again (signalbox trigger add FILE), or push the image once more")
        }
        guard !active.contains(id) else { throw DeploymentError(.conflict, "the target of deployment \(id) is still being stopped: try again in some seconds") }
        try refuseDeleted(deployment.version.digest, of: deployment.repository)
        if let objection = objection(to: deployment.version.digest, in: deployment.environment, service(of: deployment)) {
            throw DeploymentError(.conflict, "\(objection): unpin it first (signalbox deployments unpin \(deployment.environment)), or, if just this image is meant, signalbox deployments rollback \(deployment.environment) --to \(deployment.version.digest)")
        }
        if deployment.kind == .rollback { return try retry(rollback: deployment) }
        if !trigger.allowsDowngrade {
            lazy var underWay = Promotion.UnderWay(state)
            for other in state.liveDeployments where other.lane == deployment.lane && other.kind == .trigger && other.id != id {
                guard !trigger.policy.isNewer(deployment.version, than: other.version).isYes else { continue }
                // Where one waits for all, it would take this one's place at once.
                guard trigger.concurrency == .latest || !mayNeverRun(other, underWay) else { continue }
                throw DeploymentError(.conflict, "\(deployment.version.name) is not newer than \(other.version.name), which is on its way: cancel that first (signalbox deployments cancel \(other.id)); \(Self.howBack(deployment))")
            }
            if let current = standing(in: deployment.lane), !trigger.policy.isNewer(deployment.version, than: current.version).isYes {
                throw DeploymentError(.conflict, "\(deployment.version.name) is not newer than \(current.version.name): \(Self.howBack(deployment))")
            }
            if let (_, reason) = standing(against: deployment.version, in: deployment.lane, trigger) {
                throw DeploymentError(.conflict, "\(reason): \(Self.howBack(deployment))")
            }
        }
        // Where older images are allowed, the later push counts, and only one waits.
        if trigger.concurrency == .latest, let newer = state.liveDeployments.first(where: {
            $0.lane == deployment.lane && $0.kind == .trigger && $0.state.isQueued && deployment.version.wasPushed(before: $0.version)
        }) {
            throw DeploymentError(.conflict, "\(newer.id) (\(newer.version.name)), which was pushed later, waits and would lose its place: wait for its end, or cancel it first (signalbox deployments cancel \(newer.id))")
        }
        return [deployment.step(.retried)]
    }

    /// What is no more cannot be deployed, and its target would only find that out.
    func refuseDeleted(_ digest: Digest, of repository: RepositoryName, pointer: String? = nil) throws(DeploymentError) {
        guard !isThere(repository, digest) else { return }
        throw DeploymentError(.conflict, "the image \(digest) was deleted from \(repository): push it again first, or take another one", pointer: pointer)
    }

    private static func howBack(_ deployment: Deployment) -> String {
        "if going back is meant, signalbox deployments rollback \(deployment.environment) --to DIGEST, or allowDowngrade in the trigger"
    }
}
