/// Where a page of what waits begins: behind a delivery of a webhook.
struct PendingCursor: Sendable, Equatable {
    /// The record that made the webhook: webhooks come in this order.
    let webhook: UInt64
    let key: DeliveryKey

    init(webhook: UInt64, key: DeliveryKey) {
        self.webhook = webhook
        self.key = key
    }

    /// Reads what `text` wrote; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let webhook = UInt64(parts[0]), let number = UInt64(parts[2]),
            let source = UInt8(parts[1]).flatMap(DeliveryKey.Source.init)
        else { return nil }
        self.init(webhook: webhook, key: DeliveryKey(source, number))
    }

    var text: String { "\(webhook).\(key.source.rawValue).\(key.number)" }
}
