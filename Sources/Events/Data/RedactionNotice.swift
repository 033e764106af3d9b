import JSON

/// The data of `audit.redacted`: personal data was taken out of a record of the log.
package struct RedactionNotice: Hashable, Sendable {
    /// The record.
    package var record: UInt64
    package var reason: String
    /// What was taken out, as members of `data`: `actor.name`.
    package var fields: [String]
    /// The SHA-256 of the body that was committed, in hexadecimal; the tree of the log goes on proving it.
    package var sha256: String
    /// The SHA-256 of the body that stands there now: the tree proves this event, and with it that body.
    package var redactedSHA256: String

    package init(record: UInt64, reason: String, fields: [String], sha256: String, redactedSHA256: String) {
        self.record = record
        self.reason = reason
        self.fields = fields
        self.sha256 = sha256
        self.redactedSHA256 = redactedSHA256
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("record", String(record))
        writer.member("reason", reason)
        writer.key("fields")
        writer.beginArray()
        for field in fields { writer.string(field) }
        writer.endArray()
        writer.member("sha256", sha256)
        writer.member("redactedSHA256", redactedSHA256)
    }

    init(_ data: Fields) throws(EventError) {
        record = try data.parsed("record")
        reason = try data.string("reason")
        fields = try data.strings("fields")
        sha256 = try data.string("sha256")
        redactedSHA256 = try data.string("redactedSHA256")
    }
}
