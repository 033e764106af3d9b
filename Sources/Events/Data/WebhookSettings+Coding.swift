package import JSON

extension WebhookSettings {
    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        encodeMembers(into: &writer)
        writer.member("credentials", ifPresent: credentials)
        writer.endObject()
    }

    /// The members alone, for an object that has more. What has its usual value is left out.
    package func encodeMembers(into writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("url", url)
        writer.member("description", ifPresent: description)
        if let pattern {
            writer.key("pattern")
            writer.value(pattern)
        }
        if format != Self.standardFormat { writer.member("format", format) }
        writer.strings("headers", headers)
        if hasAuthorization { writer.member("hasAuthorization", true) }
        if signing != Self.standardSigning {
            writer.key("signing")
            writer.list(signing)
        }
        if hasToken { writer.member("hasToken", true) }
        encodeDelivery(into: &writer)
        writer.member("enabled", isEnabled)
        // Versions before this one know `enabled` alone.
        if state == .paused { writer.member("state", state.rawValue) }
    }

    /// What is left to the hub stays out, so that a later version may choose better.
    private func encodeDelivery(into writer: inout JSONWriter) {
        if !schedule.isEmpty {
            writer.key("retry")
            writer.beginObject()
            writer.key("schedule")
            writer.beginArray()
            for seconds in schedule { writer.int(seconds) }
            writer.endArray()
            writer.endObject()
        }
        if let timeout { writer.member("timeout", timeout) }
        if let rateLimit { writer.member("rateLimit", rateLimit) }
        if let maxInFlight { writer.member("maxInFlight", maxInFlight) }
        if ordering != .parallel { writer.member("ordering", ordering.rawValue) }
        if tls != TLS() {
            writer.key("tls")
            writer.beginObject()
            writer.member("authorities", ifPresent: tls.authorities)
            writer.member("certificate", ifPresent: tls.certificate)
            writer.endObject()
        }
        if handshake { writer.member("handshake", true) }
        if batch != Batch() {
            writer.key("batch")
            writer.beginObject()
            if let events = batch.events { writer.member("events", events) }
            if let bytes = batch.bytes { writer.member("bytes", bytes) }
            if let seconds = batch.seconds { writer.member("seconds", seconds) }
            writer.endObject()
        }
    }

    /// Reads what `encode` wrote.
    package init(_ value: JSONValue) throws(EventError) {
        try self.init(Fields(value, path: "webhook"))
    }

    init(_ fields: Fields) throws(EventError) {
        self.init(id: try fields.string("id"), url: try fields.string("url"))
        description = try fields.optionalString("description")
        pattern = fields.value("pattern")
        format = try fields.optionalString("format") ?? format
        headers = try fields.strings("headers")
        hasAuthorization = fields.value("hasAuthorization")?.bool ?? false
        if fields.value("signing") != nil { signing = try fields.strings("signing") }
        hasToken = fields.value("hasToken")?.bool ?? false
        schedule = (fields.value("retry")?["schedule"]?.array ?? []).compactMap { $0.int.flatMap { Int(exactly: $0) } }
        timeout = Self.number(fields.value("timeout"))
        rateLimit = Self.number(fields.value("rateLimit"))
        maxInFlight = Self.number(fields.value("maxInFlight"))
        ordering = try fields.optionalString("ordering").flatMap(Ordering.init) ?? .parallel
        let enabled = try fields.bool("enabled")
        state = try fields.optionalString("state").flatMap(State.init) ?? (enabled ? .enabled : .disabled)
        tls.authorities = fields.value("tls")?["authorities"]?.string
        tls.certificate = fields.value("tls")?["certificate"]?.string
        handshake = fields.value("handshake")?.bool ?? false
        batch.events = Self.number(fields.value("batch")?["events"])
        batch.bytes = Self.number(fields.value("batch")?["bytes"])
        batch.seconds = Self.number(fields.value("batch")?["seconds"])
        credentials = try fields.optionalString("credentials")
    }

    private static func number(_ value: JSONValue?) -> Int? {
        value?.int.flatMap { Int(exactly: $0) }
    }
}
