import EventLog
import HTTP
import IO

/// What endpoints need of the rest of the hub.
struct DeliveryServices: Sendable {
    let log: EventLog
    let attempts: DeliveryLog
    let pool: BlockingPool
    /// Few threads on which whoever lags reads the log and matches it: however many lag, pushes and pulls find theirs in `pool`.
    let readers: BlockingPool
    let budget: Budget
    let timetable: Timetable
    let feed: Feed
    let meters: Meters
    let userAgent: String
    let formats: FormatOptions
    /// How the hub calls itself to receivers that want to be asked.
    let origin: String
    /// Posts once and says what came of it.
    let send: @Sendable (DeliveryRequest) async -> AttemptOutcome
    /// Asks a receiver whether it wants to be called.
    let ask: @Sendable (HTTPURL, TLSIdentity?, _ timeout: Int64) async -> Handshake.Outcome
    /// Records that a webhook is disabled.
    let disable: @Sendable (_ id: String, _ reason: String) -> Void
}
