import Events
import OCI

/// Decides what happens next. Every decision is one transaction of the log; after each the situation is another, and the
/// planner is asked again, until nothing is left to do at this moment.
///
/// Decisions that do not touch one another are one transaction: each costs a look at all that is live, and of a thousand
/// that wait, a pin or the end of their trigger concerns each.
struct Planner {
    let situation: Situation
    /// How many decisions may be one transaction.
    private let limit: Int

    enum Plan: Sendable {
        /// Records to commit together.
        case commit([Event.Payload])
        /// Nothing to do before this time (Unix milliseconds), unless something happens.
        case idle(until: Int64?)
    }

    private var state: DeploymentState { situation.state }
    private var now: Int64 { situation.now }

    init(_ situation: Situation, atOnce limit: Int = 256) {
        self.situation = situation
        self.limit = limit
    }

    func plan() -> Plan {
        let live = Array(state.liveDeployments)
        var batch: [Event.Payload] = []
        for deployment in live where batch.count < limit {
            guard let payloads = cutOff(deployment) ?? dropped(deployment) else { continue }
            // What has run may be rolled back, which changes what holds for others; what has not, ends alone.
            guard deployment.state.isQueued, !deployment.isHalfDone else { return .commit(batch.isEmpty ? payloads : batch) }
            batch += payloads
        }
        guard batch.isEmpty else { return .commit(batch) }
        let queued = live.filter(\.state.isQueued)
        let underWay = Promotion.UnderWay(state)
        var checked: [String: [GateCheck]] = [:]
        if let payloads = superseded(queued, underWay, &checked) { return .commit(payloads) }
        var wake: Int64?
        var ready: [(deployment: Deployment, trigger: Trigger)] = []
        var changed: Set<Digest> = []
        for deployment in queued {
            let trigger = situation.runTrigger(deployment)
            // Nobody knows what holds for it, nor that it must not run any more: the version that made its trigger does.
            let unreadable = [GateCheck(gate: "paused", outcome: .held("trigger \(deployment.trigger) cannot be read by this version", until: nil))]
            let checks = checked[deployment.id] ?? trigger.map { situation.gates(of: deployment, $0, underWay) } ?? unreadable
            if let payloads = held(deployment, checks, &wake) {
                // Gates before the same image elsewhere look at what is on its way, and what waits, or ended, is not.
                guard !deployment.isHalfDone, !changed.contains(deployment.version.digest) else { return .commit(batch.isEmpty ? payloads : batch) }
                if deployment.state != .waiting { changed.insert(deployment.version.digest) }
                batch += payloads
                guard batch.count < limit else { return .commit(batch) }
                continue
            }
            if let trigger, checks.allSatisfy(\.isOpen) {
                if let retryAt = deployment.retryAt, retryAt > now {
                    wake = min(wake ?? .max, retryAt)
                } else {
                    ready.append((deployment, trigger))
                }
            }
        }
        guard batch.isEmpty else { return .commit(batch) }
        if let payloads = Turns(situation).next(ready, atOnce: limit) { return .commit(payloads) }
        return .idle(until: wake)
    }

    /// A run that takes the hub with it each time, such as by all of its machine's memory, would end every start.
    private static let interruptionLimit = 10

    /// The log says that it runs, and nothing does: the hub ended meanwhile.
    private func cutOff(_ deployment: Deployment) -> [Event.Payload]? {
        switch deployment.state {
        case .running where !situation.active.contains(deployment.id):
            return [deployment.step(.interrupted(attempt: deployment.attempt, reason: "the hub ended while it ran"))]
        case .interrupted where situation.startedWith(deployment)?.retriesInterrupted == false:
            let result = RunResult(attempt: deployment.attempt, reason: "interrupted: the hub ended while it ran", output: nil)
            return situation.failure(of: deployment, result)
        case .interrupted where deployment.interruptions >= Self.interruptionLimit:
            let reason = "interrupted \(deployment.interruptions) times: it is not tried again, as it may be what ends the hub"
            return situation.failure(of: deployment, RunResult(attempt: deployment.attempt, reason: reason, output: nil))
        default: return nil
        }
    }

    /// What waits and must not run any more, whatever else is there.
    private func dropped(_ deployment: Deployment) -> [Event.Payload]? {
        guard deployment.state.isQueued else { return nil }
        let reason: String
        if let objection = situation.objection(to: deployment.version.digest, in: deployment.environment, situation.service(of: deployment)) {
            reason = objection
        } else if situation.runTrigger(deployment) == nil, !situation.isUnreadable(deployment.trigger) {
            reason = situation.trigger(deployment.trigger).map { "trigger \($0.name) deploys to \($0.environment) now" }
                ?? "trigger \(deployment.trigger) is no more"
        } else {
            return nil
        }
        return situation.giveUp(deployment, reason)
    }

