package import Audit
import EventLog
import IO

/// The audit log of a hub that does not run.
package final class OfflineAudit: Sendable {
    package let audit: AuditLog
    private let lock: LockFile

    /// Takes the folder's lock and opens the log as a start would.
    package init(data: String) throws {
        guard try Files.exists(data + "/log") else { throw ConfigurationError("there is no log in \(data): is --data right?") }
        lock = try LockFile(data + "/lock")
        // Nothing is to be folded; the end is checked all the same.
        let log = try EventLog.open(EventLog.Options(directory: data + "/log"), replayAfter: 0) { _ in }
        audit = AuditLog(log)
        try audit.indexes.maintain()
    }

    package func close() {
        audit.log.close()
    }
}
