package import Events
import IO
package import JSON
package import OCI
import Synchronization

/// A trigger as readers see it.
package struct TriggerView: Sendable {
    package let name: String
    /// Nil where this version cannot read it.
    package let trigger: Trigger?
    package let definition: JSONObject
    package let isConfigured: Bool
    package let isPaused: Bool
    package let createdAt: Int64?
    package let updatedAt: Int64?
    /// Why it does nothing, or what cannot come true.
    package fileprivate(set) var problems: [String]
}

/// What runs where, as readers see it.
package struct EnvironmentView: Sendable {
    package let name: String
    /// Nil where nothing is pinned.
    package let pins: Pins?
    package let triggers: [String]
    /// What it runs, as far as is known: of each trigger that deploys there, and what one that is no more put there last of all.
    package let current: [Current]
    package let running: [String]
    package let waiting: [String]

    package struct Current: Sendable {
        package let lane: Lane
        package let success: Success
        /// What was started there since and did not get there: it may have changed what runs.
        package let failedSince: String?
    }
}

package struct DeploymentFilter: Sendable {
    package var environment: String?
    package var trigger: String?
    package var repository: String?
    package var digest: Digest?
    package var state: Deployment.State?
    /// Only those made before this record.
    package var before: UInt64?
    package var limit = 100

    package init() {}
}

extension DeploymentEngine {
    /// All triggers by name.
    package func triggers() async -> [TriggerView] {
        let situation = durableSituation
        let supply = supply(situation)
        return await checked(situation.triggerNames.sorted().compactMap { view($0, situation, supply) })
    }

    package func trigger(_ name: String) async -> TriggerView? {
        guard let view = uncheckedTrigger(name) else { return nil }
        return await checked([view]).first
    }

    /// A trigger, without a look at what its target lacks.
    package func uncheckedTrigger(_ name: String) -> TriggerView? {
        let situation = durableSituation
        return view(name, situation, supply(situation))
    }

    /// What would keep a trigger that was not made yet from ever deploying, as if it were there.
    package func problems(ofNew trigger: Trigger) async -> [String] {
        let situation = durableSituation
        let others = situation.triggerNames.lazy.filter { $0 != trigger.name }.compactMap { situation.trigger($0) }
        return (await obstacle(of: trigger).map { [$0] } ?? []) + problems(trigger, Supply(others + [trigger]))
    }

    private func supply(_ situation: Situation) -> Supply {
        Supply(situation.triggerNames.lazy.compactMap { situation.trigger($0) })
    }

    /// Why the target cannot work: what it needs, a hook or a secret, is not there any more.
    package func obstacle(of trigger: Trigger) async -> String? {
        let (factory, target) = (factory, trigger.target)
        return await pool.run { Self.obstacle(factory, target) }
    }

    private func checked(_ views: [TriggerView]) async -> [TriggerView] {
        let factory = factory
        return await pool.run {
            // Many triggers have the same target, and each look is one at the disk.
            var known: [TargetSpec: String?] = [:]
            return views.map { view in
                guard let target = view.trigger?.target else { return view }
                let obstacle = known[target] ?? Self.obstacle(factory, target)
                known[target] = .some(obstacle)
                var view = view
                if let obstacle { view.problems.insert(obstacle, at: 0) }
                return view
            }
        }
    }

    /// Blocks.
    private static func obstacle(_ factory: TargetFactory, _ target: TargetSpec) -> String? {
        do throws(DeploymentError) {
            try factory.check(target)
            return nil
        } catch {
            return error.message
        }
    }

    /// - Parameter supply: asked for only where the trigger waits for another environment, as it costs as much as there are triggers.
    private func view(_ name: String, _ situation: Situation, _ supply: @autoclosure () -> Supply) -> TriggerView? {
        if let trigger = configured[name] {
            return TriggerView(
                name: name, trigger: trigger, definition: trigger.definition, isConfigured: true,
                isPaused: situation.isPaused(name), createdAt: nil, updatedAt: nil, problems: problems(trigger, supply()))
        }
        guard let entry = situation.state.triggers[name] else { return nil }
        return TriggerView(
            name: name, trigger: entry.trigger, definition: entry.change.definition, isConfigured: false,
            isPaused: situation.isPaused(name), createdAt: entry.createdAt, updatedAt: entry.updatedAt,
            problems: (entry.problem.map { [$0] } ?? []) + (entry.trigger.map { problems($0, supply()) } ?? []))
    }

