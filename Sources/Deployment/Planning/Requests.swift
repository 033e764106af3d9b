import Events
import JSON
import OCI

/// What people ask for, as functions of the situation: the records to commit, or why not.
extension Situation {
    // MARK: Triggers

    func create(_ trigger: Trigger, limit: Int) throws(DeploymentError) -> [Event.Payload] {
        guard configured[trigger.name] == nil, state.triggers[trigger.name] == nil else {
            throw DeploymentError(.conflict, "there is a trigger \(trigger.name) already", pointer: "/name")
        }
        guard state.triggers.count < limit else {
            throw DeploymentError(.tooMany, "there are \(limit) triggers already: remove one first")
        }
        return [.trigger(TriggerChange(.created, name: trigger.name, definition: trigger.definition))]
    }

    func update(_ trigger: Trigger) throws(DeploymentError) -> [Event.Payload] {
        try refuseConfigured(trigger.name)
        guard let entry = state.triggers[trigger.name] else { throw Self.unknownTrigger(trigger.name) }
        guard entry.change.definition != trigger.definition else { return [] }
        return [.trigger(TriggerChange(.updated, name: trigger.name, definition: trigger.definition))]
    }

    func delete(trigger name: String) throws(DeploymentError) -> [Event.Payload] {
        try refuseConfigured(name)
        guard let entry = state.triggers[name] else { throw Self.unknownTrigger(name) }
        return [.trigger(TriggerChange(.deleted, name: name, definition: entry.change.definition))]
    }

    /// Also for triggers of the config file: to pause is not to change, and an emergency does not wait for a restart.
    func setPaused(_ isPaused: Bool, trigger name: String) throws(DeploymentError) -> [Event.Payload] {
        guard configured[name] != nil || state.triggers[name] != nil else { throw Self.unknownTrigger(name) }
        guard self.isPaused(name) != isPaused else { return [] }
        return [.trigger(TriggerChange(isPaused ? .paused : .resumed, name: name))]
    }

    static func unknownTrigger(_ name: String) -> DeploymentError {
        DeploymentError(.notFound, "there is no trigger \(name)")
    }

    private func refuseConfigured(_ name: String) throws(DeploymentError) {
        guard configured[name] == nil else {
            throw DeploymentError(.conflict, "trigger \(name) is in the config file: change it there and restart the hub")
        }
    }

    // MARK: Deployments

