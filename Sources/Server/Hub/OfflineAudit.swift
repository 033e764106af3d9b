package import Audit
import EventLog
import IO

/// The audit log of a hub that does not run.
package final class OfflineAudit: Sendable {
    private let audit: AuditLog
    private let pulls: AuditLog?
    private let lock: LockFile

    /// Takes the folder's lock and opens the log as a start would.
    package init(data: String) throws {
        lock = try OfflineLog.lock(data)
        // Nothing is to be folded; the end is checked all the same.
        audit = try Self.open(data + "/log", mayForgetOldest: false)
        pulls = try Files.exists(data + "/pulls") ? Self.open(data + "/pulls", mayForgetOldest: true) : nil
    }

    private static func open(_ directory: String, mayForgetOldest: Bool) throws -> AuditLog {
        var options = EventLog.Options(directory: directory)
        options.mayForgetOldest = mayForgetOldest
        let audit = AuditLog(try EventLog.open(options, replayAfter: 0) { _ in })
        try audit.indexes.maintain()
        return audit
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
