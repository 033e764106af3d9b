import Events
import JSON
import OCI
import Testing

@testable import Deployment

/// What the records of deployments come to, told in the simplest way, and what must hold of each of them. It shares nothing
/// with the state that decisions are made on.
struct DeploymentModel {
    /// Rollbacks for which somebody named the image.
    var named: Set<String>
    private var triggers: [String: JSONObject] = [:]
    private var known: [String: Known] = [:]
    /// All that ended, or was undone, of all runs, oldest first.
    private var ends: [End] = []
    private var pins: [EnvironmentChange] = []
    private var expectedPin: Known?
    private var lifted: Digest?
    private var count = 0

    /// What is replaced as one: a repository in an environment by a trigger, or by its target.
    private struct Spot: Hashable {
        let environment: String
        let repository: String
        let trigger: String
        var target: String?

        /// Whether one takes the place of the other.
        func shares(_ other: Spot) -> Bool {
            environment == other.environment && repository == other.repository
                && (trigger == other.trigger || (target != nil && target == other.target))
        }
    }

    private struct End {
        let spot: Spot
        let digest: Digest
        let number: Int
        let isGood: Bool
        var isUndone = false
        let time: Int64
        /// When another image of the repository began in its service.
        var brokenAt: Int64?
    }

    private struct Known {
        let creation: Creation
        let digest: Digest
        /// The second part of its version: the greater, the newer.
        let number: Int
        var spot: Spot
        var isRunning = false
        /// The trigger as it was when the last run started, or as a rollback inherits it.
        var settings: JSONObject?
    }

    /// After a crash that has taken records away: all is to be followed again.
    mutating func begin() { self = DeploymentModel(named: named) }

    init(named: Set<String> = []) { self.named = named }

    /// Takes what is new in a journal.
    mutating func follow(_ world: World) {
        for record in world.journal[count...] { take(record.payload, record.time) }
        count = world.journal.count
        #expect(expectedPin == nil, "a failure that is to be rolled back pins in the same transaction")
    }

    private static func target(_ settings: JSONObject?) -> String? { settings?["target"]?.fingerprint }

    private mutating func take(_ payload: Event.Payload, _ time: Int64) {
        if let failed = expectedPin {
            expectedPin = nil
            guard case .environment(let pin) = payload, pin.kind == .pinned, pin.environment == failed.spot.environment,
                pin.digest == failed.digest, covers(pin, failed.spot)
            else {
                Issue.record("no pin of \(failed.spot) follows its failure, but \(payload)")
                return
            }
        }
        switch payload {
        case .trigger(let change):
            if change.kind == .deleted { triggers[change.name] = nil }
            if change.kind == .created || change.kind == .updated { triggers[change.name] = change.definition }
        case .environment(let change): take(change, time)
        case .deployment(let change): take(change, time)
        default: break
        }
    }

    // MARK: Pins

    private func covers(_ pin: EnvironmentChange, _ spot: Spot) -> Bool {
        guard pin.environment == spot.environment else { return false }
        guard let service = pin.service else { return true }
        return service.repository.text == spot.repository
            && (service.triggers.contains(spot.trigger) || spot.target.map(service.targets.contains) ?? false)
    }

    private func overlap(_ one: EnvironmentChange, _ other: EnvironmentChange) -> Bool {
        guard one.environment == other.environment else { return false }
        guard let service = one.service, let known = other.service else { return one.service == nil && other.service == nil }
        return service.repository == known.repository
            && (service.triggers.contains { known.triggers.contains($0) } || service.targets.contains { known.targets.contains($0) })
    }

    private mutating func take(_ change: EnvironmentChange, _ time: Int64) {
        lifted = change.lifted
        guard change.kind == .pinned else {
            pins = pins.filter { $0.environment != change.environment || (change.service != nil && !overlap($0, change)) }
            return
        }
        let lifting = group { $0.environment == change.environment && ($0.service == nil || overlap($0, change)) }
        for index in pins.indices where pins[index].digest == change.lifted && lifting.contains(pins[index]) { pins[index].digest = nil }
        pins.append(change)
        guard let digest = change.digest else { return }
        let spots = Set(ends.filter { $0.digest == digest }.map(\.spot)).filter { covers(change, $0) }
        for spot in spots { ends.append(End(spot: spot, digest: digest, number: 0, isGood: false, time: time)) }
    }

    /// Some pins, and all that are of one service with these.
    private func group(_ isFirst: (EnvironmentChange) -> Bool) -> [EnvironmentChange] {
        var group = pins.filter(isFirst)
        while true {
            let next = pins.filter { pin in group.contains { $0 == pin || overlap($0, pin) } }
            guard next.count > group.count else { return group }
            group = next
        }
    }

    /// What is kept out of a spot; nil where it is not pinned.
    private func pinned(_ spot: Spot) -> Set<Digest>? {
        let group = group { covers($0, spot) }
        return group.isEmpty ? nil : Set(group.compactMap(\.digest))
    }

    /// What an environment is pinned against, whichever service it is.
    func pinned(_ environment: String) -> Set<Digest> {
        Set(pins.filter { $0.environment == environment }.compactMap(\.digest))
    }

    // MARK: Deployments

