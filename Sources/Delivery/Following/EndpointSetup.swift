import Crypto
import EventPattern
import Events
import HTTP
import IO
import JSON

/// A webhook's settings and secrets, made ready to be worked with; every request holds on to it.
final class EndpointSetup: Sendable {
    let url: HTTPURL
    let format: PayloadFormat
    /// Nil where the webhook gets everything.
    let pattern: Pattern?
    let matcher: PatternMatcher<Bool>?
    let signer: Signer
    /// What receivers verify with, where deliveries are signed with an Ed25519 key: `whpk_...`.
    let publicKey: String?
    private let mask: SecretMask
    let tls: TLSIdentity?
    /// The receiver has to consent first.
    let asksFirst: Bool
    /// Milliseconds.
    let timeout: Int64
    let rules: OpenSet.Rules
    /// Nil where every event is a request of its own.
    let batch: Batch?

    struct Batch: Sendable, Equatable {
        let events: Int
        let bytes: Int
        /// Milliseconds that an event waits for others.
        let wait: Int64
    }

    static let standardTimeout = 15

    init(_ settings: WebhookSettings, _ credentials: WebhookCredentials, firstProbe: Int64 = Circuit.firstInterval) throws(WebhookError) {
        do {
            url = try HTTPURL(credentials.url ?? settings.url)
            pattern = try settings.pattern.map { try Pattern.parse($0.encoded) }
        } catch {
            throw WebhookError(.damaged, "webhook \(settings.id) cannot be followed: \(error)")
        }
        guard let format = PayloadFormat(rawValue: settings.format) else {
            throw WebhookError(.damaged, "webhook \(settings.id) has the format \"\(settings.format)\", which this version does not know")
        }
        self.format = format
        matcher = pattern.map { PatternMatcher([(name: true, pattern: $0)]) }
        signer = Signer(credentials)
        publicKey = credentials.schemes.contains(.v1a) ? credentials.current(.asymmetric)?.publicKey : nil
        mask = SecretMask(credentials, url: url)
        tls = try credentials.tlsIdentity()
        asksFirst = settings.handshake
        timeout = Int64(settings.timeout ?? Self.standardTimeout) * 1000
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule(settings.schedule)
        rules.maxInFlight = settings.maxInFlight ?? rules.maxInFlight
        rules.rateLimit = settings.rateLimit
        rules.keepsOrder = settings.ordering == .fifo
        rules.firstProbe = firstProbe
        rules.isHeld = !settings.isEnabled
        self.rules = rules
        batch = format == .cloudeventsBatch
            ? Batch(
                events: settings.batch.events ?? 100, bytes: settings.batch.bytes ?? 256 << 10,
                wait: Int64(settings.batch.seconds ?? 1) * 1000)
            : nil
    }

    /// What came of a request, as it may be kept.
    func masked(_ outcome: AttemptOutcome) -> AttemptOutcome {
        var outcome = outcome
        // Malformed answers are quoted in what says so.
        outcome.failure = outcome.failure.map { mask.apply(to: $0) }
        outcome.response = mask.apply(to: outcome.response, isCut: outcome.response.count >= WebhookSender.responsePrefix)
        return outcome
    }

    /// What came of asking, as it may be kept.
    func text(_ answer: Handshake.Outcome) -> String { answer.text { mask.apply(to: $0) } }

    /// - Parameter now: Unix milliseconds.
    func request(_ payload: FormattedPayload, id: String, now: Int64, _ services: DeliveryServices) throws(CryptoError) -> DeliveryRequest {
        var headers = HeaderBuilder()
        if asksFirst { headers.append(Handshake.requestOrigin, services.origin) }
        headers.append(.contentType, payload.contentType)
        headers.append(.userAgent, services.userAgent)
        for (name, value) in payload.headers { headers.append(name, value) }
        try signer.sign(id: id, timestamp: now / 1000, body: payload.body, into: &headers)
        return DeliveryRequest(url: url, headers: headers, body: payload.body, tls: tls, timeout: timeout)
    }
}