    /// Those that must not run any more because of what is deployed, or the first because of a newer one that waits.
    /// - Parameter checked: gates that were looked at for it, by deployment.
    private func superseded(
        _ queued: [Deployment], _ underWay: Promotion.UnderWay, _ checked: inout [String: [GateCheck]]
    ) -> [Event.Payload]? {
        var newest: [Lane: Newest] = [:]
        var batch: [Event.Payload] = []
        for deployment in newestFirst(queued) where deployment.kind == .trigger {
            guard let trigger = situation.runTrigger(deployment) else { continue }
            if let current = situation.standing(in: deployment.lane), !trigger.allowsDowngrade {
                let verdict = trigger.policy.isNewer(deployment.version, than: current.version)
                if !verdict.isYes {
                    batch.append(deployment.step(.superseded(by: current.deployment, reason: verdict.reason)))
                    if batch.count == limit { return batch }
                    continue
                }
            }
            if let (other, reason) = situation.standing(against: deployment.version, in: deployment.lane, trigger) {
                batch.append(deployment.step(.superseded(by: other.deployment, reason: reason)))
                if batch.count == limit { return batch }
                continue
            }
            guard trigger.concurrency == .latest else { continue }
            let checks = situation.gates(of: deployment, trigger, underWay)
            if let newer = newest[deployment.lane]?.replacement(of: deployment, checks) {
                return !batch.isEmpty ? batch : [deployment.step(.superseded(by: newer.id, reason: "\(newer.version.name) waits in its place"))]
            }
            newest[deployment.lane, default: Newest()].add(deployment, checks)
            checked[deployment.id] = checks
        }
        return batch.isEmpty ? nil : batch
    }

    /// The last that came first; but of a lane where one waits for all, the newest, which may have come before an older one.
    private func newestFirst(_ queued: [Deployment]) -> [Deployment] {
        var order = Array(queued.reversed())
        var lanes: [Lane: (trigger: Trigger, places: [Int])] = [:]
        for (place, deployment) in order.enumerated() where deployment.kind == .trigger {
            guard let trigger = situation.runTrigger(deployment), trigger.concurrency == .latest, !trigger.allowsDowngrade else { continue }
            lanes[deployment.lane, default: (trigger, [])].places.append(place)
        }
        for (trigger, places) in lanes.values where places.count > 1 {
            var sorted: [Deployment] = []
            for place in places.reversed() {
                let deployment = order[place]
                let index = sorted.firstIndex { trigger.policy.isNewer(deployment.version, than: $0.version).isYes }
                sorted.insert(deployment, at: index ?? sorted.count)
            }
            for (place, deployment) in zip(places, sorted) { order[place] = deployment }
        }
        return order
    }

    /// Of one lane, the newest that take the place of older ones, as `latest` has it. One that may yet be rejected, or whose scan may
    /// be bad, is no reason to give up one that has passed its gates, as far as they are about the image; of two that have not, the
    /// newer one waits. What was started may have done half of its work, so only one that is sure to run takes its place.
    private struct Newest {
        private var any: Deployment?
        private var good: Deployment?
        private var sure: Deployment?

        mutating func add(_ deployment: Deployment, _ checks: [GateCheck]) {
            if any == nil { any = deployment }
            if good == nil, checks.letImagePass { good = deployment }
            if sure == nil, checks.allSatisfy(\.isOpen) { sure = deployment }
        }

        func replacement(of older: Deployment, _ checks: [GateCheck]) -> Deployment? {
            if older.attempt > 0 { return sure }
            return checks.letImagePass ? good : any
        }
    }

    /// What gates that are not open come to; nil where the deployment's state says it already.
    private func held(_ deployment: Deployment, _ checks: [GateCheck], _ wake: inout Int64?) -> [Event.Payload]? {
        var gates: Set<String> = []
        var reasons: [String] = []
        for check in checks {
            switch check.outcome {
            case .open: break
            case .refused(let reason):
                return situation.giveUp(deployment, "\(check.gate): \(reason)")
            case .held(let reason, let until):
                gates.insert(check.gate)
                reasons.append(reason)
                if let until { wake = min(wake ?? .max, until) }
            }
        }
        guard !gates.isEmpty else { return nil }
        let waiting = WaitReasons(gates: gates.sorted(), reason: reasons.joined(separator: "; "))
        if deployment.state == .waiting, deployment.waitingFor == waiting.gates, deployment.reason == waiting.reason { return nil }
        return [deployment.step(.waiting(waiting))]
    }
}
