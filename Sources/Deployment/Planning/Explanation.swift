import EventPattern
import Events
import OCI

/// Why an event would or would not become a deployment, step by step.
package struct Explanation: Sendable {
    package struct Step: Sendable, Hashable {
        package enum Outcome: String, Sendable, Hashable {
            case pass, wait, stop
        }

        /// `trigger`, `pattern`, `policy`, `order`, `queue`, `debounce`, a gate's name, `concurrency`, `target`.
        package var name: String
        package var outcome: Outcome
        package var reason: String
    }

    package var image: String
    package var steps: [Step] = []

    /// Whether it would become a deployment, now or later.
    package var deploys: Bool { !steps.contains { $0.outcome == .stop } }

    /// In one sentence.
    package var verdict: String {
        if let stop = steps.first(where: { $0.outcome == .stop }) { return "would not deploy (\(stop.name)): \(stop.reason)" }
        let waits = steps.filter { $0.outcome == .wait }
        if waits.isEmpty { return "would deploy at once" }
        return "would deploy, and wait (" + waits.map(\.name).joined(separator: ", ") + "): "
            + waits.map(\.reason).joined(separator: "; ")
    }

    mutating func add(_ name: String, _ outcome: Step.Outcome, _ reason: String) {
        steps.append(Step(name: name, outcome: outcome, reason: reason))
    }
}

extension Situation {
    /// Goes on after a stop as far as there is something to tell, so that all reasons are seen at once.
    func explain(_ candidate: Candidate, _ event: [UInt8], _ trigger: Trigger) -> Explanation {
        // Of what came to nothing one wants to know why, and not that a later event was looked at since.
        var candidate = candidate
        if state.deployments[DeploymentID.event(candidate.sequence, trigger: trigger.name)] == nil { candidate.sequence = .max }
        let tag = candidate.version.tag.map { ":\($0)" } ?? ""
        var explanation = Explanation(image: "\(candidate.repository)\(tag)@\(candidate.version.digest)")
        if isPaused(trigger.name) {
            explanation.add("trigger", .stop, "trigger \(trigger.name) is paused and takes no events")
        } else {
            explanation.add("trigger", .pass, "trigger \(trigger.name) deploys to \(trigger.environment)")
        }
        do throws(EventPattern.EventError) {
            let matches = try trigger.pattern.matches(event)
            explanation.add("pattern", matches ? .pass : .stop, matches ? "the event matches" : "the event does not match the pattern")
        } catch {
            explanation.add("pattern", .stop, "the event cannot be read: \(error)")
        }
        let policy = policy(candidate, trigger)
        explanation.add("policy", policy.isYes ? .pass : .stop, policy.reason)
        switch order(candidate, trigger) {
        case .admitted(let reason): explanation.add("order", .pass, reason)
        case .refused(let reason): explanation.add("order", .stop, reason)
        }
        if let overflow = overflow(candidate) { explanation.add("queue", .stop, overflow) }
        if let debounce = trigger.debounce {
            explanation.add("debounce", .wait, "until no other event came for \(TimeSpan.text(debounce.quiet))")
        }
        explainGates(candidate, trigger, &explanation)
        return explanation
    }

    private func explainGates(_ candidate: Candidate, _ trigger: Trigger, _ explanation: inout Explanation) {
        let deployment = prospect(candidate, trigger)
        let checks = gates(of: deployment, trigger, Promotion.UnderWay(state))
        for check in checks where check.gate != "paused" {
            switch check.outcome {
            case .open(let reason): explanation.add(check.gate, .pass, reason)
            case .held(let reason, _): explanation.add(check.gate, .wait, reason)
            case .refused(let reason): explanation.add(check.gate, .stop, reason)
            }
        }
        if let newer = displacing(deployment, checks, trigger) {
            explanation.add(
                "concurrency", .stop,
                "latest: \(newer.version.name) (\(newer.id)), which is newer, waits in its place; when that is rejected or cancelled, signalbox deployments retry starts this one")
        } else if let obstacle = Turns(self).obstacle(deployment, trigger) {
            explanation.add("concurrency", .wait, "\(trigger.concurrency.text): \(obstacle)")
        } else {
            explanation.add("concurrency", .pass, "\(trigger.concurrency.text): there is room in \(trigger.environment)")
        }
    }

    /// What would take the place of a new deployment at once, though it came before; nil where nothing would.
    private func displacing(_ deployment: Deployment, _ checks: [GateCheck], _ trigger: Trigger) -> Deployment? {
        guard trigger.concurrency == .latest, !trigger.allowsDowngrade, !checks.letImagePass else { return nil }
        return state.liveDeployments.first { other in
            other.lane == deployment.lane && other.kind == .trigger && other.state.isQueued && other.version.digest != deployment.version.digest
                && !trigger.policy.isNewer(deployment.version, than: other.version).isYes
        }
    }
}
