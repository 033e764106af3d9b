package import Events
import IO
package import OCI

/// What people ask the engine for. A change is on disk when these return.
extension DeploymentEngine {
    // MARK: Triggers

    package func create(_ trigger: Trigger, context: EventContext) async throws(DeploymentError) {
        try await check(trigger)
        let limit = options.triggerLimit
        try await perform(context) { situation throws(DeploymentError) in try situation.create(trigger, limit: limit) }
    }

    package func update(_ trigger: Trigger, context: EventContext) async throws(DeploymentError) {
        try await check(trigger)
        try await perform(context) { situation throws(DeploymentError) in try situation.update(trigger) }
    }

    package func delete(trigger name: String, context: EventContext) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in try situation.delete(trigger: name) }
    }

    package func setPaused(_ isPaused: Bool, trigger name: String, context: EventContext) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in try situation.setPaused(isPaused, trigger: name) }
    }

    /// What the trigger needs besides being well-formed: secrets and hooks that are there, and times at which it may deploy.
    package func check(_ trigger: Trigger) async throws(DeploymentError) {
        let (factory, target, gates) = (factory, trigger.target, trigger.gates)
        do throws(DeploymentError) {
            try await pool.run { () throws(DeploymentError) in
                try factory.check(target)
                if let hindrance = gates.hindrance(at: Wall.milliseconds, limit: 1_200) { throw hindrance }
            }
        } catch {
            throw DeploymentError(error.code, error.message, pointer: error.pointer ?? "/target")
        }
    }

    // MARK: Deployments

    /// - Parameters:
    ///   - digest: what the approver means to approve; another one is refused.
    ///   - name: who approves, as the request says.
    package func approve(
        _ id: String, digest: Digest? = nil, name: String? = nil, comment: String? = nil, isRejection: Bool = false,
        context: EventContext
    ) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in
            try situation.approve(
                id, digest: digest, actor: context.actor, name: name, comment: comment, isRejection: isRejection)
        }
        await followUp()
    }

    /// Waits for what followed from a request at once, such as the next state: who asks is told of that too. The request itself is on
    /// disk by then, so nothing that goes wrong here is its failure.
    private func followUp() async {
        _ = try? await perform(systemContext) { _ in [] }
    }

    package func cancel(_ id: String, reason: String?, context: EventContext) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in
            try situation.cancel(id, actor: context.actor, reason: reason)
        }
    }

    package func retry(_ id: String, context: EventContext) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in try situation.retry(id) }
        await followUp()
    }

    // MARK: Environments

    /// Pins the environment and deploys an earlier image; the new deployment's id.
    package func rollback(
        _ environment: String, to digest: Digest?, trigger: String?, repository: RepositoryName?, reason: String?,
        context: EventContext
    ) async throws(DeploymentError) -> String {
        let payloads = try await perform(context) { situation throws(DeploymentError) in
            try situation.rollback(
                environment, to: digest, trigger: trigger, repository: repository, actor: context.actor, reason: reason)
        }
        for case .deployment(let change) in payloads { return change.id }
        throw DeploymentError(.unavailable, "the rollback made no deployment, which is a fault of this program: signalbox deployments list shows what there is")
    }

    package func pin(_ environment: String, reason: String?, context: EventContext) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in
            try situation.pin(environment, actor: context.actor, reason: reason)
        }
    }

    /// - Parameters:
    ///   - trigger, repository: which service, where several are pinned.
    package func unpin(
        _ environment: String, trigger: String?, repository: RepositoryName?, reason: String?, context: EventContext
    ) async throws(DeploymentError) {
        try await perform(context) { situation throws(DeploymentError) in
            try situation.unpin(environment, trigger: trigger, repository: repository, reason: reason)
        }
    }
}
