import Events
import OCI

/// What came of an image in another environment, for `promotedFrom` and `soak`: it must have gone well last wherever it ran there.
struct Promotion {
    /// What a trigger did with it there last.
    private let outcomes: [Outcome]
    /// Why it counts for nothing; nil where it went well everywhere.
    let objection: String?

    /// What of an image is under way in which environment, for all gates of one decision.
    struct UnderWay {
        private struct Spot: Hashable {
            let environment: String
            let digest: Digest
        }

        private var ids: [Spot: String] = [:]

        /// What its own gates hold there is not waited for: it may be held for good.
        init(_ state: DeploymentState) {
            for deployment in state.liveDeployments where deployment.state != .waiting {
                ids[Spot(environment: deployment.environment, digest: deployment.version.digest)] = deployment.id
            }
        }

        /// A deployment of an image to an environment.
        func id(_ digest: Digest, in environment: String) -> String? { ids[Spot(environment: environment, digest: digest)] }
    }

    init(_ state: DeploymentState, _ digest: Digest, from environment: String, _ underWay: UnderWay) {
        outcomes = state.outcomes(of: digest, in: environment)
        if let pin = state.pins[environment]?.all.first(where: { $0.digests.contains(digest) }) {
            objection = "\(environment) is pinned against this image: \(pin.reason)"
        } else if let bad = outcomes.first(where: \.counting.isEmpty) {
            objection = bad.objection
        } else if outcomes.isEmpty {
            objection = "this digest was not deployed to \(environment) yet"
        } else if let id = underWay.id(digest, in: environment) {
            objection = "this digest is on its way to \(environment) (\(id))"
        } else {
            objection = nil
        }
    }

    /// The time without a break counts: from a success until another image is begun to be deployed there.
    /// - Returns: why it has not run there for so long, and when it will have.
    func unsoaked(_ time: Int64, now: Int64) -> (reason: String, until: Int64?)? {
        let length = TimeSpan.text(time)
        for outcome in outcomes where !outcome.counting.contains(where: { ($0.endedAt ?? now) - $0.at >= time }) {
            let environment = outcome.lane.environment
            guard let at = outcome.counting.filter({ $0.endedAt == nil }).map(\.at).min() else {
                return ("something else was deployed to \(environment) before this digest had run there for \(length): \(outcome.again)", nil)
            }
            let end = at + time
            return ("it must run in \(environment) for \(length), until \(Timestamp.text(end))", end)
        }
        return nil
    }
}

/// What came of an image in one lane.
struct Outcome {
    let lane: Lane
    let digest: Digest
    /// What went well and still counts: after which it did not fail there and was not undone; also by another trigger with the same target.
    let counting: [Success]
    let wasGood: Bool
    let isRolledBack: Bool

    fileprivate var objection: String {
        let place = "\(lane.environment) by trigger \(lane.trigger)"
        if isRolledBack { return "this digest was rolled back in \(place) after it ran there: \(again)" }
        if wasGood { return "this digest failed in \(place) after it ran there: \(again)" }
        return "this digest failed in \(place), and did not go well there since: "
            + "signalbox deployments list --environment \(lane.environment) --trigger \(lane.trigger) shows what to retry"
    }

    fileprivate var again: String {
        "signalbox deployments rollback \(lane.environment) --to \(digest) --trigger \(lane.trigger) deploys it there again"
    }
}

extension DeploymentState {
    /// What came of an image in each lane of an environment that it was run in.
    func outcomes(of digest: Digest, in environment: String) -> [Outcome] {
        var known: [(lane: Lane, successes: [Success], targets: Set<String>)] = []
        for (lane, state) in lanes where lane.environment == environment {
            let successes = state.successes.filter { $0.version.digest == digest }
            let failures = state.failures.filter { $0.digest == digest }
            guard !successes.isEmpty || !failures.isEmpty else { continue }
            known.append((lane, successes, Set(successes.compactMap(\.target) + failures.compactMap(\.target))))
        }
        known.sort { ($0.lane.repository, $0.lane.trigger) < ($1.lane.repository, $1.lane.trigger) }
        return known.map { lane, successes, targets in
            let others = known.filter { $0.lane.repository == lane.repository && $0.lane != lane }.flatMap(\.successes)
            let all = successes + others.filter { $0.target.map(targets.contains) ?? false }
            return Outcome(
                lane: lane, digest: digest, counting: all.filter { !$0.isRolledBack && !$0.isInDoubt }, wasGood: !successes.isEmpty,
                isRolledBack: successes.contains(where: \.isRolledBack))
        }
    }
}
