import Events
import OCI

/// Going back, when people ask for it.
extension Situation {
    /// - Parameters:
    ///   - trigger, repository: needed where several things are deployed to the environment.
    func rollback(
        _ environment: String, to digest: Digest?, trigger: String?, repository: RepositoryName?, actor: Actor, reason: String?
    ) throws(DeploymentError) -> [Event.Payload] {
        let (service, by) = try meant(in: environment, trigger, repository)
        let way = try way(to: service, by: by)
        func isMeant(_ deployment: Deployment) -> Bool { self.service(of: deployment).overlaps(service) }
        guard !state.liveDeployments.contains(where: { isMeant($0) && $0.kind == .rollback }) else {
            throw DeploymentError(.conflict, "a rollback of \(environment) is on its way already: wait for its end, or cancel it first (signalbox deployments list --environment \(environment))")
        }
        let standing = Standing(state, service, for: by ?? way.settingsOf.flatMap { state.deployments[$0]?.settings?.trigger }) {
            isThere(service.repository, $0)
        }
        let named = digest.map { digest in state.successes(of: service, for: nil).last { $0.version.digest == digest } }
        guard let target = named ?? standing.target else {
            let failed = standing.last.flatMap { $0.id == standing.present?.deployment ? nil : $0.id }
            let other = failed.map { ", or try one again: signalbox deployments retry \($0)" } ?? ""
            throw DeploymentError(
                .conflict,
                digest.map { "\($0) was not deployed to \(environment) successfully, as far as is remembered: signalbox deployments list --environment \(environment) --state succeeded shows what was" }
                    ?? "nothing else that is not rolled back, and not deleted, was deployed to \(environment) successfully, as far as is remembered: name an image (--to)\(other)",
                pointer: digest == nil ? nil : "/to")
        }
        try refuseDeleted(target.version.digest, of: service.repository, pointer: "/to")
        guard pins(in: environment, holding: service).allSatisfy({ $0.digests.count < Pins.Pin.limit }) else {
            throw DeploymentError(
                .tooMany, "\(environment) is pinned against \(Pins.Pin.limit) images already: unpin it first (signalbox deployments unpin \(environment))")
        }
        let why = reason ?? "rolled back to \(target.version.name) by \(actor.name)"
        let undone = standing.undone.flatMap { $0.version.digest == target.version.digest ? nil : $0 }
        // What still runs would otherwise end first, and count as what was there before.
        let cancelled = state.liveDeployments.filter { isMeant($0) && ($0.state == .running || $0.id == standing.last?.id) }
        return pinAndDeploy(target, by: way, in: service, undoing: undone, reason: why, actor: actor.name)
            + cancelled.map { $0.step(.cancelled(reason: why)) }
    }

    /// It has no gates and may put an older image over a newer one, so it is as good as a new rollback only while nothing
    /// else happened; and the environment is pinned with it, as it may have been unpinned since.
    func retry(rollback deployment: Deployment) throws(DeploymentError) -> [Event.Payload] {
        let service = service(of: deployment)
        if let other = state.liveDeployments.first(where: {
            $0.id != deployment.id && ($0.kind == .rollback || $0.state == .running) && self.service(of: $0).overlaps(service)
        }) {
            throw DeploymentError(.conflict, "\(other.id) (\(other.version.name)) is on its way to \(deployment.environment): wait for its end, or cancel it first (signalbox deployments cancel \(other.id))")
        }
        let begun = deployment.transitions.last { $0.step == "started" }?.sequence ?? deployment.sequence
        if let current = state.current(service, for: nil), current.sequence > begun, current.version.digest != deployment.version.digest {
            throw DeploymentError(
                .conflict,
                "\(current.deployment) (\(current.version.name)) succeeded since: signalbox deployments rollback \(deployment.environment)")
        }
        let undone = deployment.creation.rollbackOf.flatMap { state.deployments[$0]?.version.digest }
        let pin = EnvironmentChange(
            .pinned, environment: deployment.environment, reason: deployment.creation.reason,
            digest: undone == deployment.version.digest ? nil : undone, service: service.pinned)
        return [.environment(pin), deployment.step(.retried)]
    }

    // MARK: Pins

    /// - Parameters:
    ///   - trigger, repository: needed where several services are pinned.
    func unpin(
        _ environment: String, trigger: String? = nil, repository: RepositoryName? = nil, reason: String?
    ) throws(DeploymentError) -> [Event.Payload] {
        guard let pins = state.pins[environment] else {
            throw DeploymentError(.conflict, "\(environment) is not pinned, so there is nothing to unpin: signalbox environments shows what is")
        }
        let why = reason ?? ""
        let services = pins.all.compactMap(\.service)
        guard trigger != nil || repository != nil else {
            guard services.count <= 1 else {
                let names = services.map(\.text).sorted().prefix(10)
                throw DeploymentError(
                    .conflict, "\(environment) is pinned for \(services.count) services, \(names.joined(separator: ", ")): say which (--trigger NAME, --repository NAME)")
            }
            return [.environment(EnvironmentChange(.unpinned, environment: environment, reason: why))]
        }
        let target = trigger.flatMap { self.trigger($0, in: environment)?.target.fingerprint }
        let meant = services.filter { service in
            repository.map { $0 == service.repository } ?? true && trigger.map { service.has($0, target) } ?? true
        }
        guard !meant.isEmpty else {
            let what = (repository.map { " of \($0)" } ?? "") + (trigger.map { " by trigger \($0)" } ?? "")
            let hint = services.isEmpty ? "all of it is, so name no service" : "signalbox environments shows what is"
            throw DeploymentError(.conflict, "nothing\(what) is pinned in \(environment) by itself: \(hint)")
        }
        return meant.map { .environment(EnvironmentChange(.unpinned, environment: environment, reason: why, service: $0.pinned)) }
    }

    func pin(_ environment: String, actor: Actor, reason: String?) throws(DeploymentError) -> [Event.Payload] {
        guard Trigger.isName(environment) else { throw DeploymentError.unknownEnvironment(environment) }
        guard state.pins[environment]?.all.allSatisfy({ $0.service != nil }) ?? true else {
            throw DeploymentError(.conflict, "\(environment) is pinned already: signalbox deployments unpin \(environment) lets triggers deploy there again")
        }
        let why = reason ?? "pinned by \(actor.name)"
        return [.environment(EnvironmentChange(.pinned, environment: environment, reason: why))]
    }
}
