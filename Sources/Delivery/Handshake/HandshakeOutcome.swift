package import HTTP

extension Handshake {
    /// What came of asking a receiver whether it wants to be called.
    package enum Outcome: Sendable, Equatable {
        /// It may be called so many times a minute; nil: as often as is needed.
        case granted(rate: Int?)
        /// It answered and did not consent: nothing may be sent until it is asked again.
        case refused(Refusal)
        /// It did not answer: to be asked again later.
        case failed(String)

        package var isGranted: Bool {
            if case .granted = self { true } else { false }
        }

        /// Milliseconds that must lie between the beginnings of two requests; 0 where there is no limit.
        package var interval: Int64 {
            guard case .granted(let rate?) = self, rate > 0 else { return 0 }
            return Int64(rate) >= 60_000 ? 1 : (60_000 + Int64(rate) - 1) / Int64(rate)
        }

        /// In words, for operators.
        /// - Parameter hide: takes out of what the receiver wrote what nobody is to see, before it is made short.
        func text(hiding hide: (String) -> String = { $0 }) -> String {
            switch self {
            case .granted(nil): "the receiver consented"
            case .granted(let rate?): "the receiver consented to \(rate) requests a minute"
            case .refused(let refusal): "the receiver did not consent: \(refusal.text(hiding: hide))"
            case .failed(let reason): "the receiver could not be asked: \(hide(reason))"
            }
        }
    }

    /// Why an answer is no consent, with what the receiver wrote.
    package enum Refusal: Sendable, Equatable {
        case noOrigin(HTTPStatus)
        case otherOrigin([String], asked: String)
        case badRate([String])

        fileprivate func text(hiding hide: (String) -> String) -> String {
            switch self {
            case .noOrigin(let status): "it answered HTTP \(status) without WebHook-Allowed-Origin"
            case .otherOrigin(let origins, let asked): "it allows the origin \(Self.shown(origins, hide)), not \(asked)"
            case .badRate(let rates): "it allows the rate \(Self.shown(rates, hide)), which is neither * nor a number of requests a minute"
            }
        }

        /// What a stranger wrote, short and on one line.
        private static func shown(_ values: [String], _ hide: (String) -> String) -> String {
            let text = hide(values.joined(separator: ", ")).prefix(80)
            return "\"" + String(text.map { $0.isASCII && $0 >= " " && $0 != "\"" ? $0 : "?" }) + "\""
        }
    }
}
