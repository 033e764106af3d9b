import Audit
import EventLog
import Events
import IO

/// What commands on a stopped hub's folder put into its log.
enum OfflineRecord {
    /// The log, as far as it takes to append to it. The folder must be held by the caller. Blocks.
    static func open(_ data: String) throws -> EventLog {
        var options = EventLog.Options(directory: data + "/log")
        options.knownDurable = try OfflineLog.knownDurable(data)
        // Nothing is to be folded; the end is checked all the same.
        return try EventLog.open(options, replayAfter: options.knownDurable) { _ in }
    }

    /// Returns when the event is on disk. Blocks.
    static func append(_ payload: Event.Payload, by command: String, _ data: String, to log: EventLog) throws {
        let host = try host(log, data)
        try log.markInUse()
        try log.recordAndWait([payload], by: command, host: host)
    }

    /// As at any orderly end, a checkpoint covers every record; where the hub never signed one, its next start gives the log its name.
    /// - Parameter keys: those of the folder, where the caller has them at hand.
    static func sign(_ log: EventLog, _ data: String, _ keys: CheckpointKeys? = nil) async throws {
        guard let origin = try CheckpointKeys.load(data).last?.name else { return }
        let store = try CheckpointStore(CheckpointKeys.folder(data))
        let keys = try keys ?? CheckpointKeys.open(data: data, origin: origin, last: store.last)
        let notary = try Notary(options: Notary.Options(data: data), log: log, pool: BlockingPool(threads: 1), store: store, keys: keys)
        await notary.signNow()
        if let failure = notary.failure { throw ConfigurationError("no checkpoint was signed: \(failure)") }
    }

    /// The registry's name, as the last records have it.
    static func host(_ log: EventLog, _ data: String) throws -> String {
        let last = log.durableSequence
        for record in try log.readBackward(before: last + 1, limit: 64, maxBytes: 64 << 20) {
            if let source = (try? EventHeader(scanning: record.body))?.source, source.hasPrefix("/registries/") { return String(source.dropFirst(12)) }
        }
        let origin = try CheckpointKeys.load(data).last?.name ?? "signalbox"
        return origin.hasSuffix("/log") ? String(origin.dropLast(4)) : origin
    }
}
