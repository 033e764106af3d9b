import Events
import JSON
import OCI
import Testing

/// What the records of deployments come to, told in the simplest way, and what must hold of each of them. It shares nothing
/// with the state that decisions are made on.
struct DeploymentModel {
    /// Rollbacks for which somebody named the image.
    var named: Set<String>
    private(set) var pinned: [String: Set<Digest>] = [:]
    /// Whether what came of an image last in an environment is a success, and since when.
    private(set) var outcomes: [Spot: (isGood: Bool, since: Int64)] = [:]
    private var triggers: [String: JSONObject] = [:]
    private var known: [String: Known] = [:]
    /// What went well last of each repository in each environment.
    private var current: [[String]: Known] = [:]
    private var expectedPin: Spot?
    private var lifted: Digest?
    private var count = 0

    struct Spot: Hashable {
        let environment: String
        let digest: Digest
    }

    private struct Known {
        let trigger: String
        let spot: Spot
        let repository: String
        let creation: Creation
        /// The second part of its version: the greater, the newer.
        let number: Int
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

    private mutating func take(_ payload: Event.Payload, _ time: Int64) {
        if let spot = expectedPin {
            expectedPin = nil
            guard case .environment(let pin) = payload, pin.kind == .pinned, pin.environment == spot.environment, pin.digest == spot.digest else {
                Issue.record("no pin of \(spot) follows its failure, but \(payload)")
                return
            }
        }
        switch payload {
        case .trigger(let change):
            if change.kind == .deleted { triggers[change.name] = nil }
            if change.kind == .created || change.kind == .updated { triggers[change.name] = change.definition }
        case .environment(let change):
            lifted = change.lifted
            guard change.kind == .pinned else { return pinned[change.environment] = nil }
            if let lifted { pinned[change.environment]?.remove(lifted) }
            guard let digest = change.digest else { return }
            pinned[change.environment, default: []].insert(digest)
            outcomes[Spot(environment: change.environment, digest: digest)] = (false, time)
        case .deployment(let change): take(change, time)
        default: break
        }
    }

    private mutating func take(_ change: DeploymentChange, _ time: Int64) {
        let spot = Spot(environment: change.environment, digest: change.digest)
        if case .created(let creation) = change.step {
            var new = Known(
                trigger: change.trigger, spot: spot, repository: change.repository.text, creation: creation,
                number: change.tag.flatMap { Int($0.split(separator: ".").dropFirst().first ?? "") } ?? 0)
            new.settings = creation.settingsOf.flatMap { known[$0]?.settings } ?? triggers[change.trigger]
            known[change.id] = new
            if creation.kind == .rollback { checkRollback(change, creation) }
        }
        guard var one = known[change.id] else { return }
        defer { known[change.id] = one }
        switch change.step {
        case .started:
            if one.creation.settingsOf == nil, let now = triggers[one.trigger], now["environment"]?.string == one.spot.environment {
                one.settings = now
            }
            checkStart(one, time)
            one.isRunning = true
        case .succeeded:
            one.isRunning = false
            if outcomes[spot]?.isGood != true { outcomes[spot] = (true, time) }
            current[[one.spot.environment, one.repository]] = one
        case .failed(_, let retryAt):
            one.isRunning = false
            outcomes[spot] = (false, time)
            if retryAt == nil, one.creation.kind == .trigger, one.settings?["onFailure"]?.string == "rollback" { expectedPin = spot }
        case .interrupted, .cancelled, .rejected:
            if one.isRunning { outcomes[spot] = (false, time) }
            one.isRunning = false
            if case .cancelled(let reason) = change.step, one.creation.kind == .rollback, reason.hasPrefix("trigger ") {
                Issue.record("a rollback needs its trigger no more when it is made: \(reason)")
            }
        case .rolledBack: outcomes[spot] = (false, time)
        default: break
        }
    }

    private func checkRollback(_ change: DeploymentChange, _ creation: Creation) {
        if let undone = creation.rollbackOf.flatMap({ known[$0] }) {
            #expect(undone.spot.environment == change.environment && undone.repository == change.repository.text)
            #expect(undone.spot.digest != change.digest)
        }
        #expect(lifted == nil || named.contains(change.id), "nobody asked for \(change.digest) by its name")
    }

    private func checkStart(_ one: Known, _ time: Int64) {
        #expect(pinned[one.spot.environment]?.contains(one.spot.digest) != true, "pinned out, and started")
        #expect(one.settings?["environment"]?.string == one.spot.environment, "with a trigger of its environment")
        guard one.creation.kind == .trigger else { return }
        if let present = current[[one.spot.environment, one.repository]], present.spot.digest != one.spot.digest,
            one.settings?["allowDowngrade"] == nil
        {
            #expect(present.number < one.number, "an older image over a newer one")
        }
        let gates = one.settings?["gates"]
        if let environment = gates?["promotedFrom"]?.string ?? gates?["soak"]?["environment"]?.string {
            let outcome = outcomes[Spot(environment: environment, digest: one.spot.digest)]
            #expect(outcome?.isGood == true, "what came of it last in \(environment) is no success")
            if let soak = gates?["soak"]?["time"]?.int, let outcome { #expect(time - outcome.since >= soak * 1000, "and that not for long") }
        }
    }
}
