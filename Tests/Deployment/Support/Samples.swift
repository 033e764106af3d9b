import Events
import JSON
import OCI

@testable import Deployment

enum Sample {
    static let app = RepositoryName("team/app")!

    static func digest(_ number: Int) -> Digest {
        let hex = String(number, radix: 16)
        return Digest("sha256:" + String(repeating: "0", count: 64 - hex.count) + hex)!
    }

    static func trigger(_ text: String) throws -> Trigger { try Trigger(JSONValue.parse(text)) }

    static let context = EventContext(
        actor: .anonymous, request: RequestInfo(id: "r", address: "127.0.0.1", userAgent: "test", method: "POST"))

    static let system = EventContext(
        actor: .system("deployments"), request: RequestInfo(id: "", address: "", userAgent: "test", method: ""))

    static func scan(_ counts: [Severity: Int64]) -> ScanSummary {
        var list = SeverityCounts()
        for (severity, count) in counts { list[severity] = count }
        return ScanSummary(scanner: "Trivy", counts: list)
    }
}

extension ScanTable {
    /// A report on an image of `Sample.app`.
    mutating func set(_ digest: Digest, _ entry: Entry) { add(entry, on: Image(repository: Sample.app, digest: digest)) }

    subscript(_ digest: Digest) -> Entry? { reports(on: digest, in: Sample.app).first }
}

/// A hub without clock, disk and targets: a situation, and the records that led to it.
struct World {
    var situation: Situation
    /// All records so far, each with its sequence (its place, from 1), time and context; and where transactions end.
    var journal: [(payload: Event.Payload, context: EventContext, time: Int64)] = []
    var boundaries: [Int] = [0]
    /// What the planner started, in order.
    var starts: [String] = []
    var pushes: UInt64 = 0
    /// How many decisions may be one transaction.
    var atOnce = 256

    static let beginning: Int64 = 1_790_000_000_000

    init(_ triggers: [String], trusts: Bool = false) throws {
        situation = Situation(state: DeploymentState(), now: Self.beginning)
        situation.trustsApproverField = trusts
        for text in triggers {
            let trigger = try Sample.trigger(text)
            situation.configured[trigger.name] = trigger
        }
    }

    var state: DeploymentState { situation.state }

    mutating func commit(_ payloads: [Event.Payload], by context: EventContext = Sample.system) {
        for payload in payloads {
            journal.append((payload, context, situation.now))
            situation.state.apply(payload, context, sequence: UInt64(journal.count), time: situation.now)
            if case .deployment(let change) = payload, case .started = change.step {
                situation.active.insert(change.id)
                starts.append(change.id)
            }
        }
        boundaries.append(journal.count)
    }

    /// Plans until nothing is left to do; when to look again.
    @discardableResult
    mutating func settle(_ check: (Situation, [Event.Payload]) throws -> Void = { _, _ in }) throws -> Int64? {
        for _ in 0..<5_000 {
            switch Planner(situation, atOnce: atOnce).plan() {
            case .idle(let until): return until
            case .commit(let payloads):
                try check(situation, payloads)
                commit(payloads)
            }
        }
        throw Endless()
    }

    struct Endless: Error {}

    /// Somebody pushes; the deployment that comes of it, if any.
    @discardableResult
    mutating func push(
        _ number: Int, _ trigger: String, tag: String? = nil, pushed: Int64? = nil, repository: RepositoryName = Sample.app
    ) throws -> String? {
        pushes = max(pushes, UInt64(journal.count)) + 1
        let version = ImageVersion(tag: tag ?? "t\(number)", digest: Sample.digest(number), pushed: pushed ?? situation.now)
        let candidate = Candidate(
            trigger: trigger, repository: repository, version: version, sequence: pushes, time: situation.now, actor: "ci")
        let payloads = situation.admit(candidate)
        if !payloads.isEmpty { commit(payloads) }
        try settle()
        return payloads.isEmpty ? nil : DeploymentID.event(pushes, trigger: trigger)
    }

    /// A target ends.
    mutating func end(_ id: String, failing reason: String? = nil, retryAfter: Int64? = nil) throws {
        guard let deployment = state.deployments[id] else { return }
        let result = RunResult(attempt: deployment.attempt, reason: reason ?? "done", output: nil)
        let payloads =
            deployment.state == .running
            ? (reason == nil
                ? situation.success(of: deployment, result)
                : situation.failure(of: deployment, result, retryAfter: retryAfter)) : []
        commit(payloads)
        situation.active.remove(id)
        try settle()
    }

    /// The hub ends as in a power cut, with the last `lost` transactions not on disk, and starts again.
    mutating func crash(losing lost: Int = 0) {
        boundaries.removeLast(min(lost, boundaries.count - 1))
        journal.removeLast(journal.count - boundaries[boundaries.count - 1])
        situation.state = replayed()
        situation.active = []
    }

    /// What the records come to.
    /// - Parameters:
    ///   - state: what the first `count` of them came to.
    ///   - end: only so many of them.
    func replayed(from state: DeploymentState = DeploymentState(), after count: Int = 0, through end: Int? = nil) -> DeploymentState {
        var state = state
        for (index, record) in journal.enumerated().prefix(end ?? journal.count).dropFirst(count) {
            state.apply(record.payload, record.context, sequence: UInt64(index + 1), time: record.time)
        }
        return state
    }

    func states(_ ids: [String?]) -> [Deployment.State?] { ids.map { $0.flatMap { state.deployments[$0]?.state } } }
}
