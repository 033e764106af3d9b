package import EventLog
package import Events
import JSON

extension DeploymentState {
    private static let prefixes = ["io.signalbox.trigger.", "io.signalbox.deployment.", "io.signalbox.environment."]

    /// Folds one record in. Records that were folded before, and those of others, change nothing.
    package mutating func apply(_ record: Record) throws(EventError) {
        guard record.sequence > sequence else { return }
        defer { sequence = record.sequence }
        guard record.kind != .lost else { return }
        let type = try EventHeader(scanning: record.body).type
        guard Self.prefixes.contains(where: { type.hasPrefix($0) }) else { return }
        do throws(EventError) {
            let event = try Event(decoding: record.body)
            apply(event.payload, event.context, sequence: record.sequence, time: record.time)
        } catch {
            // A type of a later version; anything else is damage.
            guard error.code == .unknownType else { throw error }
        }
    }

    /// The one fold: replay and live decisions go through it. A step of a deployment that is not known changes nothing:
    /// the record that made it may be lost.
    mutating func apply(_ payload: Event.Payload, _ context: EventContext, sequence: UInt64, time: Int64) {
        switch payload {
        case .trigger(let change): apply(change, sequence, time)
        case .environment(let change):
            switch change.kind {
            case .pinned:
                pins[change.environment, default: Pins()].pin(change, time: time, actor: context.actor.name)
                guard let digest = change.digest else { break }
                let service = change.service.map { Service(change.environment, $0) }
                for place in service.map({ [$0.place] }) ?? places.keys.filter({ $0.environment == change.environment }) {
                    mark(digest, in: place, of: service, \.isInDoubt)
                }
            case .unpinned:
                pins[change.environment]?.unpin(change.service.map { Service(change.environment, $0) })
                if pins[change.environment]?.all.isEmpty ?? false { pins[change.environment] = nil }
            }
        case .deployment(let change): apply(change, context, sequence, time)
        default: break
        }
        self.sequence = max(self.sequence, sequence)
    }

    private mutating func apply(_ change: TriggerChange, _ sequence: UInt64, _ time: Int64) {
        switch change.kind {
        case .created, .updated:
            let old = change.kind == .updated ? triggers[change.name] : nil
            var entry = TriggerEntry(
                change, created: old?.created ?? sequence, changed: sequence, createdAt: old?.createdAt ?? time, updatedAt: time)
            entry.earlier = old?.versions.suffix(TriggerEntry.versionLimit) ?? []
            triggers[change.name] = entry
        case .deleted:
            triggers[change.name] = nil
            pauses[change.name] = nil
        case .paused: pauses[change.name, default: Pause()].pause(at: sequence)
        case .resumed: pauses[change.name]?.resume(at: sequence)
        }
    }

    private mutating func apply(_ change: DeploymentChange, _ context: EventContext, _ sequence: UInt64, _ time: Int64) {
        if case .created(let creation) = change.step {
            guard deployments[change.id] == nil else { return }
            var deployment = Deployment(change, creation, sequence: sequence, time: time)
            if creation.kind == .rollback { deployment.settings = settings(ofRollback: deployment) }
            deployments[change.id] = deployment
            live.append(change.id)
            if creation.kind == .trigger {
                let lane = deployment.lane
                lanes[lane, default: LaneState()].lastEvent = max(lanes[lane]?.lastEvent ?? 0, creation.event)
            }
        }
        guard var deployment = deployments[change.id] else { return }
        let (wasLive, wasRunning) = (deployment.state.isLive, deployment.state == .running)
        if case .started(_, let definition, let target) = change.step {
            deployment.settings = settings(of: deployment, definition)
            deployment.target = target ?? deployment.settings?.trigger.target.fingerprint
        }
        deployment.apply(change.step, time)
        deployment.note(change.step, context, sequence, time)
        deployments[change.id] = deployment
        applyToLane(deployment, change.step, sequence, time)
        applyToPlace(deployment, change.step, wasRunning: wasRunning, time)
        if wasLive, !deployment.state.isLive { finish(deployment.id) }
        if !wasLive, deployment.state.isLive { revive(deployment.id) }
    }

