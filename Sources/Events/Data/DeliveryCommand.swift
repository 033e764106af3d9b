import JSON

/// The data of `delivery.requested`: somebody made a webhook send again, or stop it.
package struct DeliveryCommand: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        /// Everything from a record or time on.
        case replay
        case cancelReplay
        /// All that failed since a time.
        case resendFailed
        case cancelResend
        /// One delivery once more.
        case resend
        case cancel
        /// A made-up event, to see whether the receiver answers.
        case test
    }

    package var action: Action
    /// The webhook's id.
    package var webhook: String
    package var delivery: String?
    /// Where a replay begins.
    package var fromSequence: UInt64?
    /// Where a replay or resend begins, milliseconds since 1970.
    package var fromTime: Int64?
    /// Where a replay is to end.
    package var through: UInt64?

    package init(
        _ action: Action, webhook: String, delivery: String? = nil, fromSequence: UInt64? = nil, fromTime: Int64? = nil, through: UInt64? = nil
    ) {
        self.action = action
        self.webhook = webhook
        self.delivery = delivery
        self.fromSequence = fromSequence
        self.fromTime = fromTime
        self.through = through
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("action", action.rawValue)
        writer.member("webhook", webhook)
        writer.member("delivery", ifPresent: delivery)
        writer.member("fromSequence", ifPresent: fromSequence.map { String($0) })
        writer.member("fromTime", ifPresent: fromTime.map { Timestamp.text($0) })
        writer.member("through", ifPresent: through.map { String($0) })
    }

    init(_ data: Fields) throws(EventError) {
        guard let action = Action(rawValue: try data.string("action")) else { throw data.wrong("action", "is not a known action") }
        self.action = action
        webhook = try data.string("webhook")
        delivery = try data.optionalString("delivery")
        fromSequence = try data.optionalParsed("fromSequence")
        through = try data.optionalParsed("through")
        guard let text = try data.optionalString("fromTime") else { return }
        guard let time = Timestamp.parse(text) else { throw data.wrong("fromTime", "is not a time") }
        fromTime = time
    }
}
