package import JSON

/// A webhook as its events show it. Secrets, the values of headers and private keys never enter the log: it only says
/// that they are there.
package struct WebhookSettings: Hashable, Sendable {
    package var id: String
    package var url: String
    package var description: String?
    /// Which events it gets; all where there is none.
    package var pattern: JSONValue?
    /// The payload's format by name.
    package var format = standardFormat
    /// The names of headers that every request carries besides the usual ones.
    package var headers: [String] = []
    /// Every request carries an `Authorization` header.
    package var hasAuthorization = false
    /// How requests are signed.
    package var signing = standardSigning
    /// There is a text of its own for those ways of signing that use one.
    package var hasToken = false
    /// Seconds between attempts, one more attempt than there are delays; the hub's own schedule where it is empty.
    package var schedule: [Int] = []
    /// Seconds for one whole attempt.
    package var timeout: Int?
    /// Requests that are begun in a second, at most.
    package var rateLimit: Int?
    /// Requests that are under way at once, at most.
    package var maxInFlight: Int?
    package var ordering = Ordering.parallel
    package var state = State.enabled
    package var tls = TLS()
    /// The receiver is asked first whether it wants to be called (CloudEvents' web hook specification).
    package var handshake = false
    package var batch = Batch()
    /// Names the document in the secret store that goes with these settings; nil for a secret of the first version.
    package var credentials: String?

    package enum Ordering: String, Sendable, CaseIterable {
        /// Each delivery on its own schedule; first attempts in the order of the log.
        case parallel
        /// Of one repository, the next is sent when the one before was taken or given up.
        case fifo
    }

    package enum State: String, Sendable, CaseIterable {
        case enabled
        /// Nothing is sent until it is enabled again; nothing is lost.
        case paused
        /// Like paused; because the receiver wants no more, or never answered, or somebody said so.
        case disabled
    }

    package struct TLS: Hashable, Sendable {
        /// `sha256:` and hex digits, of the text that has the authorities for the receiver's certificate.
        package var authorities: String?
        /// The fingerprint of the certificate that the hub shows, in the same form.
        package var certificate: String?

        package init() {}
    }

    /// Of one request in the batched format; the hub's own bounds where there is none.
    package struct Batch: Hashable, Sendable {
        package var events: Int?
        package var bytes: Int?
        /// How long an event waits for others.
        package var seconds: Int?

        package init() {}
    }

    package init(id: String, url: String, pattern: JSONValue? = nil, schedule: [Int] = [], state: State = .enabled) {
        self.id = id
        self.url = url
        self.pattern = pattern
        self.schedule = schedule
        self.state = state
    }

    package static let standardFormat = "cloudevents"
    /// Standard Webhooks' signature with a shared secret.
    package static let standardSigning = ["v1"]

    package var isEnabled: Bool { state == .enabled }
}
