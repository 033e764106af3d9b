import Audit
import Crypto
import Events
import EventLog
import IO

/// `signalbox audit redact`: the data folder of a hub that does not run.
package enum OfflineRedaction {
    /// Takes personal data out of a record. That it was done is a record itself, which is on disk first: a crash in between leaves
    /// the intention, and the same command carries it out without a second record.
    /// - Returns: what was taken out; empty where it had been already.
    package static func run(data: String, sequence: UInt64, reason: String) async throws -> [String] {
        let lock = try OfflineLog.lock(data)
        defer { withExtendedLifetime(lock) {} }
        var options = EventLog.Options(directory: data + "/log")
        options.knownDurable = try OfflineLog.knownDurable(data)
        var target: Record?
        var isRecorded = false
        let log = try EventLog.open(options, replayAfter: sequence > 0 ? sequence - 1 : 0) { record in
            if record.sequence == sequence { target = record }
            if let event = try? Event(decoding: record.body), case .recordRedacted(let notice) = event.payload, notice.record == sequence {
                isRecorded = true
            }
        }
        defer { log.close() }
        guard let target else { throw ConfigurationError("the log in \(data) has no record \(sequence)") }
        guard target.kind != .redacted else { return [] }
        // Before anything is written: it must be a record that this can be done to.
        let redacted = try EventRedaction.redacted(target.body, sequence: sequence)
        if !isRecorded {
            try log.markInUse()
            try record(target, redacted, reason, in: log)
        }
        try await OfflineRecord.sign(log, data)
        log.close()
        _ = try LogRedaction.run(directory: options.directory, sequence: sequence) { record in
            try EventRedaction.redacted(record.body, sequence: record.sequence)
        }
        return EventRedaction.fields
    }

    private static func record(_ target: Record, _ redacted: [UInt8], _ reason: String, in log: EventLog) throws {
        let notice = RedactionNotice(
            record: target.sequence, reason: reason, fields: EventRedaction.fields, sha256: Hex.encode(hash(.sha256, target.body)),
            redactedSHA256: Hex.encode(hash(.sha256, redacted)))
        try log.recordAndWait([.recordRedacted(notice)], by: "audit redact", host: Event(decoding: target.body).registry)
    }
}
