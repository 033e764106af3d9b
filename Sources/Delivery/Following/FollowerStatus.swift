/// How a webhook is doing, for operators.
package struct FollowerStatus: Sendable {
    /// The last record that is done: delivered, or not for this webhook.
    package var cursor: UInt64
    /// Attempts that failed since the last success.
    package var failures = 0
    package var delivered: UInt64 = 0
    package var lastAttempt: LastAttempt?

    package struct LastAttempt: Sendable {
        /// Unix milliseconds.
        package let time: Int64
        package let sequence: UInt64
        package let outcome: AttemptOutcome
    }
}
