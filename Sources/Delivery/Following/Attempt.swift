package import HTTP
package import IO

/// One signed POST to a receiver.
package struct DeliveryRequest: Sendable {
    package var url: HTTPURL
    package var headers: HeaderBuilder
    package var body: [UInt8]
    /// The endpoint's own authorities and client certificate.
    package var tls: TLSIdentity?
    /// Milliseconds for the whole attempt; nil: the sender's.
    package var timeout: Int64?

    package init(url: HTTPURL, headers: HeaderBuilder, body: [UInt8], tls: TLSIdentity? = nil, timeout: Int64? = nil) {
        self.url = url
        self.headers = headers
        self.body = body
        self.tls = tls
        self.timeout = timeout
    }
}

/// How an attempt ended.
package struct AttemptOutcome: Sendable, Equatable {
    /// The receiver's; nil where there was no answer.
    package let status: Int?
    /// Why there was no answer, in one sentence.
    package internal(set) var failure: String?
    /// The first bytes of what it answered.
    package internal(set) var response: [UInt8]
    /// Seconds from now that it wants to be left alone (429, 503), as it said; nil where it said nothing that can be read.
    package let retryAfter: Int64?
    /// Microseconds from the request, a wait for a connection included, to the end of the answer or the failure.
    package var latency: Int64 = 0

    package static func answered(_ status: Int, response: [UInt8] = [], retryAfter: Int64? = nil) -> AttemptOutcome {
        AttemptOutcome(status: status, failure: nil, response: response, retryAfter: retryAfter)
    }

    package static func failed(_ reason: String) -> AttemptOutcome {
        AttemptOutcome(status: nil, failure: reason, response: [], retryAfter: nil)
    }

    package var isSuccess: Bool { status.map { (200..<300).contains($0) } ?? false }

    /// The receiver wants no more (Standard Webhooks: 410 disables the endpoint).
    package var isGone: Bool { status == 410 }

    /// In words, for operators.
    package var text: String {
        failure ?? "HTTP \(HTTPStatus(status ?? 0))"
    }

    /// Milliseconds that the receiver wants to be left alone: it can put itself off for a day, and only by the statuses
    /// that say so.
    var pause: Int64? {
        guard status == 429 || status == 503, let retryAfter, retryAfter > 0 else { return nil }
        return min(retryAfter, 86_400) * 1000
    }
}
