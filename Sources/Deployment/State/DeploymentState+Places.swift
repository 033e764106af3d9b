import Events
import OCI

// What stands where: the part of the fold that lanes and places are.

extension DeploymentState {
    mutating func applyToLane(_ deployment: Deployment, _ step: DeploymentChange.Step, _ sequence: UInt64, _ time: Int64) {
        let lane = deployment.lane
        var state = lanes[lane] ?? LaneState()
        switch step {
        case .started:
            let former = state.lastStarted
            (state.lastStarted, state.startedAt) = (deployment.id, sequence)
            lanes[lane] = state
            places[lane.place, default: PlaceState()].triggers.insert(lane.trigger)
            release(former)
        case .succeeded:
            let former = state.successes.last?.deployment
            if let last = state.successes.indices.last, state.successes[last].endedAt == nil {
                state.successes[last].endedAt = time
            }
            state.successes.append(
                Success(
                    deployment: deployment.id, version: deployment.version, at: time, sequence: sequence, target: deployment.target))
            if state.successes.count > Success.limit { state.successes.removeFirst() }
            lanes[lane] = state
            note(lane)
            forgetFailures(of: deployment.version.digest, in: deployment.service)
            release(former)
        case .rolledBack: fail(deployment, \.isRolledBack)
        default: break
        }
    }

    /// What ends, or belittles, the time for which images have run in a service.
    mutating func applyToPlace(_ deployment: Deployment, _ step: DeploymentChange.Step, wasRunning: Bool, _ time: Int64) {
        switch step {
        case .started:
            // Whatever comes of it: from now on it is not sure what runs in its service.
            let (place, service) = (deployment.lane.place, deployment.service)
            for trigger in places[place]?.triggers ?? [] {
                guard let last = current(place.lane(trigger)), last.version.digest != deployment.version.digest,
                    service.has(trigger, last.target), last.endedAt == nil, let index = lanes[place.lane(trigger)]?.successes.indices.last
                else { continue }
                lanes[place.lane(trigger)]?.successes[index].endedAt = time
            }
        case .failed, .interrupted, .cancelled, .rejected:
            if wasRunning { fail(deployment, \.isInDoubt) }
        default: break
        }
    }

    /// The image is no good in the service, as far as is known last.
    private mutating func fail(_ deployment: Deployment, _ flag: WritableKeyPath<Success, Bool>) {
        let failure = Failure(digest: deployment.version.digest, target: deployment.target)
        mark(failure.digest, in: deployment.lane.place, of: deployment.service, flag)
        var failures = lanes[deployment.lane]?.failures ?? []
        failures.removeAll { $0.digest == failure.digest }
        failures.append(failure)
        lanes[deployment.lane]?.failures = failures.suffix(Success.limit)
    }

    /// It went well in the service, so that it failed there before says nothing any more.
    private mutating func forgetFailures(of digest: Digest, in service: Service) {
        for trigger in places[service.place]?.triggers ?? [] {
            lanes[service.place.lane(trigger)]?.failures.removeAll { $0.digest == digest && service.has(trigger, $0.target) }
        }
    }

    /// Sets something of all successes of an image in a place, however often there were.
    /// - Parameter service: nil for all services.
    mutating func mark(_ digest: Digest, in place: Place, of service: Service?, _ flag: WritableKeyPath<Success, Bool>) {
        for trigger in places[place]?.triggers ?? [] {
            let lane = place.lane(trigger)
            for (index, success) in (lanes[lane]?.successes ?? []).enumerated() where success.version.digest == digest {
                if service?.has(trigger, success.target) ?? true { lanes[lane]?.successes[index][keyPath: flag] = true }
            }
        }
    }

    /// A lane has the last success of its place.
    mutating func note(_ lane: Lane) {
        places[lane.place, default: PlaceState()].triggers.insert(lane.trigger)
        places[lane.place]?.last = lane.trigger
    }

    /// What an environment runs, and what was tried last, is what a rollback undoes, however long ago that was.
    func isNeeded(_ id: String) -> Bool {
        guard let lane = deployments[id]?.lane, let state = lanes[lane] else { return false }
        return state.lastStarted == id || state.successes.last?.deployment == id
    }

    /// Forgets what a run was started with when nothing can go back to it any more.
    private mutating func release(_ id: String?) {
        guard let id, let deployment = deployments[id], !deployment.state.isLive, !isNeeded(id) else { return }
        deployments[id]?.settings = nil
    }
}

extension DeploymentState {
    /// What an environment runs through a lane, as far as is known.
    func current(_ lane: Lane) -> Success? { lanes[lane]?.successes.last }

    /// What an environment runs of a repository, and the lane that put it there: a deleted trigger leaves that behind.
    func current(_ place: Place) -> (lane: Lane, success: Success)? {
        guard let lane = places[place]?.last.map(place.lane) else { return nil }
        return current(lane).map { (lane, $0) }
    }

    /// What went well last in a place, of what is meant, and by which trigger.
    /// - Parameter isMeant: with the trigger and its target.
    func current(in place: Place, where isMeant: (String, Success) -> Bool) -> (trigger: String, success: Success)? {
        var last: (trigger: String, success: Success)?
        for trigger in places[place]?.triggers ?? [] {
            guard let success = lanes[place.lane(trigger)]?.successes.last(where: { isMeant(trigger, $0) }) else { continue }
            if last.map({ $0.success.isBefore(success) }) ?? true { last = (trigger, success) }
        }
        return last
    }

    /// What went well in a service last.
    /// - Parameter own: as of `Service.has`, here and below.
    func current(_ service: Service, for own: Trigger?) -> Success? {
        current(in: service.place) { service.has($0, $1.target, $1.version, for: own) }?.success
    }

    /// What was started last in a service.
    func lastStarted(of service: Service, for own: Trigger?) -> Deployment? {
        var last: (at: UInt64, deployment: Deployment)?
        for trigger in places[service.place]?.triggers ?? [] {
            guard let lane = lanes[service.place.lane(trigger)], let deployment = lane.lastStarted.flatMap({ deployments[$0] }),
                service.has(trigger, deployment.target, deployment.version, for: own)
            else { continue }
            if last.map({ $0.at < lane.startedAt }) ?? true { last = (lane.startedAt, deployment) }
        }
        return last?.deployment
    }

    /// All that went well in a service, oldest first.
    func successes(of service: Service, for own: Trigger?) -> [Success] {
        (places[service.place]?.triggers ?? []).flatMap { trigger in
            (lanes[service.place.lane(trigger)]?.successes ?? []).filter { service.has(trigger, $0.target, $0.version, for: own) }
        }.sorted { $0.isBefore($1) }
    }

    /// The last good image of a service besides one: what is put back if that is bad. It is none that was rolled back there or
    /// that it is pinned against, and one that failed there since only for want of others.
    /// - Parameters:
    ///   - success: only what went well before this.
    ///   - isThere: whether an image of its repository can still be deployed.
    func previous(
        of service: Service, than digest: Digest?, before success: Success? = nil, for own: Trigger?, where isThere: (Digest) -> Bool
    ) -> Success? {
        let pinned = pins[service.environment]?.covering(service).flatMap(\.digests) ?? []
        var all = successes(of: service, for: own)
        if let success, let index = all.lastIndex(of: success) { all.removeSubrange(index...) }
        let good = all.filter { $0.version.digest != digest && !$0.isRolledBack && !pinned.contains($0.version.digest) }
        return good.last { !$0.isInDoubt && isThere($0.version.digest) } ?? good.last { isThere($0.version.digest) }
    }
}