    /// What keeps a trigger that is well-formed from ever deploying, but for what its target lacks.
    private func problems(_ trigger: Trigger, _ supply: @autoclosure () -> Supply) -> [String] {
        var problems = trigger.contradictions
        if !trigger.sources.isEmpty, let problem = supply().problem(of: trigger) { problems.append(problem) }
        if let hindrance = trigger.gates.hindrance(at: Wall.milliseconds, limit: 20) { problems.append(hindrance.message) }
        if let gate = trigger.gates.approvals, gate.from != nil || gate.count > 1, !options.trustsApproverField {
            problems.append(
                gate.from != nil
                    ? "gates.approvals.from names people, and there are no accounts by which the hub could know them: nobody can approve"
                    : "gates.approvals.count is \(gate.count), and without accounts all approvals are by the same \"anonymous\"")
        }
        return problems
    }

    package func deployment(_ id: String) -> Deployment? { durableSituation.state.deployments[id] }

    /// Newest first.
    package func deployments(_ filter: DeploymentFilter) -> [Deployment] {
        let state = durableSituation.state
        let matching = state.deployments.values.filter { deployment in
            filter.environment.map { $0 == deployment.environment } ?? true
                && filter.trigger.map { $0 == deployment.trigger } ?? true
                && filter.repository.map { $0 == deployment.repository.text } ?? true
                && filter.digest.map { $0 == deployment.version.digest } ?? true
                && filter.state.map { $0 == deployment.state } ?? true
                && filter.before.map { deployment.sequence < $0 } ?? true
        }
        return Array(matching.sorted { $0.sequence > $1.sequence }.prefix(filter.limit))
    }

    /// By name: those that triggers deploy to, and those that were deployed to.
    package func environments() -> [EnvironmentView] {
        let situation = durableSituation
        var names = Set(configured.values.map(\.environment))
        names.formUnion(situation.state.triggers.values.compactMap { $0.trigger?.environment })
        names.formUnion(situation.state.lanes.keys.map(\.environment))
        names.formUnion(situation.state.pins.keys)
        return names.sorted().map { view(environment: $0, situation) }
    }

    package func environment(_ name: String) -> EnvironmentView? { environments().first { $0.name == name } }

    private func view(environment name: String, _ situation: Situation) -> EnvironmentView {
        let state = situation.state
        let lanes = state.lanes.filter { lane, _ in
            lane.environment == name && (situation.trigger(lane.trigger, in: name) != nil || state.current(lane.place)?.lane == lane)
        }
        let live = state.liveDeployments.filter { $0.environment == name }
        return EnvironmentView(
            name: name, pins: state.pins[name], triggers: situation.triggerNames.filter { situation.trigger($0, in: name) != nil }.sorted(),
            current: lanes.keys.compactMap { Self.current($0, state) }
                .sorted { ($0.lane.repository, $0.lane.trigger) < ($1.lane.repository, $1.lane.trigger) },
            running: live.filter { $0.state == .running }.map(\.id), waiting: live.filter(\.state.isQueued).map(\.id))
    }

    private static func current(_ lane: Lane, _ state: DeploymentState) -> EnvironmentView.Current? {
        guard let success = state.current(lane) else { return nil }
        let last = state.lastStarted(of: Service(lane.place, lane.trigger, success.target), for: nil)
        let failed = last.flatMap { last in
            last.isHalfDone || [.failed, .cancelled, .interrupted].contains(last.state) ? last.id : nil
        }
        return EnvironmentView.Current(lane: lane, success: success, failedSince: failed)
    }

    /// What a deployment's target has said: while it runs so far, afterwards all that is kept. Nil where there is nothing.
    package func output(_ id: String) async throws(DeploymentError) -> [UInt8]? {
        if let output = shared.withLock({ $0.runs[id]?.output }) { return output.content() }
        let outputs = outputs
        do throws(IOError) {
            return try await pool.run { () throws(IOError) in try outputs.load(id) }
        } catch {
            throw DeploymentError(.damaged, "the output of \(id) cannot be read, though its last 4 KiB are in the record of its end: \(error)")
        }
    }

    /// Why an event would or would not deploy, now. Nothing happens.
    /// - Parameters:
    ///   - trigger: one that need not exist.
    ///   - obstacle: what `obstacle(of:)` says of it.
    package func explain(
        _ trigger: Trigger, _ change: ImageChange, event: [UInt8], sequence: UInt64, time: Int64, actor: String, obstacle: String?
    ) -> Explanation {
        let candidate = Candidate(change, trigger: trigger.name, sequence: sequence, time: time, actor: actor)
        var explanation = durableSituation.explain(candidate, event, trigger)
        if let obstacle { explanation.add("target", .stop, "it would fail: \(obstacle)") }
        return explanation
    }

    /// The last record that triggers are done with.
    package var position: UInt64 { shared.withLock { $0.progress.passed } }

    /// The last record that was decided on, but for what debounces hold.
    var decided: UInt64 { shared.withLock { $0.progress.decided } }

    /// Deployments whose target is at work, and those that are held or wait for their turn.
    package var waitingCount: (running: Int, waiting: Int) {
        let live = durableSituation.state.liveDeployments
        return (live.count { $0.state == .running }, live.count(where: \.state.isQueued))
    }
}
