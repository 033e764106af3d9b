import JSON
package import OCI

/// The data of `deployment.*`: one step of one deployment. Every step names the image, so that patterns and queries on
/// `data.repository`, `data.tag` and `data.digest` find it.
package struct DeploymentChange: Hashable, Sendable {
    package var id: String
    package var trigger: String
    package var environment: String
    package var repository: RepositoryName
    package var tag: String?
    package var digest: Digest
    package var step: Step

    package enum Step: Hashable, Sendable {
        case created(Creation)
        /// Held by gates.
        case waiting(WaitReasons)
        /// All gates are open: it waits for its turn.
        case ready
        case approved(Approval)
        case rejected(Approval)
        /// - Parameters:
        ///   - definition: the fingerprint of the trigger that it runs with; nil in records of earlier versions.
        ///   - target: that of its target; nil in records of earlier versions.
        case started(attempt: Int, definition: String? = nil, target: String? = nil)
        case succeeded(RunResult)
        /// - Parameter retryAt: when it will be tried again, Unix milliseconds; nil where it is over.
        case failed(RunResult, retryAt: Int64?)
        case superseded(by: String?, reason: String)
        case cancelled(reason: String)
        /// The hub ended while it ran.
        case interrupted(attempt: Int, reason: String)
        /// Asked for once more by hand.
        case retried
        /// Another deployment has put back what was there before.
        case rolledBack(by: String)
    }

    package init(
        id: String, trigger: String, environment: String, repository: RepositoryName, tag: String?, digest: Digest, step: Step
    ) {
        self.id = id
        self.trigger = trigger
        self.environment = environment
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.step = step
    }

    var type: EventType {
        switch step {
        case .created: .deploymentCreated
        case .waiting: .deploymentWaiting
        case .ready: .deploymentReady
        case .approved: .deploymentApproved
        case .rejected: .deploymentRejected
        case .started: .deploymentStarted
        case .succeeded: .deploymentSucceeded
        case .failed: .deploymentFailed
        case .superseded: .deploymentSuperseded
        case .cancelled: .deploymentCancelled
        case .interrupted: .deploymentInterrupted
        case .retried: .deploymentRetried
        case .rolledBack: .deploymentRolledBack
        }
    }
}

/// Why a deployment is there.
package struct Creation: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// A trigger took an event.
        case trigger
        /// It puts back an earlier image.
        case rollback
    }

    package var kind: Kind
    package var reason: String
    /// When the image was pushed, Unix milliseconds.
    package var pushed: Int64
    /// The record that the trigger took: its sequence.
    package var event: UInt64
    /// Who caused that record.
    package var pushedBy: String
    /// Of a rollback: the deployment that is undone.
    package var rollbackOf: String?
    /// Of a rollback: the deployment with whose settings it runs; nil for the trigger as it is when it starts.
    package var settingsOf: String?

    package init(
        kind: Kind, reason: String, pushed: Int64, event: UInt64, pushedBy: String, rollbackOf: String? = nil,
        settingsOf: String? = nil
    ) {
        self.kind = kind
        self.reason = reason
        self.pushed = pushed
        self.event = event
        self.pushedBy = pushedBy
        self.rollbackOf = rollbackOf
        self.settingsOf = settingsOf
    }
}

/// What holds a deployment.
package struct WaitReasons: Hashable, Sendable {
    /// Such as `approval`, `scan`, `window`, `soak`; sorted.
    package var gates: [String]
    /// All reasons in words.
    package var reason: String

    package init(gates: [String], reason: String) {
        self.gates = gates
        self.reason = reason
    }
}

/// Somebody's word on one deployment, and so on one digest.
package struct Approval: Hashable, Sendable {
    package var approver: String
    /// Whether the hub knows that it was them. A name out of a request's body is not.
    package var isVerified: Bool
    /// Of the trigger's definition at that time: an approval is not for what the trigger becomes later.
    package var definition: String
    /// The record that had made the trigger so, as a definition may come back.
    package var revision: UInt64
    /// Its deadline, Unix milliseconds: it is not for what is asked for once more after that. Nil where there is none.
    package var until: Int64?
    package var comment: String?

    package init(
        approver: String, isVerified: Bool, definition: String, revision: UInt64 = 0, until: Int64? = nil, comment: String?
    ) {
        self.approver = approver
        self.isVerified = isVerified
        self.definition = definition
        self.revision = revision
        self.until = until
        self.comment = comment
    }
}

/// How a run ended.
package struct RunResult: Hashable, Sendable {
    package var attempt: Int
    /// The target's summary, or why it failed.
    package var reason: String
    package var output: Output?

    /// What the target said.
    package struct Output: Hashable, Sendable {
        /// Of what is kept: very long output loses its middle.
        package var size: Int64
        package var digest: String
        /// The last 4 KiB.
        package var tail: String

        package init(size: Int64, digest: String, tail: String) {
            self.size = size
            self.digest = digest
            self.tail = tail
        }
    }

    package init(attempt: Int, reason: String, output: Output?) {
        self.attempt = attempt
        self.reason = reason
        self.output = output
    }
}
