import Audit
import Crypto
import EventLog
import Events
import IO

extension Restore {
    /// Puts the records behind what was taken over that say what was done, and signs them.
    /// - Parameters:
    ///   - isAnother: the log gets another name and key.
    ///   - notices: what events said that went, and is still so.
    mutating func goOn(asAnother isAnother: Bool, _ notices: [Event.Payload]) async throws {
        var logOptions = EventLog.Options(directory: data + "/log")
        logOptions.knownDurable = report.sequence
        let log = try EventLog.open(logOptions, replayAfter: report.sequence) { _ in }
        defer { log.close() }
        let host = try OfflineRecord.host(log, data)
        var payloads: [Event.Payload] = []
        var keys: CheckpointKeys?
        if isAnother { payloads.append(.logRestored(try succeed(host, &keys))) }
        for notice in notices {
            // One that was cut off has left its record as it was.
            if case .recordRedacted(let redaction) = notice, try log.record(at: redaction.record)?.kind != .redacted { continue }
            payloads.append(notice)
        }
        if payloads.isEmpty { return }
        try log.markInUse()
        for payload in payloads { try log.recordAndWait([payload], by: "restore", host: host) }
        guard let keys else { return }
        let store = try CheckpointStore(CheckpointKeys.folder(data))
        if try !Files.exists(data + "/tree"), let note = store.last {
            try MerkleTree.rebuild(data + "/tree", from: log, size: report.sequence, root: Checkpoint(text: note.text).root)
        }
        let notary = try Notary(options: Notary.Options(data: data), log: log, pool: BlockingPool(threads: 1), store: store, keys: keys)
        await notary.signNow()
        if let failure = notary.failure { throw ConfigurationError("the first checkpoint under the new name was not signed: \(failure)") }
    }

    /// Makes the new name and key, and signs with it what was taken over.
    private mutating func succeed(_ host: String, _ keys: inout CheckpointKeys?) throws -> RestoreNotice {
        let folder = CheckpointKeys.folder(data)
        try CheckpointStore.cut(folder, to: report.sequence)
        let root = try LogRoot.compute(data: data, size: report.sequence)
        let previous = try CheckpointKeys.load(data).last?.name
        let new = try CheckpointKeys.succeed(data: data, origin: previous ?? host + "/log", size: report.sequence)
        var note = SignedNote(text: Checkpoint(origin: new.origin, size: report.sequence, root: root).text)
        try note.sign(new.current, name: new.origin)
        try CheckpointStore(folder).append(note)
        (report.origin, report.previousOrigin, keys) = (new.origin, previous, new)
        let reason = options.reason ?? (options.to == nil ? "restored from a backup" : "restored from a backup, as it was after record \(report.sequence)")
        return RestoreNotice(
            origin: new.origin, previousOrigin: previous, size: report.sequence, root: Base64.encode(root.bytes), reason: reason, backupTime: set.time)
    }
}
