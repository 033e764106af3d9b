import Events
import OCI

/// Going back, when people ask for it.
extension Situation {
    /// - Parameters:
    ///   - trigger, repository: needed where several things are deployed to the environment.
    func rollback(
        _ environment: String, to digest: Digest?, trigger: String?, repository: RepositoryName?, actor: Actor, reason: String?
    ) throws(DeploymentError) -> [Event.Payload] {
        let place = try place(in: environment, trigger, repository)
        let (way, service) = try way(to: place, trigger)
        func isMeant(_ deployment: Deployment) -> Bool {
            deployment.lane.place == place && service.map { $0 == deployment.trigger } ?? true
        }
        guard !state.liveDeployments.contains(where: { isMeant($0) && $0.kind == .rollback }) else {
            throw DeploymentError(.conflict, "a rollback of \(environment) is on its way already: wait for its end, or cancel it first (signalbox deployments list --environment \(environment))")
        }
        let standing = Standing(state, place, trigger: service)
        let named = digest.map { digest in state.successes(in: place).last { $0.version.digest == digest } }
        guard let target = named ?? standing.target else {
            let failed = standing.last.flatMap { $0.id == standing.present?.deployment ? nil : $0.id }
            let other = failed.map { ", or try one again: signalbox deployments retry \($0)" } ?? ""
            throw DeploymentError(
                .conflict,
                digest.map { "\($0) was not deployed to \(environment) successfully, as far as is remembered: signalbox deployments list --environment \(environment) --state succeeded shows what was" }
                    ?? "nothing else that is not rolled back was deployed to \(environment) successfully, as far as is remembered: name an image (--to)\(other)",
                pointer: digest == nil ? nil : "/to")
        }
        guard (state.pins[environment]?.digests.count ?? 0) < DeploymentState.Pin.limit else {
            throw DeploymentError(
                .tooMany, "\(environment) is pinned against \(DeploymentState.Pin.limit) images already: unpin it first (signalbox deployments unpin \(environment))")
        }
        let why = reason ?? "rolled back to \(target.version.name) by \(actor.name)"
        let undone = standing.undone.flatMap { $0.version.digest == target.version.digest ? nil : $0 }
        // What still runs would otherwise end first, and count as what was there before.
        let cancelled = state.liveDeployments.filter { isMeant($0) && ($0.state == .running || $0.id == standing.last?.id) }
        return pinAndDeploy(target, by: way, in: place, undoing: undone, reason: why, actor: actor.name)
            + cancelled.map { $0.step(.cancelled(reason: why)) }
    }

    /// What of an environment is meant: the repository of which something went well there.
    private func place(
        in environment: String, _ trigger: String?, _ repository: RepositoryName?
    ) throws(DeploymentError) -> Place {
        let all = state.places.keys.filter { place in
            place.environment == environment && repository.map { $0 == place.repository } ?? true && state.current(place) != nil
        }
        // A trigger that has deployed nothing yet may stand in for one that is no more.
        let own = trigger.map { name in all.filter { state.places[$0]?.triggers.contains(name) ?? false } } ?? all
        let places = own.isEmpty && trigger.flatMap { self.trigger($0) }?.environment == environment ? all : own
        guard let place = places.first else {
            let by = (trigger.map { " by trigger \($0)" } ?? "") + (repository.map { " of \($0)" } ?? "")
            throw DeploymentError(
                .notFound,
                "nothing\(by) was deployed to \(environment) successfully, as far as is remembered: signalbox environments shows what runs where")
        }
        guard places.count == 1 else {
            let names = places.map { "\($0.repository)" }.sorted().prefix(10).joined(separator: ", ")
            throw DeploymentError(.conflict, "\(environment) runs \(names): say which (--repository)")
        }
        return place
    }

    /// How to deploy there, and of which service alone if there are several: that of one trigger. Triggers with the same
    /// target are one service.
    private func way(to place: Place, _ name: String?) throws(DeploymentError) -> (Way, service: String?) {
        let triggers = (state.places[place]?.triggers ?? []).sorted {
            (state.lanes[place.lane($0)]?.startedAt ?? 0, $0) > (state.lanes[place.lane($1)]?.startedAt ?? 0, $1)
        }
        let present = triggers.compactMap { name in trigger(name).flatMap { $0.environment == place.environment ? $0 : nil } }
        let services = Set(present.map(\.target))
        if let name {
            let isOneOfSeveral = triggers.contains(name) && services.union(trigger(name).map { [$0.target] } ?? []).count > 1
            return (try way(to: place, by: [name]), isOneOfSeveral ? name : nil)
        }
        guard services.count <= 1 else {
            let names = present.map(\.name).sorted().prefix(10).joined(separator: ", ")
            throw DeploymentError(
                .conflict, "\(place.environment) runs \(place.repository) by triggers with different targets, \(names): say which (--trigger)")
        }
        return (try way(to: place, by: present.isEmpty ? triggers : present.prefix(1).map(\.name)), nil)
    }

    /// The first trigger that still deploys there, or what one that is no more was last started with.
    private func way(to place: Place, by triggers: [String]) throws(DeploymentError) -> Way {
        for name in triggers where trigger(name)?.environment == place.environment { return Way(trigger: name, settingsOf: nil) }
        for name in triggers {
            let lane = state.lanes[place.lane(name)]
            for id in [lane?.lastStarted, lane?.successes.last?.deployment] {
                if let id, state.deployments[id]?.settings != nil { return Way(trigger: name, settingsOf: id) }
            }
        }
        let others = Set(configured.keys).union(state.triggers.keys).filter { trigger($0)?.environment == place.environment }
        let hint = others.isEmpty ? "add it again (signalbox trigger add FILE)" : "name one that does (--trigger \(others.sorted().joined(separator: ", ")))"
        throw DeploymentError(
            .conflict,
            "trigger \(triggers.first ?? "none"), which deployed \(place.repository) to \(place.environment), is no more or deploys elsewhere now, and with what is not known: \(hint)")
    }

    /// It has no gates and may put an older image over a newer one, so it is as good as a new rollback only while nothing
    /// else happened; and the environment is pinned with it, as it may have been unpinned since.
    func retry(rollback deployment: Deployment) throws(DeploymentError) -> [Event.Payload] {
        let place = deployment.lane.place
        if let other = state.liveDeployments.first(where: {
            $0.lane.place == place && $0.id != deployment.id && ($0.kind == .rollback || $0.state == .running)
        }) {
            throw DeploymentError(.conflict, "\(other.id) (\(other.version.name)) is on its way to \(deployment.environment): wait for its end, or cancel it first (signalbox deployments cancel \(other.id))")
        }
        let begun = deployment.transitions.last { $0.step == "started" }?.sequence ?? deployment.sequence
        if let (_, current) = state.current(place), current.sequence > begun, current.version.digest != deployment.version.digest {
            throw DeploymentError(
                .conflict,
                "\(current.deployment) (\(current.version.name)) succeeded since: signalbox deployments rollback \(deployment.environment)")
        }
        let undone = deployment.creation.rollbackOf.flatMap { state.deployments[$0]?.version.digest }
        let pin = EnvironmentChange(
            .pinned, environment: deployment.environment, reason: deployment.creation.reason,
            digest: undone == deployment.version.digest ? nil : undone)
        return [.environment(pin), deployment.step(.retried)]
    }
}
