import Audit
import Crypto
import EventLog
import IO

/// What proves the log beside the requests: the notary, and what takes checkpoints outside.
struct ProofTasks: Sendable {
    private let notary: Task<Void, Never>
    private let sign: @Sendable () async -> Void
    private let last: @Sendable () async -> Void
    private let retention: Task<Void, Never>?

    init(_ services: Services, _ snapshots: SnapshotStore, _ loops: EventLoopGroup) throws {
        let audit = services.configuration.proofs
        let outside = try CheckpointExport(audit, loops: loops, pool: services.pool)
        services.notary.lookFirst { await outside.look($0) }
        notary = Task { await services.notary.run { await outside.send($0, $1) } }
        sign = { await services.notary.signNow() }
        last = { await services.notary.turn { await outside.send($0, $1) } }
        retention = audit.retention.map { settings in
            Task { await Retention(services: services, settings: settings, snapshots: snapshots).run() }
        }
    }

    /// A last checkpoint covers every record when this returns.
    func stop() async {
        retention?.cancel()
        await retention?.value
        notary.cancel()
        await notary.value
        // Not within the cancelled task.
        await sign()
    }

    /// Offers the last checkpoint to all who are to have it. For the very end, when the log is closed: who does not answer must not keep it from that.
    func offerLast() async { await last() }

    /// - Parameters:
    ///   - checkpoints: those that were kept.
    ///   - found: the last record before this start, which makes records too.
    static func notary(
        _ configuration: Configuration, _ host: String, _ folder: DataFolder, _ checkpoints: CheckpointStore, _ log: EventLog,
        found: UInt64, _ pool: BlockingPool
    ) throws -> Notary {
        let audit = configuration.proofs
        let keys = try CheckpointKeys.open(data: folder.path, origin: audit.origin ?? host + "/log", last: checkpoints.last)
        if let origin = audit.origin, keys.known.contains(where: { $0.name == origin }), origin != keys.origin {
            throw ConfigurationError(
                "audit.origin is \(origin), the log that this one was before it was restored from a backup: two histories must not be signed under "
                    + "one name. Take audit.origin out of the config file or make it \(keys.origin), and give the new key to whoever checks: 'signalbox audit keys'")
        }
        if let origin = audit.origin, origin != keys.origin {
            throw ConfigurationError(
                "audit.origin is \(origin), but this log was called \(keys.origin) when its first key was made: a log keeps its name")
        }
        var options = Notary.Options(data: folder.path)
        options.interval = .seconds(audit.checkpointSeconds)
        let signed = checkpoints.lastSize
        if found > signed {
            Diagnostics.info("no checkpoint covers records \(signed + 1) to \(found) yet: the last end was no orderly one, and the next checkpoint signs them as they are")
        }
        return try Notary(options: options, log: log, pool: pool, store: checkpoints, keys: keys)
    }

    /// Nil where this hub is no witness.
    static func witness(_ configuration: Configuration, _ host: String, _ folder: DataFolder) throws -> Witness? {
        let logs = configuration.proofs.witnessFor
        return logs.isEmpty ? nil : try Witness(data: folder.path, name: host + "/witness", logs: logs)
    }
}
