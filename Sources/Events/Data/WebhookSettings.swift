package import JSON

/// A webhook as its events show it. The secret never enters the log.
package struct WebhookSettings: Hashable, Sendable {
    package var id: String
    package var url: String
    /// Which events it gets; all where there is none.
    package var pattern: JSONValue?
    package var enabled: Bool

    package init(id: String, url: String, pattern: JSONValue?, enabled: Bool = true) {
        self.id = id
        self.url = url
        self.pattern = pattern
        self.enabled = enabled
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("url", url)
        if let pattern {
            writer.key("pattern")
            writer.value(pattern)
        }
        writer.member("enabled", enabled)
        writer.endObject()
    }

    init(_ fields: Fields) throws(EventError) {
        id = try fields.string("id")
        url = try fields.string("url")
        pattern = fields.value("pattern")
        enabled = try fields.bool("enabled")
    }
}
