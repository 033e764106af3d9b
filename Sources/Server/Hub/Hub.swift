import Audit
import Delivery
import Deployment
import EventLog
import HTTP
package import IO
import Registry

/// The whole hub: opened from a data folder, serving, and stopped so that the next start is quick.
package final class Hub: Sendable {
    /// Where it serves.
    package let address: SocketAddress
    private let folder: DataFolder
    let services: Services
    private let server: HTTPServer
    let snapshots: SnapshotStore
    /// Maintenance, indexes, pulls.
    private let background: [Task<Void, Never>]
    private let proofs: ProofTasks

    private init(
        address: SocketAddress, folder: DataFolder, services: Services, server: HTTPServer, snapshots: SnapshotStore,
        background: [Task<Void, Never>], proofs: ProofTasks
    ) {
        self.address = address
        self.folder = folder
        self.services = services
        self.server = server
        self.snapshots = snapshots
        self.background = background
        self.proofs = proofs
    }

    /// Opens the data folder, brings the state up to the log's end and serves. Errors are one sentence each.
    package static func start(_ configuration: Configuration) async throws -> Hub {
        let address = try listenAddress(configuration)
        let tls = try configuration.tls.map { try TLSContext.server(certificate: $0.certificate, key: $0.key) }
        let folder = try DataFolder(configuration.data)
        let loops = try EventLoopGroup()
        let pool = BlockingPool(threads: 32)
        let snapshots = SnapshotStore(directory: folder.snapshots)
        let host = configuration.registry ?? configuration.listen.description
        let sender = try WebhookSender(
            policy: configuration.webhooks.policy(hubIsLocal: address.ip.isLoopback),
            authorities: configuration.webhooks.authorities, connections: deliveryConnections(loops), loops: loops, pool: pool)
        let targets = try targets(configuration, hubIsLocal: address.ip.isLoopback, loops, pool)
        let services = try open(configuration, host, folder, snapshots, loops, pool, targets, sender)
        let router = Router(services: services)
        let server = HTTPServer(options: options(configuration), loops: loops, pool: pool, tls: tls) {
            await router.answer($0, $1)
        }
        let bound = try await server.listen(on: address)
        try await services.webhooks.start()
        await services.deployments.start()
        let proofs = try ProofTasks(services, snapshots, loops)
        let maintenance = Task { await Maintenance(services: services, snapshots: snapshots).run() }
        let indexing = Task { await services.audit.keepIndexed(on: pool) }
        let pulling = Task<Void, Never> { await services.pulls?.run(on: pool) }
        announce(configuration, bound, services)
        return Hub(
            address: bound, folder: folder, services: services, server: server, snapshots: snapshots,
            background: [maintenance, indexing, pulling], proofs: proofs)
    }

    /// An address beyond loopback would let anybody push, so it takes the operator's word.
    private static func listenAddress(_ configuration: Configuration) throws -> SocketAddress {
        let addresses = try Resolver.addresses(of: configuration.listen.host, port: configuration.listen.port)
        guard let address = addresses.first else {
            throw ConfigurationError("\(configuration.listen.host) has no address")
        }
        guard address.ip.isLoopback || configuration.allowAnonymous else {
            throw ConfigurationError(
                "refusing to listen on \(address): anybody who reaches it could push and delete without an account; "
                    + "listen on a loopback address, or say --allow-anonymous if that is meant")
        }
        return address
    }

    private static func open(
        _ configuration: Configuration, _ host: String, _ folder: DataFolder, _ snapshots: SnapshotStore,
        _ loops: EventLoopGroup, _ pool: BlockingPool, _ targets: TargetFactory, _ sender: WebhookSender
    ) throws -> Services {
        // First, since it knows what the event log had.
        let deliveries = DeliveryLog.open(configuration.deliveries.options(folder.deliveries))
        var projections = Projections(snapshots)
        var logOptions = EventLog.Options(directory: folder.log)
        let checkpoints = try CheckpointStore(CheckpointKeys.folder(folder.path))
        logOptions.knownDurable = max(
            try Webhooks.knownDurable(folder.webhooks), DeliveryLog.knownDurable(folder.deliveries),
            Projections.knownDurable(folder.snapshots), try DeploymentEngine.knownDurable(folder.deployments),
            checkpoints.lastSize)
        let log = try EventLog.open(logOptions, replayAfter: projections.sequence) { record in try projections.apply(record) }
        let found = log.durableSequence
        try log.markInUse()
        var blobOptions = BlobStore.Options(directory: folder.path)
        blobOptions.maximumUploads = configuration.limits.uploads
        let blobs = try BlobStore.open(blobOptions, pool: pool)
        var registryOptions = Registry.Options(host: host)
        registryOptions.allowSparse = configuration.allowSparse
        registryOptions.guards = configuration.guards
        registryOptions.archivedManifests = ManifestStore(directory: folder.manifests)
        let registry = try Registry(
            options: registryOptions, state: projections.registry, log: log, pool: pool,
            holdsLease: { blobs.leases.holds($0, $1) })
        var webhookOptions = Webhooks.Options(
            directory: folder.webhooks, host: host, userAgent: "Signalbox/\(Build.version)", formats: configuration.formatOptions(host: host))
        webhookOptions.requests = min(webhookOptions.requests, deliveryConnections(loops))
        let webhooks = try Webhooks(
            options: webhookOptions, state: projections.webhooks, log: log, deliveries: deliveries, pool: pool, loops: loops, key: folder.key,
            send: { await sender.send($0) },
            ask: { await sender.handshake(with: $0, origin: Handshake.origin(ofRegistry: host), tls: $1, timeout: $2) })
        var deploymentOptions = DeploymentEngine.Options(
            directory: folder.deployments, host: host, userAgent: "Signalbox/\(Build.version)")
        deploymentOptions.configured = configuration.deployments.triggers
        deploymentOptions.trustsApproverField = configuration.deployments.trustApproverField
        deploymentOptions.isThere = { registry.has($1, in: $0) }
        let deployments = try DeploymentEngine(
            options: deploymentOptions, state: projections.deployments, scans: projections.scans, log: log, pool: pool,
            loops: loops, factory: targets)
        let audit = AuditLog(log)
        SettingsRecord(configuration: configuration, host: host, audit: audit, snapshots: snapshots).bringUpToDate()
        return Services(
            configuration: configuration, host: host, log: log, audit: audit, pulls: openPulls(configuration, host, folder),
            journal: EventJournal(log: log, host: host), registry: registry, blobs: blobs,
            webhooks: webhooks, deployments: deployments, pool: pool, questions: BlockingPool(name: "questions", threads: max(4, loops.loops.count)),
            notary: try ProofTasks.notary(configuration, host, folder, checkpoints, log, found: found, pool),
            witness: try ProofTasks.witness(configuration, host, folder), data: folder.path)
    }

    /// Without its pulls the hub serves all the same: what keeps them out is said.
    private static func openPulls(_ configuration: Configuration, _ host: String, _ folder: DataFolder) -> PullLog? {
        var options = PullLog.Options(directory: folder.pulls, host: host, mode: configuration.audit.pulls)
        options.days = configuration.audit.pullsDays
        guard options.mode != .off || (try? Files.exists(folder.pulls)) == true else { return nil }
        do throws(LogError) {
            return try PullLog(options)
        } catch {
            Diagnostics.error("pulls are not recorded: \(error)")
            return nil
        }
    }

    private static func targets(
        _ configuration: Configuration, hubIsLocal: Bool, _ loops: EventLoopGroup, _ pool: BlockingPool
    ) throws -> TargetFactory {
        let settings = configuration.deployments
        if settings.trustApproverField, !hubIsLocal {
            throw ConfigurationError(
                "deployments.trustApproverField is only for a hub on a loopback address: beyond it anybody could approve in any name")
        }
        return TargetFactory(
            hooksFolder: settings.hooks, secrets: settings.secrets,
            policy: Configuration.policy(settings.allowNetworks, hubIsLocal: hubIsLocal), authorities: settings.authorities,
            userAgent: "Signalbox/\(Build.version)", loops: loops, pool: pool, supervisor: configuration.supervisor)
    }

    /// Of each loop, to receivers: of what the system allows, all of them take a quarter at the most.
    private static func deliveryConnections(_ loops: EventLoopGroup) -> Int {
        min(8192, max(16, ProcessLimits.raiseOpenFiles() / (4 * loops.loops.count)))
    }

    private static func options(_ configuration: Configuration) -> HTTPServerOptions {
        var options = HTTPServerOptions()
        let limits = configuration.limits
        // Uploads, the log and blobs that are read need descriptors too: connections never take the last ones.
        let files = ProcessLimits.raiseOpenFiles()
        options.connections = min(limits.connections, max(16, files / 2))
        options.idle = Int64(limits.idleSeconds) * 1000
        options.header = Int64(limits.headerSeconds) * 1000
        options.stall = Int64(limits.stallSeconds) * 1000
        options.proxies = TrustedProxies(configuration.trustedProxies)
        return options
    }

    private static func announce(_ configuration: Configuration, _ address: SocketAddress, _ services: Services) {
        let scheme = configuration.tls == nil ? "http" : "https"
        let access = address.ip.isLoopback ? "no account needed on loopback" : "ANYBODY may push and delete (--allow-anonymous)"
        Diagnostics.info(
            "signalbox \(Build.version) listening on \(scheme)://\(address), data in \(configuration.data) "
                + "(\(services.log.durableSequence) records), \(access)")
        // Nobody can pull what deployments then name.
        if configuration.registry == nil, address.ip.isUnspecified {
            Diagnostics.warning(
                "events and deployments name images after \(services.host), where nobody finds them: "
                    + "say in the configuration how others reach the hub, as registry: \"registry.example.com\"")
        }
    }

    /// Stops accepting, finishes what is in flight (bounded), saves the state and closes the log.
    package func stop() async {
        Diagnostics.info("stopping: finishing requests in flight")
        await server.stop(drain: Int64(services.configuration.limits.drainSeconds) * 1000)
        await services.journal.recordCounted(now: .max)
        await services.webhooks.stop()
        await services.deployments.stop(drain: Int64(services.configuration.limits.drainSeconds) * 1000)
        // After the last request: its pull is recorded, too.
        for task in background { task.cancel() }
        for task in background { await task.value }
        await proofs.stop()
        do {
            try await Projections.save(services, to: snapshots)
        } catch {
            Diagnostics.warning("no snapshot was saved: \(error)")
        }
        let services = services
        await services.pool.run {
            services.log.close()
            services.pulls?.close()
            services.blobs.close()
        }
        await proofs.offerLast()
        Diagnostics.info("stopped")
    }
}
