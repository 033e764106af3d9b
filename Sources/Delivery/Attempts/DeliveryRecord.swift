/// A record of the delivery log.
enum DeliveryRecord: Sendable, Equatable {
    case attempt(Attempt)
    /// Somebody asked for one delivery again.
    case request(Request)
    /// Somebody asked for many again.
    case job(Job)
    /// A job was called off.
    case jobEnded(webhook: String, source: DeliveryKey.Source)

    /// One attempt at a delivery, which has ended; or that there will be none any more.
    struct Attempt: Sendable, Equatable {
        enum Fate: UInt8, Sendable {
            case delivered = 1, retry = 2, dead = 3
            /// It is over without having been delivered or given up. `attempt` is how many there were, and `error` says why.
            case cancelled = 4
            /// An attempt that failed after the delivery was called off: the last one.
            case failedCancelled = 5
        }

        var webhook: String
        var source: DeliveryKey.Source
        /// The delivery's number in its source.
        var number: UInt64
        /// The job that it belongs to; 0 without one.
        var job: UInt64 = 0
        /// What is delivered in order has the same; see `OpenDelivery`.
        var lane: UInt64 = 0
        /// The event's; 0 for one that was made for a test.
        var sequence: UInt64
        var eventID: String
        var eventType: String
        /// 1, 2, 3, ...
        var attempt: Int
        /// The delivery's first record and the one before this; 0 where this is the first.
        var first: UInt64 = 0
        var previous: UInt64 = 0
        /// When it began, Unix milliseconds, and how long it took, in milliseconds.
        var time: Int64
        var latency: Int64
        /// 0 where there was no answer.
        var status: Int
        /// Why there was none.
        var error: String
        var fate: Fate
        /// When the next one is due.
        var due: Int64 = 0
        /// The receiver wants no request before; 0 where it said nothing.
        var pausedUntil: Int64 = 0
        /// It says something about the receiver: not what went along with another in one request, or was not sent at all.
        var isCounted = true

        var key: DeliveryKey { DeliveryKey(source, number) }
        var isSuccess: Bool { (200..<300).contains(status) }
    }

    struct Request: Sendable, Equatable {
        var webhook: String
        var sequence: UInt64
        var eventID: String
        var eventType: String
        var time: Int64
        /// The delivery that is made again.
        var original: UInt64
        var lane: UInt64 = 0
    }

    struct Job: Sendable, Equatable {
        var webhook: String
        /// `replay`: numbers are sequences of the event log; `failed`: of the delivery log.
        var source: DeliveryKey.Source
        /// After this one, through that one.
        var after: UInt64
        var through: UInt64
        var time: Int64
    }

    var webhook: String {
        switch self {
        case .attempt(let attempt): attempt.webhook
        case .request(let request): request.webhook
        case .job(let job): job.webhook
        case .jobEnded(let webhook, _): webhook
        }
    }
}

extension DeliveryKey.Source {
    /// In the API.
    package var text: String {
        switch self {
        case .log: "event"
        case .replay: "replay"
        case .resend, .failed: "redelivery"
        case .test: "test"
        }
    }
}
