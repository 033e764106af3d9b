package import EventLog
package import Events
package import IO
package import OCI

/// The registry: commands that become records of the log, and reads of what is on disk.
///
/// A command returns when its records are durable. Reads see a durable state and hold no lock while they work on it.
package final class Registry: Sendable {
    package struct Options: Sendable {
        /// This registry's host, as clients name it. Part of every event.
        package var host: String
        /// Take manifests that name blobs or manifests which are not there.
        package var allowSparse = false
        /// From the config file: they cannot be changed over the API.
        package var guards: [GuardSettings] = []
        /// Where manifests are whose records left the log.
        package var archivedManifests: ManifestStore?
        /// For manifests kept in memory.
        package var cacheBytes = 32 << 20

        package init(host: String) { self.host = host }
    }

    let options: Options
    let configuredGuards: [Guard]
    let ledger: Ledger
    let log: EventLog
    let pool: BlockingPool
    let cache: ManifestCache
    let holdsLease: @Sendable (Digest, RepositoryName) -> Bool

    /// - Parameters:
    ///   - state: with all records of `log` in it.
    ///   - holdsLease: whether a blob was uploaded or mounted into a repository lately. Called in the critical section: it must be quick
    ///     and must not call the registry.
    /// - Throws: where the host or a configured guard is not valid.
    package init(
        options: Options, state: RegistryState, log: EventLog, pool: BlockingPool,
        holdsLease: @escaping @Sendable (Digest, RepositoryName) -> Bool
    ) throws(RegistryError) {
        try Self.check(host: options.host)
        for settings in options.guards { try Self.check(settings) }
        guard Set(options.guards.map(\.name)).count == options.guards.count else {
            throw RegistryError(.invalid, .unsupported, "two configured guards have the same name")
        }
        self.options = options
        configuredGuards = options.guards.map { Guard($0) }
        ledger = Ledger(state: state, log: log, registry: options.host)
        self.log = log
        self.pool = pool
        cache = ManifestCache(capacity: options.cacheBytes)
        self.holdsLease = holdsLease
    }

    /// What decides for a state: the config file's guards and its own.
    func guards(of state: RegistryState) -> GuardSet {
        GuardSet(configured: configuredGuards, made: state.guards)
    }

    /// The host stands in every event, and in its header without escapes.
    private static func check(host: String) throws(RegistryError) {
        let isHost = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        guard isHost, (1...255).contains(host.utf8.count) else {
            throw RegistryError(.invalid, .nameInvalid, "\"\(host)\" is not a host name or address with an optional port")
        }
    }

    static func check(_ settings: GuardSettings) throws(RegistryError) {
        do {
            try settings.check()
        } catch {
            throw RegistryError(.invalid, .unsupported, "guard \(settings.name): \(error.pointer) \(error.reason)")
        }
    }
}
