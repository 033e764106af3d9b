import Events
import OCI

/// Whose turn it is: concurrency per environment.
struct Turns {
    let situation: Situation
    /// By environment.
    private let running: [String: [Deployment]]

    init(_ situation: Situation) {
        self.situation = situation
        running = situation.running
    }

    /// The next one that starts, or those that say that they wait for their turn only.
    /// - Parameter limit: how many at once.
    func next(_ ready: [(deployment: Deployment, trigger: Trigger)], atOnce limit: Int) -> [Event.Payload]? {
        var full: Set<String> = []
        var batch: [Event.Payload] = []
        var images: Set<Digest> = []
        // Rollbacks end an outage, so they go first; the rest in their order.
        let order = ready.filter { $0.deployment.kind == .rollback } + ready.filter { $0.deployment.kind != .rollback }
        for (deployment, trigger) in order {
            if !full.contains(deployment.environment), obstacle(deployment, trigger) == nil {
                guard batch.isEmpty else { return batch }
                return [deployment.step(.started(attempt: deployment.attempt + 1, definition: trigger.fingerprint, target: trigger.target.fingerprint))]
            }
            // Nobody overtakes who waits for room; one that only waits for its own lane lets others pass.
            if !hasRoom(deployment.environment, trigger) { full.insert(deployment.environment) }
            guard deployment.state == .waiting else { continue }
            // From then on it is on its way, which gates before the same image elsewhere look at.
            guard images.insert(deployment.version.digest).inserted else { return batch }
            batch.append(deployment.step(.ready))
            if batch.count == limit { return batch }
        }
        return batch.isEmpty ? nil : batch
    }

    /// Why it cannot start now; nil where it can.
    func obstacle(_ deployment: Deployment, _ trigger: Trigger) -> String? {
        let running = running[deployment.environment] ?? []
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
        let running = running[environment] ?? []
        let limits = running.map { situation.startedWith($0)?.concurrency.limit ?? 1 }
        return running.count < limits.reduce(trigger.concurrency.limit, min)
    }
}

extension Deployment {
    fileprivate func clashes(with other: Deployment) -> Bool {
        lane == other.lane || (lane.place == other.lane.place && version.digest != other.version.digest)
    }
}
