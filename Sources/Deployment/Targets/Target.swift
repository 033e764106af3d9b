/// How a run of a target ended.
package enum TargetResult: Sendable, Equatable {
    /// Deployed, as far as the other side tells. `summary` is one sentence.
    case succeeded(summary: String)
    /// `isRetryable`: the same run may go well later. `retryAfter` are milliseconds that the other side asked for.
    case failed(reason: String, isRetryable: Bool, retryAfter: Int64? = nil)
}

/// Something that can bring an image to where it runs.
package protocol Target: Sendable {
    /// Runs once. Output goes to `output`, which is bounded and hides secrets.
    ///
    /// Ends at `deadline` (monotonic milliseconds) or when the task is cancelled. A process gets a few seconds more between
    /// SIGTERM and SIGKILL; nothing is left running.
    func deploy(_ request: DeploymentRequest, output: DeploymentOutput, until deadline: Int64) async -> TargetResult
}

/// Why a run did not deploy.
struct TargetFailure: Error, Sendable {
    let reason: String
    let isRetryable: Bool
    /// Milliseconds that the other side asked for.
    var retryAfter: Int64?
    /// What failed is the deployment itself, not a look at it.
    var endsPolling = false
    /// Nobody waits any more for what was begun elsewhere, and that may go on.
    var isAbandoned = false

    /// Trying again may help.
    static func retryable(_ reason: String, after: Int64? = nil) -> TargetFailure {
        TargetFailure(reason: reason, isRetryable: true, retryAfter: after)
    }

    /// It takes a change of the trigger, the image or the other side.
    static func final(_ reason: String) -> TargetFailure {
        TargetFailure(reason: reason, isRetryable: false)
    }

    /// The other side tried to deploy and failed. Another try may go well.
    static func deployment(_ reason: String) -> TargetFailure {
        TargetFailure(reason: reason, isRetryable: true, endsPolling: true)
    }

    /// The same where it comes up between looks at something: nothing is waited for any more.
    var ending: TargetFailure {
        var failure = self
        failure.endsPolling = true
        return failure
    }

    static var cancelled: TargetFailure {
        var failure = final("the deployment was cancelled")
        failure.isAbandoned = true
        return failure
    }

    static func tookTooLong(_ what: String, last: String?) -> TargetFailure {
        var failure = retryable("\(what) took too long\(last.map { "; last seen: \($0)" } ?? "")")
        failure.isAbandoned = true
        return failure
    }

    /// With what became of it besides.
    func adding(_ words: String) -> TargetFailure {
        TargetFailure(reason: "\(reason); \(words)", isRetryable: isRetryable, retryAfter: retryAfter, endsPolling: endsPolling, isAbandoned: isAbandoned)
    }
}
