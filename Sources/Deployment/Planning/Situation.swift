import Events
import OCI

/// All that a decision rests on. Decisions are functions of this and nothing else: no clock, no file, no socket.
struct Situation: Sendable {
    var state: DeploymentState
    var scans = ScanTable()
    /// The triggers of the config file, by name.
    var configured: [String: Trigger] = [:]
    /// Since which record they are what they are.
    var configuredRevisions: [String: UInt64] = [:]
    /// Unix milliseconds.
    var now: Int64
    /// Deployments whose target is at work in this process. One that the log says is running and that is not among them
    /// was cut off by the hub's end.
    var active: Set<String> = []
    /// Whether a name in an approval's body counts, as there are no accounts.
    var trustsApproverField = false
    /// The hub ends: a run that is cut off has not failed.
    var isEnding = false
    /// Whether the registry has an image, and has not deleted it since.
    var isThere: @Sendable (RepositoryName, Digest) -> Bool = { _, _ in true }

    func trigger(_ name: String) -> Trigger? {
        configured[name] ?? state.triggers[name]?.trigger
    }

    /// A trigger as it was when a record was made, and the record that had made it so; 0 for the config file's, which are
    /// what they are from the start on.
    func trigger(_ name: String, at sequence: UInt64) -> (trigger: Trigger, since: UInt64)? {
        if let trigger = configured[name] { return (trigger, 0) }
        guard let version = state.triggers[name]?.version(at: sequence), let trigger = version.trigger else { return nil }
        return (trigger, version.since)
    }

    /// The record that made a trigger what it is: another one each time it changes, also where it changes back.
    func revision(of trigger: String) -> UInt64 {
        configured[trigger] == nil ? state.triggers[trigger]?.changed ?? 0 : configuredRevisions[trigger] ?? 0
    }

    /// Whether there is a trigger of that name that only another version can read.
    func isUnreadable(_ name: String) -> Bool {
        configured[name] == nil && state.triggers[name].map { $0.trigger == nil } ?? false
    }

    /// What a deployment is to run with now; nil where nothing may run it any more. It is the trigger as it is, if it still
    /// deploys to that environment. A rollback can be bound to what the run had that it undoes, and does not end with its trigger.
    func runTrigger(_ deployment: Deployment) -> Trigger? {
        let own = deployment.kind == .rollback ? deployment.settings?.trigger : nil
        if deployment.creation.settingsOf != nil, let own { return own }
        return trigger(deployment.trigger, in: deployment.environment) ?? own
    }

    /// What a deployment's last run was started with. The config file's triggers are not in the log: they are what they are since the start.
    func startedWith(_ deployment: Deployment) -> Trigger? {
        deployment.settings?.trigger ?? runTrigger(deployment)
    }

    /// What is put back in a service if an image is bad there.
    func previous(of service: Service, than digest: Digest?, for trigger: Trigger?) -> Success? {
        state.previous(of: service, than: digest, for: trigger) { isThere(service.repository, $0) }
    }

    /// The names of all triggers there are.
    var triggerNames: Set<String> { Set(configured.keys).union(state.triggers.keys) }

    /// A trigger, if it deploys to an environment.
    func trigger(_ name: String, in environment: String) -> Trigger? {
        trigger(name).flatMap { $0.environment == environment ? $0 : nil }
    }

    /// What a trigger replaces where it deploys a repository: what it deployed there itself, and what was deployed with its target.
    func service(_ trigger: Trigger, _ repository: RepositoryName) -> Service {
        Service(Place(environment: trigger.environment, repository: repository), trigger.name, trigger.target.fingerprint)
    }

    /// What a deployment changes, or would.
    func service(of deployment: Deployment) -> Service {
        let (last, next) = (deployment.target, runTrigger(deployment)?.target.fingerprint)
        return Service(deployment.lane.place, deployment.trigger, deployment.state.isQueued ? next ?? last : last ?? next)
    }

    /// Why an image must not be deployed to a service of an environment by itself; nil where it may.
    func objection(to digest: Digest, in environment: String, _ service: @autoclosure () -> Service) -> String? {
        guard let pin = pins(in: environment, holding: service()).first(where: { $0.digests.contains(digest) }) else { return nil }
        return "\(environment) is pinned against this image: \(pin.reason)"
    }

    /// The pins that hold a service of an environment.
    func pins(in environment: String, holding service: @autoclosure () -> Service) -> [Pins.Pin] {
        state.pins[environment]?.covering(service()) ?? []
    }

    func isPaused(_ trigger: String) -> Bool {
        state.pauses[trigger]?.isPaused ?? false
    }

    /// Whether a trigger is to take a record: it was there and not paused when the record was made. So it does not matter
    /// how far behind the reader of the log is.
    func takes(_ trigger: String, at sequence: UInt64) -> Bool {
        if configured[trigger] == nil {
            guard let entry = state.triggers[trigger], entry.trigger != nil, sequence > entry.created else { return false }
        }
        return !(state.pauses[trigger]?.covers(sequence) ?? false)
    }

    /// What runs, in the log or in this process, by environment.
    var running: [String: [Deployment]] {
        let known = active.lazy.compactMap { state.deployments[$0] }
        let others = state.liveDeployments.filter { $0.state == .running && !active.contains($0.id) }
        return Dictionary(grouping: Array(others) + known, by: \.environment)
    }
}
