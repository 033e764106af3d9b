import Events

/// Whose turn it is: concurrency per environment.
struct Turns {
    let situation: Situation

    init(_ situation: Situation) {
        self.situation = situation
    }

    /// The next one that starts, or that says that it waits for its turn only.
    func next(_ ready: [(deployment: Deployment, trigger: Trigger)]) -> [Event.Payload]? {
        var full: Set<String> = []
        // Rollbacks end an outage, so they go first; the rest in their order.
        let order = ready.filter { $0.deployment.kind == .rollback } + ready.filter { $0.deployment.kind != .rollback }
        for (deployment, trigger) in order {
            if !full.contains(deployment.environment), obstacle(deployment, trigger) == nil {
                return [deployment.step(.started(attempt: deployment.attempt + 1, definition: trigger.fingerprint, target: trigger.target.fingerprint))]
            }
            // Nobody overtakes who waits for room; one that only waits for its own lane lets others pass.
            if !hasRoom(deployment.environment, trigger) { full.insert(deployment.environment) }
            if deployment.state == .waiting { return [deployment.step(.ready)] }
        }
        return nil
    }

    /// Why it cannot start now; nil where it can.
    func obstacle(_ deployment: Deployment, _ trigger: Trigger) -> String? {
        let running = situation.running(in: deployment.environment)
        if !mayShareLane(trigger), let other = running.first(where: { deployment.clashes(with: $0) }) {
            return "\(other.id) (\(other.version.name)) of the same repository runs"
        }
        guard !hasRoom(deployment.environment, trigger), let other = running.first else { return nil }
        return running.count == 1
            ? "\(other.id) runs in \(deployment.environment)" : "\(running.count) deployments run in \(deployment.environment)"
    }

    /// Two images of one repository side by side could end in either order, and so put an older image over a newer one.
    private func mayShareLane(_ trigger: Trigger) -> Bool {
        trigger.allowsDowngrade && trigger.concurrency.limit > 1
    }

    /// The strictest of those that run and of the one that wants to.
    private func hasRoom(_ environment: String, _ trigger: Trigger) -> Bool {
        let running = situation.running(in: environment)
        let limits = running.map { situation.startedWith($0)?.concurrency.limit ?? 1 }
        return running.count < limits.reduce(trigger.concurrency.limit, min)
    }
}

extension Deployment {
    fileprivate func clashes(with other: Deployment) -> Bool {
        lane == other.lane || (lane.place == other.lane.place && version.digest != other.version.digest)
    }
}
