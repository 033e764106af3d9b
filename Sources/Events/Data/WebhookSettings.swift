package import JSON

/// A webhook as its events show it. The secret never enters the log.
package struct WebhookSettings: Hashable, Sendable {
    package var id: String
    package var url: String
    /// Which events it gets; all where there is none.
    package var pattern: JSONValue?
    /// Seconds between attempts, the last one repeated; the hub's own schedule where there is none.
    package var schedule: [Int]
    package var enabled: Bool

    package init(id: String, url: String, pattern: JSONValue?, schedule: [Int] = [], enabled: Bool = true) {
        self.id = id
        self.url = url
        self.pattern = pattern
        self.schedule = schedule
        self.enabled = enabled
    }

    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        encodeMembers(into: &writer)
        writer.endObject()
    }

    /// The members alone, for an object that has more.
    package func encodeMembers(into writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("url", url)
        if let pattern {
            writer.key("pattern")
            writer.value(pattern)
        }
        if !schedule.isEmpty {
            writer.key("retry")
            writer.beginObject()
            writer.key("schedule")
            writer.beginArray()
            for seconds in schedule { writer.int(seconds) }
            writer.endArray()
            writer.endObject()
        }
        writer.member("enabled", enabled)
    }

    /// Reads what `encode` wrote.
    package init(_ value: JSONValue) throws(EventError) {
        try self.init(Fields(value, path: "webhook"))
    }

    init(_ fields: Fields) throws(EventError) {
        id = try fields.string("id")
        url = try fields.string("url")
        pattern = fields.value("pattern")
        schedule = (fields.value("retry")?["schedule"]?.array ?? []).compactMap { $0.int.flatMap { Int(exactly: $0) } }
        enabled = try fields.bool("enabled")
    }
}
