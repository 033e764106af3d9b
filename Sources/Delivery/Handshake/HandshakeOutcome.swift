extension Handshake {
    /// What came of asking a receiver whether it wants to be called.
    package enum Outcome: Sendable, Equatable {
        /// It may be called so many times a minute; nil: as often as is needed.
        case granted(rate: Int?)
        /// It answered and did not consent: nothing may be sent until it is asked again.
        case refused(String)
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
        package var text: String {
            switch self {
            case .granted(nil): "the receiver consented"
            case .granted(let rate?): "the receiver consented to \(rate) requests a minute"
            case .refused(let reason): "the receiver did not consent: \(reason)"
            case .failed(let reason): "the receiver could not be asked: \(reason)"
            }
        }
    }
}
