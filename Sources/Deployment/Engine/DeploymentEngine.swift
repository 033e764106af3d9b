package import EventLog
import EventPattern
import Events
package import IO
package import OCI
import Synchronization

/// Follows the log for all triggers, decides, and runs targets.
///
/// Decisions are made on the *sequenced* state under one lock, and their records queued in the same critical section, as the
/// registry does it; readers get the *durable* state. A run starts when the record that says so is on disk, so that after
/// a crash the log knows of every run there was.
package final class DeploymentEngine: Sendable {
    package struct Options: Sendable {
        /// Folder of the position and of what targets said.
        package var directory: String
        /// The name that events and images carry.
        package var host: String
        package var userAgent: String
        /// The triggers of the config file.
        package var configured: [Trigger] = []
        /// Whether a name in an approval's body counts.
        package var trustsApproverField = false
        /// How many triggers there may be, besides those of the config file.
        package var triggerLimit = 1_000
        /// Whether the registry has an image.
        package var isThere: @Sendable (RepositoryName, Digest) -> Bool = { _, _ in true }

        package init(directory: String, host: String, userAgent: String) {
            self.directory = directory
            self.host = host
            self.userAgent = userAgent
        }
    }

    struct Shared {
        var durable: DeploymentState
        var sequenced: DeploymentState
        var scans: ScanTable
        /// Deployments whose target is at work, or about to be.
        var active: Set<String> = []
        var runs: [String: Run] = [:]
        var timer: (due: Int64, task: Task<Void, Never>)?
        var follower: Task<Void, Never>?
        /// As it was saved last.
        var progress = Progress(decided: 0)
        /// Nothing is decided before the start and after the end.
        var isRunning = false
        /// When decisions could not be recorded, it was said.
        var hasWarned = false
        /// Patterns that triggers no longer have, and the records that took them away.
        var retired: [(key: PatternKey, until: UInt64)] = []
        /// Runs since the folder of outputs was last swept.
        var runsSinceSweep = 0
    }

    /// A trigger's pattern from one change to the next.
    struct PatternKey: Hashable, Sendable {
        let name: String
        /// The record that made it so; 0 for the config file's.
        let since: UInt64
    }

    struct Run {
        let output: DeploymentOutput
        var task: Task<Void, Never>?
    }

    let options: Options
    let configured: [String: Trigger]
    let configuredRevisions: [String: UInt64]
    let log: EventLog
    let pool: BlockingPool
    let loops: EventLoopGroup
    let factory: TargetFactory
    let patterns: PatternSet<PatternKey>
    let progressFiles: ProgressFiles
    let outputs: OutputFolder
    /// Held for decisions, which are synchronous and never wait for the disk; readers hold it for a copy of a few words.
    let shared: Mutex<Shared>

    /// Opens the folder; call it where blocking is allowed.
    /// - Parameters:
    ///   - state, scans: what the log says up to now.
    package init(
        options: Options, state: DeploymentState, scans: ScanTable, log: EventLog, pool: BlockingPool, loops: EventLoopGroup,
        factory: TargetFactory
    ) throws {
        self.options = options
        self.log = log
        self.pool = pool
        self.loops = loops
        self.factory = factory
        var configured: [String: Trigger] = [:]
        for trigger in options.configured {
            guard configured.updateValue(trigger, forKey: trigger.name) == nil else {
                throw DeploymentError(.invalid, "two triggers have the name \(trigger.name)")
            }
            _ = try factory.make(trigger.target)
            // A hook that went is no reason for a registry not to start.
            do throws(DeploymentError) { try factory.check(trigger.target) } catch {
                Diagnostics.warning("trigger \(trigger.name) cannot deploy: \(error)")
            }
            // Nor is a window that has passed since.
            if let hindrance = trigger.gates.hindrance(at: Wall.milliseconds, limit: 1_200) {
                Diagnostics.warning("trigger \(trigger.name) cannot deploy: \(hindrance)")
            }
            if state.triggers[trigger.name] != nil {
                Diagnostics.warning("trigger \(trigger.name) of the config file takes the place of the one made over the API")
            }
        }
        for (name, entry) in state.triggers.sorted(by: { $0.key < $1.key }) where configured[name] == nil {
            if let problem = entry.problem { Diagnostics.warning("trigger \(name) takes no pushes: \(problem)") }
        }
        self.configured = configured
        try Files.makeDirectories(options.directory, mode: 0o700)
        configuredRevisions = try ConfiguredRevisions(directory: options.directory).update(configured, at: log.durableSequence)
        outputs = OutputFolder(directory: options.directory)
        try outputs.removeAll { state.deployments[$0] != nil }
        progressFiles = try ProgressFiles(directory: options.directory)
        var shared = Shared(durable: state, sequenced: state, scans: scans)
        shared.progress = try Self.progress(progressFiles, state, log)
        patterns = PatternSet(Self.patterns(configured, &shared))
        self.shared = Mutex(shared)
    }

    /// What triggers have and, for what was not looked at yet, had.
    private static func patterns(_ configured: [String: Trigger], _ shared: inout Shared) -> [PatternKey: Pattern] {
        var patterns: [PatternKey: Pattern] = [:]
        for (name, entry) in shared.durable.triggers where configured[name] == nil {
            let versions = entry.versions
            for (version, next) in zip(versions, versions.dropFirst().map(\.since) + [.max]) where next > shared.progress.passed {
                let key = PatternKey(name: name, since: version.since)
                patterns[key] = version.trigger?.pattern
                if next != .max { shared.retired.append((key, next)) }
            }
        }
        for (name, trigger) in configured { patterns[PatternKey(name: name, since: 0)] = trigger.pattern }
        return patterns
    }

    /// Where to go on. A folder without a position begins at the log's end: triggers are for what happens from now on.
    private static func progress(_ files: ProgressFiles, _ state: DeploymentState, _ log: EventLog) throws(IOError) -> Progress {
        // A log that was cut by a repair ends before the position: go on where it ends.
        if let saved = try files.load() { return saved.clipped(to: log.durableSequence) }
        if !state.deployments.isEmpty {
            Diagnostics.warning("it is not known up to where triggers have looked at the log: they go on at its end")
        }
        let progress = Progress(decided: log.durableSequence)
        try files.saveDurably(progress)
        return progress
    }

    /// The greatest record that nothing here needs any more: it was on disk. Blocks.
    package static func knownDurable(_ directory: String) throws(IOError) -> UInt64 {
        guard try Files.exists(directory + "/" + PositionFile.name) else { return 0 }
        return try ProgressFiles(directory: directory).load()?.passed ?? 0
    }

    /// Sets back a progress that is beyond a record, in the folder of a hub that was restored to it. Blocks.
    package static func setBack(_ directory: String, to sequence: UInt64) throws(IOError) {
        guard try Files.exists(directory + "/" + PositionFile.name) else { return }
        let files = try ProgressFiles(directory: directory)
        guard let progress = try files.load(), progress.clipped(to: sequence) != progress else { return }
        try files.saveDurably(progress.clipped(to: sequence))
    }

    /// Goes on where the last hub stopped: what was running then is marked as interrupted.
    package func start() async {
        await endLeftovers()
        let loop = loops.next()
        shared.withLock { shared in
            shared.isRunning = true
            advance(&shared)
            shared.follower = Task(executorPreference: loop) { await self.follow() }
        }
    }

    /// Ends: nothing new starts, and what runs gets `drain` milliseconds to finish. What is cut off then is interrupted, as after a crash.
    package func stop(drain: Int64) async {
        let (follower, timer) = shared.withLock { shared in
            shared.isRunning = false
            return (shared.follower, shared.timer?.task)
        }
        follower?.cancel()
        timer?.cancel()
        await follower?.value
        let end = Monotonic.milliseconds + drain
        while Monotonic.milliseconds < end, shared.withLock({ !$0.runs.isEmpty }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
        let runs = shared.withLock { $0.runs.values.compactMap(\.task) }
        for run in runs { run.cancel() }
        for run in runs { await run.value }
        await factory.shutDown()
    }

    func situation(_ shared: borrowing Shared) -> Situation {
        Situation(
            state: shared.sequenced, scans: shared.scans, configured: configured, configuredRevisions: configuredRevisions,
            now: Wall.milliseconds, active: shared.active, trustsApproverField: options.trustsApproverField, isEnding: !shared.isRunning,
            isThere: options.isThere)
    }

    /// What is on disk, for readers.
    var durableSituation: Situation {
        shared.withLock { shared in
            Situation(
                state: shared.durable, scans: shared.scans, configured: configured, configuredRevisions: configuredRevisions,
                now: Wall.milliseconds, active: shared.active, trustsApproverField: options.trustsApproverField, isThere: options.isThere)
        }
    }

    /// - Parameter sequence: a record up to which everything was folded in, the records of others included.
    package func snapshot(through sequence: UInt64) -> (sequence: UInt64, bytes: @Sendable () -> [UInt8]) {
        let (state, scans) = shared.withLock { ($0.durable, $0.scans) }
        // Scans are looked at by the follower, which may be behind.
        return (min(max(state.sequence, sequence), scans.sequence), { state.encoded(scans) })
    }
}
