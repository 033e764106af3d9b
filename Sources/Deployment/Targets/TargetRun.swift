import IO
import JSON

/// One run: what is deployed, with what, and until when.
struct TargetRun: Sendable {
    let request: DeploymentRequest
    let output: DeploymentOutput
    /// Monotonic milliseconds.
    let deadline: Int64
    /// The values of all secrets that the target names.
    let secrets: [String: Secret]
    /// What templates are filled with.
    let values: TemplateValues
    let services: TargetServices

    init(
        _ request: DeploymentRequest, output: DeploymentOutput, deadline: Int64, secrets: [String: Secret], services: TargetServices
    ) {
        self.request = request
        self.output = output
        self.deadline = deadline
        self.secrets = secrets
        self.services = services
        values = TemplateValues(
            registry: request.registry, repository: request.repository, tag: request.tag, digest: request.digest,
            environment: request.environment, deployment: request.id, trigger: request.trigger,
            event: (try? JSONValue.parse(request.event)) ?? .null)
    }

    func secret(_ name: String) throws(TargetFailure) -> Secret {
        guard let secret = secrets[name] else { throw .final("the secret \"\(name)\" is not there") }
        return secret
    }

    func filled(_ template: Template) throws(TargetFailure) -> String {
        do throws(DeploymentError) {
            return try template.rendered(values)
        } catch {
            throw .final(error.message)
        }
    }

    /// Waits, but not beyond the deadline.
    func pause(_ milliseconds: Int64) async throws(TargetFailure) {
        let left = deadline - Monotonic.milliseconds
        do {
            try await Task.sleep(for: .milliseconds(max(0, min(milliseconds, left))))
        } catch {
            throw .cancelled
        }
    }

    /// Ends what was begun elsewhere.
    typealias Stop = @Sendable () async throws(TargetFailure) -> Void

    /// Looks again and again, less often as time goes by, until `step` says that it is done. Answers that do not come, or
    /// ask to come back later, do not end it.
    /// - Parameter stop: what is looked at would come upon the next attempt, or the rollback, if it went on when nobody waits for it any more.
    func poll(
        _ what: String, stop: Stop? = nil, _ step: () async throws(TargetFailure) -> PollStep
    ) async throws(TargetFailure) -> String {
        do throws(TargetFailure) {
            return try await look(what, step)
        } catch {
            guard let stop, error.isAbandoned else { throw error }
            let words = await end(what, stop)
            output.note(words)
            throw error.adding(words)
        }
    }

    /// In a task of its own, as that of the run may be cancelled.
    private func end(_ what: String, _ stop: @escaping Stop) async -> String {
        await Task(executorPreference: services.loops.next()) {
            do throws(TargetFailure) {
                try await stop()
                return "\(what) was told to stop"
            } catch {
                return "\(what) goes on: \(error.reason)"
            }
        }.value
    }

    private func look(_ what: String, _ step: () async throws(TargetFailure) -> PollStep) async throws(TargetFailure) -> String {
        var wait = services.second
        var last: String?
        while true {
            var asked: Int64 = 0
            do throws(TargetFailure) {
                switch try await step() {
                case .done(let summary): return summary
                case .again(let state):
                    if state != last { output.note("\(what): \(state)") }
                    last = state
                }
            } catch {
                guard error.isRetryable, !error.endsPolling else { throw error }
                output.note("\(what): \(error.reason)")
                // The look that the deadline cuts off tells less than the one before it.
                if last == nil || Monotonic.milliseconds < deadline { last = error.reason }
                asked = error.retryAfter ?? 0
            }
            try await pause(max(wait, min(asked, 300_000)))
            // No look has any time then.
            guard Monotonic.milliseconds < deadline else { throw .tookTooLong(what, last: last) }
            wait = min(wait + wait / 2, 10 * services.second)
        }
    }
}

/// What one look at something that takes its time says.
enum PollStep: Sendable {
    case done(String)
    /// Not yet, and how far it is.
    case again(String)
}
