import EventLog
import EventPattern
import Events
import IO
import Synchronization

extension DeploymentEngine {
    var systemContext: EventContext {
        EventContext(
            actor: .system("deployments"), request: RequestInfo(id: "", address: "", userAgent: options.userAgent, method: ""))
    }

    /// Decides and commits, and returns when what it decided, and all that it rests on, is on disk.
    /// - Parameter committed: changes what is not in the log, once the log has taken the decision.
    @discardableResult
    func perform(
        _ context: EventContext, committed: (inout Shared) -> Void = { _ in },
        _ decide: (Situation) throws(DeploymentError) -> [Event.Payload]
    ) async throws(DeploymentError) -> [Event.Payload] {
        let result: Result<[Event.Payload], DeploymentError> = await withCheckedContinuation { continuation in
            shared.withLock { shared in
                do throws(DeploymentError) {
                    let payloads = try decide(situation(shared))
                    try commit(payloads, context, &shared) { outcome in
                        continuation.resume(returning: outcome.map { payloads })
                    }
                } catch {
                    return continuation.resume(returning: .failure(error))
                }
                committed(&shared)
                advance(&shared)
            }
        }
        return try result.get()
    }

    /// Takes all decisions that are due, or, where there are many, goes on with them soon: the log's thread waits for this lock,
    /// and with it every commit of the hub.
    func advance(_ shared: inout Shared) {
        guard shared.isRunning else { return }
        let end = Monotonic.milliseconds + Self.longestHold
        while Monotonic.milliseconds < end {
            switch Planner(situation(shared)).plan() {
            case .idle(let until): return schedule(until, &shared)
            case .commit(let payloads):
                do throws(DeploymentError) {
                    try commit(payloads, systemContext, &shared) { _ in }
                    shared.hasWarned = false
                } catch {
                    if !shared.hasWarned { Diagnostics.warning("deployments stand still: \(error)") }
                    shared.hasWarned = true
                    return schedule(Wall.milliseconds + 1000, &shared)
                }
            }
        }
        schedule(Wall.milliseconds, &shared)
    }

    /// Milliseconds.
    private static let longestHold: Int64 = 50

    /// Looks again at a time on the wall; at least every minute, as that clock can be set.
    private func schedule(_ time: Int64?, _ shared: inout Shared) {
        guard let time else {
            shared.timer?.task.cancel()
            return shared.timer = nil
        }
        let now = Wall.milliseconds
        let due = min(time, now + 60_000)
        if let timer = shared.timer, timer.due == due { return }
        shared.timer?.task.cancel()
        let loop = loops.next()
        let task = Task(executorPreference: loop) {
            do { try await Task.sleep(for: .milliseconds(max(1, due - now))) } catch { return }
            self.shared.withLock { shared in
                if shared.timer?.due == due { shared.timer = nil }
                self.advance(&shared)
            }
        }
        shared.timer = (due, task)
    }

    /// Queues the records and folds them into the sequenced state. No records at all are a wait for those before.
    func commit(
        _ payloads: [Event.Payload], _ context: EventContext, _ shared: inout Shared,
        _ done: @escaping @Sendable (Result<Void, DeploymentError>) -> Void
    ) throws(DeploymentError) {
        let before = shared.sequenced
        let next = Next(before)
        let host = options.host
        let starts = starts(payloads, shared)
        do {
            shared.sequenced = try log.commit { transaction in
                var state = before
                let time = transaction.time
                for payload in payloads {
                    let event = Event(id: .next(now: time), registry: host, context: context, payload: payload)
                    let sequence = transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                    state.apply(payload, context, sequence: sequence, time: time)
                }
                next.state.withLock { $0 = state }
                return state
            } whenDurable: { outcome in
                self.settle(payloads, starts, next, outcome)
                done(outcome.mapError { DeploymentError(.unavailable, $0.description) })
            }
        } catch {
            throw DeploymentError(.unavailable, "nothing was changed, as the log takes no records: \(error)")
        }
        for payload in payloads { prepare(payload, &shared) }
    }

    /// The triggers that runs are started with, as this decision sees them. A run is of what its gates were asked about,
    /// and not of what the trigger becomes before the record is on disk.
    private func starts(_ payloads: [Event.Payload], _ shared: borrowing Shared) -> [String: Trigger] {
        var starts: [String: Trigger] = [:]
        let situation = situation(shared)
        for case .deployment(let change) in payloads {
            if case .started = change.step {
                starts[change.id] = situation.state.deployments[change.id].flatMap { situation.runTrigger($0) }
            }
        }
        return starts
    }

    /// What must hold from the moment a decision has its place in the log.
    private func prepare(_ payload: Event.Payload, _ shared: inout Shared) {
        switch payload {
        case .deployment(let change):
            if case .started = change.step { shared.active.insert(change.id) }
        case .trigger(let change):
            // In force before its record can be read, so that the follower never sees a later event without it. The old one
            // stays until all events before that record were looked at.
            guard configured[change.name] == nil, change.kind != .paused, change.kind != .resumed else { return }
            if let versions = shared.sequenced.triggers[change.name]?.versions, let version = versions.last {
                if let old = versions.dropLast().last {
                    shared.retired.append((PatternKey(name: change.name, since: old.since), version.since))
                }
                let key = PatternKey(name: change.name, since: version.since)
                patterns.update([key: version.trigger?.pattern])
            } else {
                shared.retired.removeAll { $0.key.name == change.name }
                patterns.removeAll { $0.name == change.name }
            }
        default: break
        }
    }

    /// On the log's thread, in the order of commits.
    private func settle(
        _ payloads: [Event.Payload], _ starts: [String: Trigger], _ next: Next, _ outcome: Result<Void, LogError>
    ) {
        shared.withLock { shared in
            switch outcome {
            case .success:
                shared.durable = next.state.withLock { $0 }
                for case .deployment(let change) in payloads { act(on: change, starts, &shared) }
            case .failure:
                // The log takes nothing more: what was sequenced beyond the durable state will never be.
                shared.sequenced = shared.durable
                for case .deployment(let change) in payloads {
                    if case .started = change.step { shared.active.remove(change.id) }
                }
            }
        }
    }

    private func act(on change: DeploymentChange, _ starts: [String: Trigger], _ shared: inout Shared) {
        switch change.step {
        case .started(let attempt, _, _): launch(change.id, attempt, starts[change.id], &shared)
        case .cancelled, .rejected: shared.runs[change.id]?.task?.cancel()
        default: break
        }
    }

    /// The state after a commit, for the closure that is handed to the log before that state is known.
    private final class Next: Sendable {
        let state: Mutex<DeploymentState>
        init(_ state: DeploymentState) { self.state = Mutex(state) }
    }
}
