import JSON

/// What a webhook was not sent, because the records left the log.
package struct WebhookGap: Hashable, Sendable {
    /// The first of the records and the last.
    package var from: UInt64
    package var through: UInt64
    /// How many of them its pattern matches, and were not delivered.
    package var events: Int64

    package init(from: UInt64, through: UInt64, events: Int64) {
        self.from = from
        self.through = through
        self.events = events
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("from", String(from))
        writer.member("through", String(through))
        writer.member("events", events)
        writer.endObject()
    }

    init(_ fields: Fields) throws(EventError) {
        from = try fields.parsed("from")
        through = try fields.parsed("through")
        events = try fields.size("events")
    }
}