    private mutating func take(_ change: DeploymentChange, _ time: Int64) {
        if case .created(let creation) = change.step {
            var new = Known(
                creation: creation, digest: change.digest,
                number: change.tag.flatMap { Int($0.split(separator: ".").dropFirst().first ?? "") } ?? 0,
                spot: Spot(environment: change.environment, repository: change.repository.text, trigger: change.trigger))
            new.settings = creation.settingsOf.flatMap { known[$0]?.settings } ?? triggers[change.trigger]
            known[change.id] = new
            if creation.kind == .rollback { checkRollback(change, new) }
        }
        guard var one = known[change.id] else { return }
        defer { known[change.id] = one }
        switch change.step {
        case .started:
            if one.creation.settingsOf == nil, let now = triggers[one.spot.trigger], now["environment"]?.string == one.spot.environment {
                one.settings = now
            }
            one.spot.target = Self.target(one.settings)
            checkStart(one, time)
            one.isRunning = true
            for index in ends.indices where ends[index].spot.shares(one.spot) && ends[index].digest != one.digest && ends[index].brokenAt == nil {
                ends[index].brokenAt = time
            }
        case .succeeded: end(&one, isGood: true, time)
        case .failed(_, let retryAt):
            end(&one, isGood: false, time)
            if retryAt == nil, one.creation.kind == .trigger, one.settings?["onFailure"]?.string == "rollback" { expectedPin = one }
        case .interrupted, .cancelled, .rejected:
            if one.isRunning { end(&one, isGood: false, time) }
            if case .cancelled(let reason) = change.step, one.creation.kind == .rollback, reason.hasPrefix("trigger ") {
                Issue.record("a rollback needs its trigger no more when it is made: \(reason)")
            }
        case .rolledBack:
            for index in ends.indices where ends[index].isGood && ends[index].digest == one.digest && ends[index].spot.shares(one.spot) {
                ends[index].isUndone = true
            }
            end(&one, isGood: false, time)
        default: break
        }
    }

    private mutating func end(_ one: inout Known, isGood: Bool, _ time: Int64) {
        one.isRunning = false
        ends.append(End(spot: one.spot, digest: one.digest, number: one.number, isGood: isGood, time: time))
    }

    /// It goes to what went well in its own service; by hand, also to what was left by a trigger that is no more, or that has the
    /// same target now.
    private func checkRollback(_ change: DeploymentChange, _ one: Known) {
        if let undone = one.creation.rollbackOf.flatMap({ known[$0] }) {
            #expect(undone.spot.environment == change.environment && undone.spot.repository == change.repository.text)
            #expect(undone.digest != change.digest)
        }
        var spot = one.spot
        spot.target = Self.target(one.settings)
        let isRight = ends.contains { end in
            let other = triggers[end.spot.trigger]
            let isTaken = other?["environment"]?.string != spot.environment || Self.target(other) == spot.target
            let isLeft = one.creation.pushedBy != "deployments" && isTaken
            return end.isGood && end.digest == change.digest && end.spot.environment == spot.environment
                && end.spot.repository == spot.repository && (isLeft || end.spot.shares(spot))
        }
        #expect(isRight, "\(change.digest) did not run in the service of \(spot)")
        #expect(lifted == nil || named.contains(change.id), "nobody asked for \(change.digest) by its name")
    }

    // MARK: What must hold at a start

    private func checkStart(_ one: Known, _ time: Int64) {
        let pinned = pinned(one.spot)
        #expect(pinned?.contains(one.digest) != true, "pinned out, and started")
        #expect(one.settings?["environment"]?.string == one.spot.environment, "with a trigger of its environment")
        guard one.creation.kind == .trigger else { return }
        #expect(pinned == nil, "a service is pinned, and something started by trigger")
        if one.settings?["allowDowngrade"] == nil {
            let place = ends.filter { $0.isGood && $0.spot.environment == one.spot.environment && $0.spot.repository == one.spot.repository }
            for present in [place.last, place.last { $0.spot.shares(one.spot) }] {
                guard let present, present.digest != one.digest, !present.isUndone else { continue }
                #expect(present.number < one.number, "an older image over a newer one")
            }
        }
        let gates = one.settings?["gates"]
        if let environment = gates?["promotedFrom"]?.string ?? gates?["soak"]?["environment"]?.string {
            #expect(
                isPromoted(one.digest, from: environment, soaked: gates?["soak"]?["time"]?.int.map { $0 * 1000 }, time),
                "it did not go well last, or not for long, in every service of \(environment) that ran it")
        }
    }

    /// Whether an image went well last wherever it ran in an environment, and has run there for so long.
    func isPromoted(_ digest: Digest, from environment: String, soaked span: Int64? = nil, _ time: Int64) -> Bool {
        guard !pinned(environment).contains(digest) else { return false }
        guard !known.values.contains(where: { $0.isRunning && $0.spot.environment == environment && $0.digest == digest }) else { return false }
        let ran = ends.filter { $0.spot.environment == environment && $0.digest == digest }
        // What went well and still counts.
        let counting = ran.indices.filter { index in
            ran[index].isGood && !ran[index...].contains { !$0.isGood && $0.spot.shares(ran[index].spot) }
        }.map { ran[$0] }
        // A failure counts until the image goes well in its service, by whichever trigger.
        let spots = Set(
            ran.indices.filter { index in
                ran[index].isGood || !ran[index...].contains { $0.isGood && $0.spot.shares(ran[index].spot) }
            }.map { ran[$0].spot })
        return !spots.isEmpty
            && spots.allSatisfy { spot in
                counting.contains { end in
                    let isLongEnough = span.map { (end.brokenAt ?? time) - end.time >= $0 } ?? true
                    return isLongEnough && spots.contains { $0.trigger == spot.trigger && $0.repository == spot.repository && $0.shares(end.spot) }
                }
            }
    }
}
