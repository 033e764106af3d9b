import Crypto
import EventLog
import Events
import IO
import OCI
import Synchronization

extension DeploymentEngine {
    /// Starts a run whose record is on disk.
    /// - Parameter trigger: as it was when that was decided.
    func launch(_ id: String, _ attempt: Int, _ trigger: Trigger?, _ shared: inout Shared) {
        // After the end began, the record stays as it is: the next start finds that nothing runs.
        guard shared.isRunning else { return }
        let output = DeploymentOutput()
        let loop = loops.next()
        shared.runs[id] = Run(
            output: output, task: Task(executorPreference: loop) { await self.run(id, attempt, trigger, output) })
    }

    private func run(_ id: String, _ attempt: Int, _ trigger: Trigger?, _ output: DeploymentOutput) async {
        let keeping = Task(executorPreference: loops.next()) { await self.keep(output, id) }
        let result = await deploy(id, attempt, trigger, output)
        keeping.cancel()
        await keeping.value
        let kept = await save(output, id)
        await finish(id, attempt, result, kept)
        await sweep()
    }

    private func deploy(
        _ id: String, _ attempt: Int, _ trigger: Trigger?, _ output: DeploymentOutput
    ) async -> TargetResult {
        let situation = durableSituation
        guard let deployment = situation.state.deployments[id], deployment.state == .running else {
            return .failed(reason: "cancelled before it began", isRetryable: false)
        }
        guard let trigger else {
            return .failed(reason: "trigger \(deployment.trigger) is no more", isRetryable: false)
        }
        do {
            let service = Service(deployment.lane.place, trigger.name, trigger.target.fingerprint)
            let request = DeploymentRequest(
                id: id, trigger: trigger.name, environment: deployment.environment, registry: options.host,
                repository: deployment.repository.text, tag: deployment.version.tag, digest: deployment.version.digest,
                previousDigest: situation.previous(of: service, than: deployment.version.digest, for: trigger)?.version.digest,
                attempt: attempt, event: try await event(of: deployment))
            let target = try factory.make(trigger.target)
            return await target.deploy(request, output: output, until: Monotonic.milliseconds + trigger.timeout)
        } catch let error as LogError {
            return .failed(reason: "the event cannot be read: \(error)", isRetryable: true)
        } catch {
            return .failed(reason: "\(error)", isRetryable: false)
        }
    }

    /// The event that called for it, or, where that is lost, the record that made the deployment.
    func event(of deployment: Deployment) async throws(LogError) -> [UInt8] {
        let log = log
        return try await pool.run { () throws(LogError) in
            if deployment.creation.event > 0, let record = try log.record(at: deployment.creation.event), record.kind != .lost {
                return record.body
            }
            return try log.record(at: deployment.sequence)?.body ?? Array("{}".utf8)
        }
    }

    /// Saves what a run says while it says it: after a crash, that is what tells why there was one.
    private func keep(_ output: DeploymentOutput, _ id: String) async {
        var known = 0
        while true {
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
            let total = output.total
            if total > known { await save(output, id) }
            known = total
        }
    }

    @discardableResult
    private func save(_ output: DeploymentOutput, _ id: String) async -> RunResult.Output? {
        let content = output.content()
        guard !content.isEmpty else { return nil }
        let outputs = outputs
        do throws(IOError) {
            try await pool.run { () throws(IOError) in try outputs.save(content, for: id) }
        } catch {
            Diagnostics.warning("the output of \(id) is not kept: \(error)")
        }
        return RunResult.Output(
            size: Int64(content.count), digest: "sha256:" + Hex.encode(hash(.sha256, content)), tail: output.tail())
    }

    /// Records how a run ended. Until the log has taken it, the run counts as under way.
    private func finish(_ id: String, _ attempt: Int, _ result: TargetResult, _ output: RunResult.Output?) async {
        while true {
            do throws(DeploymentError) {
                try await perform(systemContext, committed: { shared in
                    shared.active.remove(id)
                    shared.runs[id] = nil
                }, { [self] situation in conclude(id, attempt, result, output, situation) })
                return
            } catch {
                Diagnostics.warning("the end of \(id) cannot be recorded: \(error)")
                if case .readOnly = log.status { return forget(id) }
                do { try await Task.sleep(for: .seconds(1)) } catch { return forget(id) }
            }
        }
    }

    /// The run is over and the log does not say so: the next start finds it interrupted.
    private func forget(_ id: String) {
        shared.withLock { $0.runs[id] = nil }
    }

    private func conclude(
        _ id: String, _ attempt: Int, _ result: TargetResult, _ output: RunResult.Output?, _ situation: Situation
    ) -> [Event.Payload] {
        guard let deployment = situation.state.deployments[id], deployment.state == .running, deployment.attempt == attempt else {
            return []
        }
        switch result {
        case .succeeded(let summary):
            return situation.success(of: deployment, RunResult(attempt: attempt, reason: Self.bounded(summary), output: output))
        case .failed(let reason, let isRetryable, let retryAfter):
            // Cut off by the hub's own end: that is no failure of the target.
            guard !situation.isEnding else { return [] }
            let result = RunResult(attempt: attempt, reason: Self.bounded(reason), output: output)
            return situation.failure(of: deployment, result, retryAfter: isRetryable ? max(0, retryAfter ?? 0) : nil)
        }
    }

    /// Reasons come from elsewhere, and stay in the log for good.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= 2048 ? text : String(text.prefix(500)) + "..."
    }

    private func sweep() async {
        let isDue = shared.withLock { shared in
            shared.runsSinceSweep += 1
            guard shared.runsSinceSweep >= 200 else { return false }
            shared.runsSinceSweep = 0
            return true
        }
        guard isDue else { return }
        let state = durableSituation.state
        let outputs = outputs
        do throws(IOError) {
            try await pool.run { () throws(IOError) in try outputs.removeAll { state.deployments[$0] != nil } }
        } catch {
            Diagnostics.warning("old outputs of deployments are not removed: \(error)")
        }
    }
}
