package import Audit
import EventLog
import IO
import OCI
import Registry

/// The audit log of a hub that does not run.
package final class OfflineAudit: Sendable {
    private let audit: AuditLog
    private let pulls: AuditLog?
    private let lock: LockFile
    private let data: String

    /// Takes the folder's lock and opens the log as a start would.
    package init(data: String) throws {
        lock = try OfflineLog.lock(data)
        self.data = data
        audit = try Self.open(data + "/log", knownDurable: OfflineLog.knownDurable(data), mayForgetOldest: false)
        pulls = try Files.exists(data + "/pulls") ? Self.open(data + "/pulls", knownDurable: 0, mayForgetOldest: true) : nil
    }

    private static func open(_ directory: String, knownDurable: UInt64, mayForgetOldest: Bool) throws -> AuditLog {
        var options = EventLog.Options(directory: directory)
        options.mayForgetOldest = mayForgetOldest
        options.knownDurable = knownDurable
        // Nothing is to be folded; the end is checked all the same.
        let audit = AuditLog(try EventLog.open(options, replayAfter: knownDurable) { _ in })
        try audit.indexes.maintain()
        return audit
    }

    /// What a tag points to by now; nil where there is no such tag.
    package func digest(repository: String, tag: String) throws -> String? {
        guard let repository = RepositoryName(repository), let tag = Tag(tag) else { return nil }
        let projections = Projections(SnapshotStore(directory: data + "/snapshots"))
        var state = projections.registry
        var cursor = EventLog.Cursor(after: state.sequence)
        while case let records = try audit.log.read(&cursor, limit: 4096, maxBytes: 16 << 20), !records.isEmpty {
            for record in records { try state.apply(record) }
        }
        return state.digest(of: tag, in: repository)?.description
    }

    /// The log that a question is about.
    package func log(for search: EventSearch) throws(AuditError) -> AuditLog {
        guard search.isAboutPulls else { return audit }
        guard let pulls else { throw AuditError(.notFound, "this folder has no record of pulls") }
        return pulls
    }

    package func close() {
        audit.log.close()
        pulls?.log.close()
    }
}
