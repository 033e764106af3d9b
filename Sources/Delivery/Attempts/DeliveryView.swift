/// A delivery as it is told of: what it is, and how its last attempt went.
package struct DeliveryView: Sendable {
    package enum State: String, Sendable, CaseIterable {
        case delivered
        /// Waits for its next attempt.
        case retrying
        /// Given up: it can be sent again.
        case dead
        /// Not tried yet.
        case pending
        /// Over all the same: called off, or the webhook is gone or has no form for the event any more. It can be sent again.
        case cancelled
    }

    /// Nil for an event that was not tried yet: its first attempt gives it one.
    package var id: String?
    package let webhook: String
    package var state: State
    /// `event`, `redelivery`, `replay` or `test`.
    package let kind: String
    package let sequence: UInt64
    package let eventID: String
    package let eventType: String
    /// The delivery that this makes again.
    package var original: String?
    /// When it was asked for; Unix milliseconds.
    package var requestedAt: Int64?
    /// When the next attempt is due.
    package var due: Int64?
    /// Why it is cancelled.
    package var reason: String?
    /// How many attempts there were.
    package var attemptCount = 0
    /// Oldest first: all of them, or the last one alone in a list.
    package var attempts: [AttemptView] = []
}

package struct AttemptView: Sendable {
    /// 1, 2, 3, ...
    package let number: Int
    /// Unix milliseconds.
    package let time: Int64
    /// Milliseconds.
    package let latency: Int64
    /// 0 where there was no answer.
    package let status: Int
    package let error: String
    /// The first 4 KiB of what the receiver answered.
    package let response: [UInt8]

    init(_ attempt: DeliveryRecord.Attempt, response: [UInt8]) {
        number = attempt.attempt
        time = attempt.time
        latency = attempt.latency
        status = attempt.status
        error = attempt.error
        self.response = response
    }
}

extension DeliveryRecord.Attempt {
    /// Why there is no further attempt where somebody wanted none.
    static let calledOff = "it was called off"

    /// - Parameter number: of this record.
    func view(number: UInt64, isLast: Bool, response: [UInt8]) -> DeliveryView {
        let state: DeliveryView.State = switch fate {
        case .delivered: .delivered
        case .retry: .retrying
        case .dead: .dead
        case .cancelled, .failedCancelled: .cancelled
        }
        let reason: String? = switch fate {
        case .cancelled: error
        case .failedCancelled: Self.calledOff
        case .delivered, .retry, .dead: nil
        }
        return DeliveryView(
            id: DeliveryID.text(first == 0 ? number : first), webhook: webhook, state: state, kind: source.text, sequence: sequence,
            eventID: eventID, eventType: eventType, due: fate == .retry ? due : nil, reason: reason,
            attemptCount: attempt, attempts: fate == .cancelled ? [] : [AttemptView(self, response: response)])
    }
}

extension DeliveryRecord.Request {
    func view(number: UInt64) -> DeliveryView {
        DeliveryView(
            id: DeliveryID.text(number), webhook: webhook, state: .pending, kind: DeliveryKey.Source.resend.text, sequence: sequence,
            eventID: eventID, eventType: eventType, original: DeliveryID.text(original), requestedAt: time)
    }
}
