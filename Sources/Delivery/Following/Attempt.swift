package import HTTP

/// One signed POST to a receiver.
package struct DeliveryRequest: Sendable {
    package let url: HTTPURL
    package let headers: HeaderBuilder
    package let body: [UInt8]
}

/// How an attempt ended.
package enum AttemptOutcome: Sendable, Equatable {
    /// The receiver answered with this status.
    case answered(Int)
    /// No answer: the reason in one sentence.
    case failed(String)

    var isSuccess: Bool {
        if case .answered(let status) = self { (200..<300).contains(status) } else { false }
    }

    /// The receiver wants no more (Standard Webhooks: 410 disables the endpoint).
    var isGone: Bool { self == .answered(410) }

    /// In words, for operators.
    package var text: String {
        switch self {
        case .answered(let status): "HTTP \(HTTPStatus(status))"
        case .failed(let reason): reason
        }
    }
}