    func deployment(_ id: String) throws(DeploymentError) -> Deployment {
        guard let deployment = state.deployments[id] else { throw DeploymentError(.notFound, "there is no deployment \(id)") }
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
                .conflict, "deployment \(id) is of \(deployment.version.digest): look at it again", pointer: "/digest")
        }
        guard deployment.state.isQueued, deployment.kind == .trigger else {
            throw DeploymentError(.conflict, "deployment \(id) does not wait for anybody: it is \(deployment.state.rawValue)")
        }
        guard let trigger = trigger(deployment.trigger), let gate = trigger.gates.approvals else {
            throw DeploymentError(.conflict, "trigger \(deployment.trigger) asks for no approvals")
        }
        if name != nil, !trustsApproverField {
            throw DeploymentError(
                .invalid, "a name in the request proves nothing; the configuration's deployments.trustApproverField would allow it",
                pointer: "/approver")
        }
        let approval = Approval(
            approver: name ?? actor.name, isVerified: name == nil && actor.kind == "user", definition: trigger.fingerprint,
            comment: comment)
        // Anybody may stop a deployment; who may let it go is another matter.
        if isRejection { return [deployment.step(.rejected(approval))] }
        if let from = gate.from {
            guard approval.isVerified || trustsApproverField, from.contains(approval.approver) else {
                throw DeploymentError(
                    .denied, "only \(from.joined(separator: ", ")) may approve this, and the hub does not know you as one of them")
            }
        }
        if validApprovals(of: deployment, trigger).contains(where: { $0.approver == approval.approver }) { return [] }
        return [deployment.step(.approved(approval))]
    }

    func cancel(_ id: String, actor: Actor, reason: String?) throws(DeploymentError) -> [Event.Payload] {
        let deployment = try deployment(id)
        guard deployment.state.isLive else {
            throw DeploymentError(.conflict, "deployment \(id) is over: it is \(deployment.state.rawValue)")
        }
        return [deployment.step(.cancelled(reason: "cancelled by \(actor.name)" + (reason.map { ": \($0)" } ?? "")))]
    }

    func retry(_ id: String) throws(DeploymentError) -> [Event.Payload] {
        let deployment = try deployment(id)
        switch deployment.state {
        case .failed, .cancelled, .superseded, .interrupted, .rolledBack: break
        default: throw DeploymentError(.conflict, "deployment \(id) cannot be tried again: it is \(deployment.state.rawValue)")
        }
        guard let trigger = trigger(deployment.trigger), trigger.environment == deployment.environment else {
            throw DeploymentError(.conflict, "trigger \(deployment.trigger) is no more, or deploys elsewhere now")
        }
        guard !active.contains(id) else { throw DeploymentError(.conflict, "deployment \(id) is still ending: wait a moment") }
        if deployment.kind == .rollback { return try retry(rollback: deployment) }
        if !trigger.allowsDowngrade {
            let others = state.liveDeployments.filter { $0.lane == deployment.lane && $0.kind == .trigger && $0.id != id }
            let versions = others.map(\.version) + (state.current(deployment.lane).map { [$0.version] } ?? [])
            for version in versions where !trigger.policy.isNewer(deployment.version, than: version).isYes {
                throw DeploymentError(
                    .conflict, "\(deployment.version.name) is not newer than \(version.name): roll back if that is meant")
            }
        }
        return [deployment.step(.retried)]
    }

    /// It has no gates and may put an older image over a newer one, so it is as good as a new rollback only while nothing
    /// else happened; and the environment is pinned with it, as it may have been unpinned since.
    private func retry(rollback deployment: Deployment) throws(DeploymentError) -> [Event.Payload] {
        let lane = deployment.lane
        if let other = state.liveDeployments.first(where: {
            $0.lane == lane && $0.id != deployment.id && ($0.kind == .rollback || $0.state == .running)
        }) {
            throw DeploymentError(.conflict, "\(other.id) (\(other.version.name)) is on its way to \(deployment.environment): wait, or cancel it first")
        }
        let begun = deployment.transitions.last { $0.step == "started" }?.sequence ?? deployment.sequence
        let current = state.current(lane).flatMap { state.deployments[$0.deployment] }
        if let current, let end = current.transitions.last(where: { $0.step == "succeeded" }), end.sequence > begun {
            throw DeploymentError(
                .conflict,
                "\(current.id) (\(current.version.name)) succeeded since: signalbox deployments rollback \(deployment.environment)")
        }
        let undone = deployment.creation.rollbackOf.flatMap { state.deployments[$0]?.version.digest }
        let pin = EnvironmentChange(
            .pinned, environment: deployment.environment, reason: deployment.creation.reason,
            digest: undone == deployment.version.digest ? nil : undone)
        return [.environment(pin), deployment.step(.retried)]
    }

    // MARK: Environments

    /// - Parameters:
    ///   - trigger, repository: needed where several things are deployed to the environment.
    func rollback(
        _ environment: String, to digest: Digest?, trigger: String?, repository: RepositoryName?, actor: Actor, reason: String?
    ) throws(DeploymentError) -> [Event.Payload] {
        let lane = try lane(of: environment, trigger, repository)
        guard self.trigger(lane.trigger)?.environment == environment else {
            throw DeploymentError(.conflict, "trigger \(lane.trigger) is no more, and with it the way to deploy")
        }
        guard !state.liveDeployments.contains(where: { $0.lane == lane && $0.kind == .rollback }) else {
            throw DeploymentError(.conflict, "a rollback of \(environment) is on its way already")
        }
        let standing = Standing(self, lane)
        guard let target = digest.map({ digest in standing.successes.last { $0.version.digest == digest } }) ?? standing.target else {
            let other = standing.last.map { ", or try one again: signalbox deployments retry \($0.id)" } ?? ""
            throw DeploymentError(
                .conflict,
                digest.map { "\($0) was not deployed to \(environment) successfully, as far as is remembered" }
                    ?? "nothing else was deployed to \(environment) successfully, as far as is remembered: name an image (--to)\(other)",
                pointer: digest == nil ? nil : "/to")
        }
        guard (state.pins[environment]?.digests.count ?? 0) < DeploymentState.Pin.limit else {
            throw DeploymentError(
                .tooMany, "\(environment) is pinned against \(DeploymentState.Pin.limit) images already: unpin it first")
        }
        let why = reason ?? "rolled back to \(target.version.name) by \(actor.name)"
        let undone = standing.undone.flatMap { $0.version.digest == target.version.digest ? nil : $0 }
        // What still runs would otherwise end first, and count as what was there before.
        let cancelled = state.liveDeployments.filter {
            $0.lane == lane && ($0.state == .running || $0.id == standing.last?.id)
        }
        return pinAndDeploy(target, in: lane, undoing: undone, reason: why, by: actor.name)
            + cancelled.map { $0.step(.cancelled(reason: why)) }
    }

    private func lane(
        of environment: String, _ trigger: String?, _ repository: RepositoryName?
    ) throws(DeploymentError) -> Lane {
        let lanes = state.lanes.filter { lane, state in
            lane.environment == environment && !state.successes.isEmpty && trigger.map { $0 == lane.trigger } ?? true
                && repository.map { $0 == lane.repository } ?? true
        }.keys
        guard let lane = lanes.first else {
            throw DeploymentError(.notFound, "nothing was deployed to \(environment) successfully, as far as is remembered")
        }
        guard lanes.count == 1 else {
            let names = lanes.map { "\($0.repository) by \($0.trigger)" }.sorted().prefix(10).joined(separator: ", ")
            throw DeploymentError(.conflict, "\(environment) runs \(names): say which by \"repository\" and \"trigger\"")
        }
        return lane
    }

    func unpin(_ environment: String, reason: String?) throws(DeploymentError) -> [Event.Payload] {
        guard state.pins[environment] != nil else { throw DeploymentError(.conflict, "\(environment) is not pinned") }
        return [.environment(EnvironmentChange(.unpinned, environment: environment, reason: reason ?? ""))]
    }

    func pin(_ environment: String, actor: Actor, reason: String?) throws(DeploymentError) -> [Event.Payload] {
        guard Trigger.isName(environment) else { throw DeploymentError(.notFound, "there is no environment \(environment)") }
        guard state.pins[environment] == nil else { throw DeploymentError(.conflict, "\(environment) is pinned already") }
        let why = reason ?? "pinned by \(actor.name)"
        return [.environment(EnvironmentChange(.pinned, environment: environment, reason: why))]
    }
}
