import Events
import JSON

/// A record as formats need it: the typed event, and what the log gave it.
struct EventDocument {
    let event: Event
    let source: String
    /// Milliseconds since 1970.
    let time: Int64
    /// The data as it stands in the record.
    let data: JSONValue

    /// Nil for an event of a type that this version does not know.
    init?(_ body: [UInt8]) throws(EventError) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(body)
        } catch {
            throw EventError(.malformed, "the record is \(error)")
        }
        do throws(EventError) {
            event = try Event(value)
        } catch {
            if error.code == .unknownType { return nil }
            throw error
        }
        guard let time = value["time"]?.string.flatMap({ Timestamp.parse($0) }), let source = value["source"]?.string,
            let data = value["data"]
        else { throw EventError(.malformed, "the event has no time or no source") }
        self.time = time
        self.source = source
        self.data = data
    }

    var seconds: Int64 { time / 1000 }
    var actor: String { event.context.actor.name }

    /// RFC 3339 with milliseconds.
    var timestamp: String { Timestamp.text(time) }

    /// RFC 3339 in whole seconds, as many writers have it.
    var timestampInSeconds: String { timestamp.prefix(19) + "Z" }
}

extension JSONWriter {
    /// An object as a member.
    mutating func object(_ key: StaticString, _ members: (inout JSONWriter) -> Void) {
        self.key(key)
        beginObject()
        members(&self)
        endObject()
    }

    /// One whole document.
    static func document(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}
