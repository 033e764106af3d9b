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
                Success(deployment: deployment.id, version: deployment.version, at: time, sequence: sequence))
            if state.successes.count > Success.limit { state.successes.removeFirst() }
            lanes[lane] = state
            note(lane)
            release(former)
        case .rolledBack: mark(deployment.version.digest, in: lane.environment, \.isRolledBack)
        default: break
        }
    }

    /// What ends, or belittles, the time for which images have run in an environment.
    mutating func applyToPlace(_ deployment: Deployment, _ step: DeploymentChange.Step, wasRunning: Bool, _ time: Int64) {
        switch step {
        case .started:
            // Whatever comes of it: from now on it is not sure what runs there.
            let place = deployment.lane.place
            for trigger in places[place]?.triggers ?? [] {
                guard let last = current(place.lane(trigger)), last.version.digest != deployment.version.digest,
                    last.endedAt == nil, let index = lanes[place.lane(trigger)]?.successes.indices.last
                else { continue }
                lanes[place.lane(trigger)]?.successes[index].endedAt = time
            }
        case .failed, .interrupted, .cancelled, .rejected:
            if wasRunning { mark(deployment.version.digest, in: deployment.environment, \.isInDoubt) }
        default: break
        }
    }

    /// Sets something of all successes of an image in an environment, whoever deployed it there and however often.
    mutating func mark(_ digest: Digest, in environment: String, _ flag: WritableKeyPath<Success, Bool>) {
        for (lane, state) in lanes where lane.environment == environment {
            for (index, success) in state.successes.enumerated() where success.version.digest == digest {
                lanes[lane]?.successes[index][keyPath: flag] = true
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

    /// All that went well in a place, by whichever trigger, oldest first.
    func successes(in place: Place) -> [Success] {
        (places[place]?.triggers ?? []).flatMap { lanes[place.lane($0)]?.successes ?? [] }
            .sorted { ($0.sequence, $0.at) < ($1.sequence, $1.at) }
    }

    /// The last good image of a place besides one: what is put back if that is bad. It is none that was rolled back there or
    /// that the environment is pinned against, and one that failed there since only for want of others.
    /// - Parameter success: only what went well before this.
    func previous(in place: Place, than digest: Digest?, before success: Success? = nil) -> Success? {
        let pinned = pins[place.environment]?.digests ?? []
        var all = successes(in: place)
        if let success, let index = all.lastIndex(of: success) { all.removeSubrange(index...) }
        let good = all.filter { $0.version.digest != digest && !$0.isRolledBack && !pinned.contains($0.version.digest) }
        return good.last { !$0.isInDoubt } ?? good.last
    }
}
