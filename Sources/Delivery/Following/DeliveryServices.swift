import EventLog
import IO

/// What followers need of the rest of the hub.
struct DeliveryServices: Sendable {
    let log: EventLog
    let pool: BlockingPool
    let userAgent: String
    /// Posts once and says what came of it.
    let send: @Sendable (DeliveryRequest) async -> AttemptOutcome
    /// Records that the webhook is disabled.
    let disable: @Sendable (Webhook, String) -> Void
}
