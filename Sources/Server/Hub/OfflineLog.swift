import Delivery
import Deployment
package import EventLog
import Events
import IO

/// The log of a hub that does not run, for `signalbox log`.
package enum OfflineLog {
    /// Reads and checks all of it, changing nothing.
    package static func check(data: String) throws -> LogReport {
        let lock = try lock(data)
        defer { withExtendedLifetime(lock) {} }
        return try EventLog.verify(directory: data + "/log", knownDurable: knownDurable(data))
    }

    /// Makes a damaged log readable again; what was done, a sentence each. It is a record as soon as there is a log again to write it to.
    package static func repair(data: String) async throws -> [String] {
        let lock = try lock(data)
        defer { withExtendedLifetime(lock) {} }
        let done = try LogRepair.run(directory: data + "/log", knownDurable: knownDurable(data))
        if done.isEmpty { return done }
        let log = try OfflineRecord.open(data)
        defer { log.close() }
        // Records that no checkpoint proves are for whoever repaired to look at, before one covers them.
        let isProven = try CheckpointStore.lastSize(in: CheckpointKeys.folder(data)) == log.durableSequence
        try OfflineRecord.append(.logRepaired(RepairNotice(steps: done)), by: "log repair", data, to: log)
        if isProven { try await OfflineRecord.sign(log, data) }
        return done
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
