package import Events
package import OCI

/// One image on its way to one environment, as the log tells it.
package struct Deployment: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// Its gates are open or were not looked at yet; it waits for its turn or for its next attempt.
        case pending
        /// Gates hold it.
        case waiting
        case running
        case succeeded
        case failed
        /// A newer one took its place before it ran.
        case superseded
        case cancelled
        /// The hub ended while it ran; what becomes of it is decided at the next start.
        case interrupted
        /// Another deployment put back what was there before.
        case rolledBack

        /// Whether it may still run.
        package var isLive: Bool {
            switch self {
            case .pending, .waiting, .running, .interrupted: true
            case .succeeded, .failed, .superseded, .cancelled, .rolledBack: false
            }
        }

        /// Whether it may still run and does not.
        var isQueued: Bool { isLive && self != .running }
    }

    /// One step of its history.
    package struct Transition: Sendable, Hashable {
        /// The last part of the event's type, such as `started`.
        package var step: String
        package var sequence: UInt64
        /// Unix milliseconds.
        package var time: Int64
        /// Who caused it.
        package var actor: String
        package var reason: String?
    }

    package let id: String
    package let trigger: String
    package let environment: String
    package let repository: RepositoryName
    package let version: ImageVersion
    package let creation: Creation
    /// The record that made it.
    package let sequence: UInt64
    package let createdAt: Int64

    package var state = State.pending
    /// Why it is in this state.
    package var reason: String
    /// The gates that hold it.
    package var waitingFor: [String] = []
    /// Runs that were started.
    package var attempt = 0
    /// Runs that were started when somebody last asked for it: attempts are counted from there.
    var attemptBase = 0
    /// Gates count their waiting times from here: when it was made, or last asked for.
    var queuedAt: Int64
    /// Not before this it is tried again.
    package var retryAt: Int64?
    package var approvals: [Approval] = []
    package var startedAt: Int64?
    package var endedAt: Int64?
    package var output: Output?
    /// What its last run was started with, or what a rollback is to run with. Nil where that is the config file's, is not
    /// known, or is not needed any more.
    package var settings: RunSettings?
    /// The fingerprint of the target that its last run was started with; nil where that is not known.
    var target: String?
    /// The newest at the end, and not more than `transitionLimit`.
    package var transitions: [Transition] = []

    /// What is known of its output without the text.
    package struct Output: Sendable, Hashable {
        package var attempt: Int
        package var size: Int64
        package var digest: String
    }

    static let transitionLimit = 100
    static let approvalLimit = 100

    var lane: Lane { Lane(environment: environment, trigger: trigger, repository: repository) }
    /// What its last run has changed.
    var service: Service { Service(lane.place, trigger, target) }
    /// `repository:tag@digest`.
    package var image: String { "\(repository)\(version.tag.map { ":\($0)" } ?? "")@\(version.digest)" }
    package var kind: Creation.Kind { creation.kind }
    /// It waits, and a run of it since it was last asked for did not get there.
    var isHalfDone: Bool { state.isQueued && attempt > attemptBase }

    /// How often the hub ended while it ran, since it was last asked for.
    var interruptions: Int { transitions.reversed().prefix { $0.step != "retried" }.count { $0.step == "interrupted" } }

    init(_ change: DeploymentChange, _ creation: Creation, sequence: UInt64, time: Int64) {
        id = change.id
        trigger = change.trigger
        environment = change.environment
        repository = change.repository
        version = ImageVersion(tag: change.tag, digest: change.digest, pushed: creation.pushed, sequence: creation.event)
        self.creation = creation
        self.sequence = sequence
        createdAt = time
        queuedAt = time
        reason = creation.reason
    }

    /// A step of it, for the log.
    func step(_ step: DeploymentChange.Step) -> Event.Payload {
        .deployment(
            DeploymentChange(
                id: id, trigger: trigger, environment: environment, repository: repository, tag: version.tag,
                digest: version.digest, step: step))
    }
}

/// Where deployments follow one another: what one trigger deploys of one repository to one environment.
package struct Lane: Sendable, Hashable {
    package let environment: String
    package let trigger: String
    package let repository: RepositoryName

    var place: Place { Place(environment: environment, repository: repository) }
}

/// One repository in one environment, whichever triggers deploy it there.
struct Place: Sendable, Hashable {
    let environment: String
    let repository: RepositoryName

    func lane(_ trigger: String) -> Lane { Lane(environment: environment, trigger: trigger, repository: repository) }
}

/// An image that failed in a lane, or was undone there, and did not go well in its service since.
struct Failure: Sendable, Hashable {
    let digest: Digest
    /// As of a success.
    let target: String?
}

/// One deployment that went well.
package struct Success: Sendable, Hashable {
    package var deployment: String
    package var version: ImageVersion
    /// Unix milliseconds.
    package var at: Int64
    /// The record that says so; 0 where an earlier version did not note it.
    package var sequence: UInt64 = 0
    /// When something else began to take its place, whatever came of that.
    package var endedAt: Int64?
    /// The fingerprint of the target that it went to; nil where that is not known.
    package var target: String?
    /// The same image was undone there later: it is no proof of anything, and not gone back to unasked.
    package var isRolledBack = false
    /// The same image failed there later, or is being undone: that it went well once says nothing any more.
    package var isInDoubt = false

    /// How many of a lane are remembered.
    static let limit = 100

    func isBefore(_ other: Success) -> Bool { (sequence, at) < (other.sequence, other.at) }
}
