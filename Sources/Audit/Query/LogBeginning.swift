package import EventLog
import Events
package import JSON

/// Where a log begins whose first records left it: what was before is in no answer.
package struct LogBeginning: Sendable, Hashable {
    /// The first record that is kept.
    package let sequence: UInt64
    /// Its time, Unix milliseconds.
    package let time: Int64

    package init(sequence: UInt64, time: Int64) {
        self.sequence = sequence
        self.time = time
    }

    /// Reads what `encode` writes.
    package init?(_ json: JSONValue?) {
        guard let sequence = json?["sequence"]?.string.flatMap({ UInt64($0) }), let time = json?["time"]?.string.flatMap({ Timestamp.parse($0) })
        else { return nil }
        self.init(sequence: sequence, time: time)
    }

    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.member("sequence", String(sequence))
        json.member("time", Timestamp.text(time))
        json.endObject()
    }

    package var text: String { "the log begins with record \(sequence), of \(Timestamp.text(time)): earlier ones left it" }
}

extension AuditLog {
    /// Nil where no record has left the log. Blocks.
    package func beginning() throws(LogError) -> LogBeginning? {
        let oldest = log.oldestSequence
        guard oldest > 1, let record = try log.read(after: oldest - 1, limit: 1, maxBytes: 1).first else { return nil }
        return LogBeginning(sequence: record.sequence, time: record.time)
    }
}
