import Events
import OCI

/// An image that an event offers to a trigger.
struct Candidate: Sendable, Hashable {
    let trigger: String
    let repository: RepositoryName
    let version: ImageVersion
    /// The record.
    var sequence: UInt64
    /// Unix milliseconds.
    let time: Int64
    let actor: String
}

extension Candidate {
    init(_ change: ImageChange, trigger: String, sequence: UInt64, time: Int64, actor: String) {
        let version = ImageVersion(tag: change.tag?.text, digest: change.digest, pushed: time, sequence: sequence)
        self.init(
            trigger: trigger, repository: change.repository, version: version, sequence: sequence, time: time, actor: actor)
    }
}

extension Candidate {
    fileprivate func creation(_ reason: String) -> Creation {
        Creation(kind: .trigger, reason: reason, pushed: version.pushed, event: sequence, pushedBy: actor)
    }
}

/// Whether an event becomes a deployment.
enum Admission: Sendable {
    case admitted(String)
    case refused(String)

    var reason: String {
        switch self {
        case .admitted(let reason), .refused(let reason): reason
        }
    }
}

extension Situation {
    /// How many deployments of one lane may wait.
    static let queueLimit = 1_000
    /// How many deployments may wait or run in all. Every decision looks at each of them, and repositories cost nothing to make.
    static let liveLimit = 5_000

    /// Whether the policy means the tag at all.
    func policy(_ candidate: Candidate, _ trigger: Trigger) -> PolicyVerdict {
        guard let tag = candidate.version.tag else { return .no("the image was pushed without a tag") }
        return trigger.policy.admits(tag)
    }

    /// What a trigger put into an environment and an image must not replace unless it is newer: nothing that was undone there
    /// since, be it by another trigger's rollback.
    func standing(in lane: Lane) -> Success? {
        state.current(lane).flatMap { $0.isRolledBack ? nil : $0 }
    }

    /// What another trigger put into the environment and an image must not replace, in the same service or last of all: it is
    /// not newer. The same image may well be deployed by two triggers, to two services, say.
    func standing(against version: ImageVersion, in lane: Lane, _ trigger: Trigger) -> (success: Success, reason: String)? {
        guard !trigger.allowsDowngrade else { return nil }
        let inService = state.current(in: lane.place, where: { $0 == lane.trigger || $1.target == trigger.target.fingerprint }).flatMap { $0.success.isRolledBack ? nil : $0 }
        let last = state.current(lane.place).map { (trigger: $0.lane.trigger, success: $0.success) }
        for (other, success) in [inService, last].compactMap(\.self) where other != lane.trigger {
            guard success.version.digest != version.digest, trigger.policy.orders(success.version) else { continue }
            let verdict = trigger.policy.isNewer(version, than: success.version)
            if !verdict.isYes { return (success, "\(verdict.reason) by trigger \(other)") }
        }
        return nil
    }

    /// Whether it is newer than all that the environment runs, or is about to.
    func order(_ candidate: Candidate, _ trigger: Trigger) -> Admission {
        let lane = Lane(environment: trigger.environment, trigger: trigger.name, repository: candidate.repository)
        guard candidate.sequence > state.lanes[lane]?.lastEvent ?? 0 else {
            let id = DeploymentID.event(candidate.sequence, trigger: trigger.name)
            return .refused(
                state.deployments[id].map { "this event became a deployment already: \(id) (\($0.state.rawValue))" }
                    ?? "a later event became a deployment already")
        }
        if let objection = objection(to: candidate.version.digest, in: trigger.environment, service(trigger, candidate.repository)) { return .refused(objection) }
        if trigger.allowsDowngrade { return .admitted("older images are allowed over newer ones") }
        lazy var underWay = Promotion.UnderWay(state)
        for other in state.liveDeployments where other.lane == lane && other.kind == .trigger {
            guard other.version.digest != candidate.version.digest else {
                return .refused("this digest is on its way already, as \(other.version.name) (\(other.id), \(other.state.rawValue))")
            }
            guard trigger.policy.isNewer(candidate.version, than: other.version).isYes || mayNeverRun(other, underWay) else {
                return .refused("\(candidate.version.name) is not newer than \(other.version.name), which is on its way (\(other.id))")
            }
        }
        if let standing = standing(against: candidate.version, in: lane, trigger) { return .refused(standing.reason) }
        let verdict = trigger.policy.isNewer(candidate.version, than: standing(in: lane)?.version)
        return verdict.isYes ? .admitted(verdict.reason) : .refused(verdict.reason)
    }

    /// The records that make a deployment of one of some candidates that count as one: the first that is not refused.
    func admit(_ candidates: [Candidate]) -> [Event.Payload] {
        // Read again after a crash: one of them was chosen already, whatever has become of it.
        let isDone = candidates.contains { state.deployments[DeploymentID.event($0.sequence, trigger: $0.trigger)] != nil }
        guard !isDone else { return [] }
        let hopeful = candidates.count > 1 ? unspoilt(candidates) : []
        return (hopeful + candidates).lazy.map { admit($0) }.first { !$0.isEmpty } ?? []
    }

    /// Those that no gate would end at once, as their scan is bad already: these are no reason to leave out another.
    private func unspoilt(_ candidates: [Candidate]) -> [Candidate] {
        let underWay = Promotion.UnderWay(state)
        return candidates.filter { candidate in
            guard let trigger = trigger(candidate.trigger) else { return true }
            return !gates(of: prospect(candidate, trigger), trigger, underWay).contains(where: \.isRefused)
        }
    }

    /// The deployment that a candidate would be, now.
    func prospect(_ candidate: Candidate, _ trigger: Trigger) -> Deployment {
        let change = creation(of: candidate, trigger, reason: "")
        return Deployment(change, candidate.creation(""), sequence: candidate.sequence, time: now)
    }

    private func creation(of candidate: Candidate, _ trigger: Trigger, reason: String) -> DeploymentChange {
        DeploymentChange(
            id: DeploymentID.event(candidate.sequence, trigger: trigger.name), trigger: trigger.name,
            environment: trigger.environment, repository: candidate.repository, tag: candidate.version.tag,
            digest: candidate.version.digest, step: .created(candidate.creation(reason)))
    }

    /// The records that make a deployment of a candidate; none where it is not to be one. The trigger decides as it was when
    /// the image was pushed.
    func admit(_ candidate: Candidate) -> [Event.Payload] {
        guard takes(candidate.trigger, at: candidate.sequence),
            let trigger = trigger(candidate.trigger, at: candidate.sequence)?.trigger
        else { return [] }
        let policy = policy(candidate, trigger)
        guard policy.isYes, case .admitted(let reason) = order(candidate, trigger) else { return [] }
        var change = creation(of: candidate, trigger, reason: "\(policy.reason); \(reason)")
        let created = change
        guard let overflow = overflow(candidate) else { return [.deployment(created)] }
        change.step = .cancelled(reason: overflow)
        return [.deployment(created), .deployment(change)]
    }

    /// Why no more deployments are taken; nil where they are.
    func overflow(_ candidate: Candidate) -> String? {
        let waiting = state.liveDeployments.count { $0.trigger == candidate.trigger && $0.repository == candidate.repository }
        if waiting >= Self.queueLimit { return "\(waiting) deployments of \(candidate.repository) by trigger \(candidate.trigger) wait already: no more are taken" }
        return state.live.count >= Self.liveLimit ? "\(state.live.count) deployments wait or run already: no more are taken" : nil
    }
}
