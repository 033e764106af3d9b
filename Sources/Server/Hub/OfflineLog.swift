import Delivery
import Deployment
package import EventLog
import IO

/// The log of a hub that does not run, for `signalbox log`.
package enum OfflineLog {
    /// Reads and checks all of it, changing nothing.
    package static func check(data: String) throws -> LogReport {
        let lock = try lock(data)
        defer { withExtendedLifetime(lock) {} }
        return try EventLog.verify(directory: data + "/log", knownDurable: knownDurable(data))
    }

    /// Makes a damaged log readable again; what was done, a sentence each.
    package static func repair(data: String) throws -> [String] {
        let lock = try lock(data)
        defer { withExtendedLifetime(lock) {} }
        return try LogRepair.run(directory: data + "/log", knownDurable: knownDurable(data))
    }

    static func knownDurable(_ data: String) throws -> UInt64 {
        max(
            try Webhooks.knownDurable(data + "/webhooks"), DeliveryLog.knownDurable(data + "/deliveries"),
            Projections.knownDurable(data + "/snapshots"), try DeploymentEngine.knownDurable(data + "/deployments"),
            try CheckpointStore.lastSize(in: CheckpointKeys.folder(data)))
    }

    static func lock(_ data: String) throws -> LockFile {
        guard try Files.exists(data + "/log") else { throw ConfigurationError("there is no log in \(data): is --data right?") }
        let lock = try LockFile(data + "/lock")
        try RestoreMark.refuse(data)
        return lock
    }
}
