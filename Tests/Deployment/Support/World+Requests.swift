import Events
import OCI

@testable import Deployment

/// What people ask a world for; all that follows is planned.
extension World {
    /// The id of the rollback.
    @discardableResult
    mutating func rollback(
        _ environment: String = "e", to digest: Digest? = nil, trigger: String? = nil, repository: RepositoryName? = nil
    ) throws -> String {
        let payloads = try situation.rollback(
            environment, to: digest, trigger: trigger, repository: repository, actor: .anonymous, reason: nil)
        commit(payloads, by: Sample.context)
        try settle()
        for case .deployment(let change) in payloads { return change.id }
        return "none"
    }

    mutating func unpin(_ environment: String = "e") throws {
        commit(try situation.unpin(environment, reason: nil), by: Sample.context)
        try settle()
    }

    /// Makes a trigger as over the API, or changes it.
    mutating func put(_ text: String) throws {
        let trigger = try Sample.trigger(text)
        let isThere = state.triggers[trigger.name] != nil
        commit(try isThere ? situation.update(trigger) : situation.create(trigger, limit: 100), by: Sample.context)
        try settle()
    }

    mutating func remove(_ trigger: String) throws {
        commit(try situation.delete(trigger: trigger), by: Sample.context)
        try settle()
    }

    /// Deploys an image some time after the last one, and it goes well or not; the deployment's id.
    @discardableResult
    mutating func deploy(_ number: Int, _ trigger: String, failing reason: String? = nil) throws -> String {
        situation.now += 1000
        guard let id = try push(number, trigger), states([id]) == [.running] else { throw NotStarted(number: number) }
        try end(id, failing: reason)
        return id
    }

    struct NotStarted: Error { let number: Int }

    func digest(_ id: String) -> Digest? { state.deployments[id]?.version.digest }
}