    /// What a rollback can be run with, whatever becomes of its trigger: what the run had that it undoes, where it is bound to
    /// that, or what the trigger is when it is made.
    private func settings(ofRollback deployment: Deployment) -> RunSettings? {
        let bound = deployment.creation.settingsOf.map { deployments[$0]?.settings }
        let settings = bound ?? triggers[deployment.trigger]?.settings
        return settings.flatMap { $0.trigger.environment == deployment.environment ? $0 : nil }
    }

    /// What a run is started with, if it is known: nil for a trigger of the config file.
    private func settings(of deployment: Deployment, _ definition: String?) -> RunSettings? {
        guard let definition else { return nil }
        let known = [deployment.settings, triggers[deployment.trigger]?.settings]
        return known.compactMap { $0 }.first { $0.trigger.fingerprint == definition }
    }

    private mutating func finish(_ id: String) {
        live.removeAll { $0 == id }
        finished.append(id)
        while finished.count > Self.finishedLimit, let index = finished.firstIndex(where: { !isNeeded($0) }) {
            deployments[finished.remove(at: index)] = nil
        }
    }

    private mutating func revive(_ id: String) {
        finished.removeAll { $0 == id }
        live.append(id)
    }
}

extension Deployment {
    fileprivate mutating func apply(_ step: DeploymentChange.Step, _ time: Int64) {
        switch step {
        case .created: break
        case .waiting(let reasons): enter(.waiting, reasons.reason, waitingFor: reasons.gates)
        case .ready: enter(.pending, "all gates are open")
        case .approved(let approval):
            // Those for what the trigger was before do not count, and must not take the room of those that do.
            approvals.removeAll {
                $0.approver == approval.approver || $0.definition != approval.definition || $0.revision != approval.revision
            }
            if approvals.count < Self.approvalLimit { approvals.append(approval) }
        case .rejected(let approval):
            enter(.cancelled, "rejected by \(approval.approver)" + (approval.comment.map { ": \($0)" } ?? ""))
            // Whoever asks for it once more asks everybody.
            approvals = []
            endedAt = time
        case .started(let attempt, _, _):
            enter(.running, "attempt \(attempt)")
            self.attempt = attempt
            retryAt = nil
            startedAt = time
            endedAt = nil
        case .succeeded(let result): end(.succeeded, result, time)
        case .failed(let result, let retryAt):
            end(retryAt == nil ? .failed : .pending, result, time)
            self.retryAt = retryAt
        case .superseded(_, let reason):
            enter(.superseded, reason)
            endedAt = time
        case .cancelled(let reason):
            enter(.cancelled, reason)
            endedAt = time
        case .interrupted(_, let reason):
            enter(.interrupted, reason)
            endedAt = time
        case .retried:
            enter(.pending, "asked for once more")
            attemptBase = attempt
            queuedAt = time
            retryAt = nil
            endedAt = nil
        case .rolledBack(let by): enter(.rolledBack, "rolled back by \(by)")
        }
    }

    private mutating func enter(_ state: State, _ reason: String, waitingFor gates: [String] = []) {
        self.state = state
        self.reason = reason
        waitingFor = gates
    }

    private mutating func end(_ state: State, _ result: RunResult, _ time: Int64) {
        enter(state, result.reason)
        endedAt = time
        if let output = result.output {
            self.output = Output(attempt: result.attempt, size: output.size, digest: output.digest)
        }
    }

    fileprivate mutating func note(
        _ step: DeploymentChange.Step, _ context: EventContext, _ sequence: UInt64, _ time: Int64
    ) {
        let isSilent = if case .approved = step { false } else { true }
        let word = Self.word(step)
        transitions.append(
            Transition(
                step: word, sequence: sequence, time: time, actor: context.actor.name,
                reason: isSilent ? reason : approvals.last.map { "approved by \($0.approver)" }))
        if transitions.count > Self.transitionLimit { transitions.removeFirst() }
    }

    private static func word(_ step: DeploymentChange.Step) -> String {
        switch step {
        case .created: "created"
        case .waiting: "waiting"
        case .ready: "ready"
        case .approved: "approved"
        case .rejected: "rejected"
        case .started: "started"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .superseded: "superseded"
        case .cancelled: "cancelled"
        case .interrupted: "interrupted"
        case .retried: "retried"
        case .rolledBack: "rolledback"
        }
    }
}
