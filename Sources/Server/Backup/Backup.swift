import Audit
import Crypto
import EventLog
import IO
import OCI
import Registry

/// What a backup did.
package struct BackupReport: Sendable {
    /// The last record in it.
    package var sequence: UInt64 = 0
    package var copiedFiles = 0
    package var copiedBytes = 0
    /// What was there already.
    package var keptFiles = 0
    /// Copies that were there, damaged, and were made again.
    package var mendedFiles = 0
}

/// Copies a data folder, of a hub that runs or not, so that the copy is one moment of it: the log up to a record, and all that the
/// state at that record rests on. What is there from earlier backups is not copied again.
///
/// It rests on what the folder promises: files of the log only grow, blobs, secrets and sealed segments do not change, and a blob or secret is
/// there before the record that needs it. So what refers to records is copied before the log, and what records refer to after it; and before it,
/// too, since a later record may have it removed meanwhile.
package struct Backup {
    private let data: String
    private let destination: String
    private let store: ContentStore
    private let say: (String) -> Void
    private var report = BackupReport()
    /// What is missing now will not come.
    private var isLast = false
    private var next = Monotonic.milliseconds + 2000

    package static func run(data: String, to destination: String, say: @escaping (String) -> Void) async throws -> BackupReport {
        guard try Files.exists(data + "/log") else { throw ConfigurationError("there is no log in \(data): is --data right?") }
        try RestoreMark.refuse(data)
        for folder in ["", "/sets", "/files", "/blobs", "/manifests"] { try Files.makeDirectories(destination + folder, mode: 0o700) }
        let lock = try LockFile(destination + "/lock")
        defer { withExtendedLifetime(lock) {} }
        // Retention or a deletion may take something away while it is copied; then a later moment is taken.
        var missing = ""
        for attempt in 1...5 {
            var backup = Backup(data: data, destination: destination, say: say)
            backup.isLast = attempt == 5
            do {
                try await backup.copy()
                return backup.report
            } catch let error as Vanished {
                missing = error.what
            }
        }
        throw ConfigurationError(
            "\(missing) is missing in \(data), or went away while it was copied, five times: 'signalbox audit verify' on the stopped hub says "
                + "what needs it; if nothing does, the hub has too much to do at the moment")
    }

    private init(data: String, destination: String, say: @escaping (String) -> Void) {
        self.data = data
        self.destination = destination
        self.say = say
        store = ContentStore(directory: destination + "/files")
    }

    private struct Vanished: Error {
        let what: String
    }

    private mutating func copy() async throws {
        let previous = try BackupSet.list(destination).last.map { try BackupSet(destination, $0) }
        if let previous { try BackupHistory.check(previous, in: destination, goesOnIn: try files("log"), data: data) }
        var entries: [BackupSet.Entry] = []
        for folder in ["manifests", "blobs"] { try await copyContent(folder) }
        for name in ["key", "checkpoint.key", "checkpoint.key.next", "witness.key"] { try add(name, previous, &entries) }
        for folder in ["checkpoints", "webhooks", "deliveries", "deployments", "witness", "snapshots"] { try addFolder(folder, previous, &entries) }
        // Their sequences end before the log's, which is read after them. Where it begins, the restored folder is told by the set:
        // what `log/forgotten` says may change any moment.
        let log = try files("log")
        try add(log, "log", previous, &entries)
        for folder in ["leases", "pulls"] where try Self.hasSegments("\(data)/\(folder)") {
            try add(try files(folder), folder, previous, &entries)
        }
        let copied = Set(entries.map(\.path))
        for name in try Files.exists(data + "/webhooks") ? Files.list(data + "/webhooks") : [] where name.hasSuffix(".secret") {
            if !copied.contains("webhooks/" + name) { try add("webhooks/" + name, previous, &entries) }
        }
        let first = log.segments.first?.first ?? 1
        // Only the tree has the hashes of what was archived, and of what a repair marked as lost.
        if try first > 1 || Files.exists(data + "/log/damaged") { try addFolder("tree", previous, &entries) }
        for folder in ["manifests", "blobs"] { try await copyContent(folder, counts: false) }
        try Files.syncDirectory(store.directory)
        let leaf = try log.leaf(log.last).map { Hex.encode($0.bytes) }
        let set = BackupSet(sequence: log.last, first: first, time: Wall.milliseconds, leaf: leaf, entries: entries)
        let missing = try BackupCheck(destination: destination, set: set).missing()
        if let content = missing.content { throw Vanished(what: content) }
        // Without it a webhook has to be added again, which is no reason to have no backup at all.
        if let secret = missing.secret {
            guard isLast else { throw Vanished(what: secret) }
            say("\(secret) is missing in \(data), and so in the backup: that webhook has to be added again")
        }
        try Files.replace(BackupSet.path(destination, log.last), with: set.encoded, mode: 0o600)
        report.sequence = log.last
        try prune()
    }

    /// A file that may be missing.
    /// - Returns: whether it is there.
    @discardableResult
    private mutating func add(_ path: String, _ previous: BackupSet?, _ entries: inout [BackupSet.Entry]) throws -> Bool {
        do throws(IOError) {
            let file = try File("\(data)/\(path)", .read)
            let info = try file.info()
            guard info.kind == .file else { return true }
            entries.append(try take(file, path, bytes: info.size, info, previous))
            return true
        } catch {
            if error.isNotFound { return false }
            throw error
        }
    }

    /// All files but one that says that signing has stopped: what is restored is another log, or is held to what was published.
    private mutating func addFolder(_ folder: String, _ previous: BackupSet?, _ entries: inout [BackupSet.Entry]) throws {
        guard try Files.exists("\(data)/\(folder)") else { return }
        for name in try Files.list("\(data)/\(folder)") where !name.hasSuffix(".tmp") && name != HaltMark.name {
            guard try add("\(folder)/\(name)", previous, &entries) else { throw Vanished(what: "\(folder)/\(name)") }
        }
    }

    private func files(_ folder: String) throws -> LogFiles {
        do throws(LogError) { return try LogFiles("\(data)/\(folder)") } catch {
            if error.cause?.isNotFound == true { throw Vanished(what: "a segment of the log") }
            throw error
        }
    }

    private static func hasSegments(_ folder: String) throws -> Bool {
        try Files.exists(folder) && Files.list(folder).contains { EventLog.firstSequence(of: $0) != nil }
    }

    private mutating func add(_ log: LogFiles, _ folder: String, _ previous: BackupSet?, _ entries: inout [BackupSet.Entry]) throws {
        for segment in log.segments {
            let name = segment.file.path.split(separator: "/").last.map(String.init) ?? ""
            let info = try segment.file.info()
            entries.append(try take(segment.file, "\(folder)/\(name)", bytes: segment.bytes, info, segment.last == nil ? previous : nil))
        }
    }

    /// The entry of a file; its content is copied unless the previous backup has it.
    private mutating func take(
        _ file: File, _ path: String, bytes: Int, _ info: FileInfo, _ previous: BackupSet?
    ) throws(IOError) -> BackupSet.Entry {
        let stamp = "\(info.inode)-\(info.modified)-\(bytes)"
        let known = previous?.entry(path).flatMap { $0.stamp == stamp ? $0 : nil }
        if let known, try ContentStore.looksAlike(file, bytes: bytes, store.path(known.sha256)) {
            report.keptFiles += 1
            return known
        }
        do {
            let sha256 = try store.put(file, bytes: bytes)
            if let known { tellDamage(path, isInSource: sha256 != known.sha256) }
            report.copiedFiles += 1
            report.copiedBytes += bytes
            tell()
            return BackupSet.Entry(path: path, sha256: sha256, size: bytes, mode: info.mode, stamp: stamp)
        } catch let error as IOError {
            throw error
        } catch {
            throw IOError(errno: 5, operation: "copy", path: file.path, detail: "\(error)")
        }
    }

    /// Blobs and archived manifests: named by their content.
    private mutating func copyContent(_ kind: String, counts: Bool = true) async throws {
        for algorithm in DigestAlgorithm.allCases {
            let (source, target) = ("\(data)/\(kind)/\(algorithm.name)", "\(destination)/\(kind)/\(algorithm.name)")
            guard try Files.exists(source) else { continue }
            try Files.makeDirectories(target, mode: 0o700)
            let names = try Files.list(target)
            // Of a backup that was killed.
            for name in names where name.hasSuffix(".tmp") { try Files.unlink("\(target)/\(name)") }
            let kept = Set(names)
            var batch = SyncBatch()
            for name in try Files.list(source) where !name.hasSuffix(".tmp") {
                if kept.contains(name) {
                    guard counts else { continue }
                    if try looksKept("\(source)/\(name)", "\(target)/\(name)") {
                        report.keptFiles += 1
                        continue
                    }
                    tellDamage("\(kind)/\(algorithm.name)/\(name)", isInSource: false)
                }
                try await copyContent("\(source)/\(name)", to: "\(target)/\(name)", algorithm, name, &batch)
            }
            try await batch.flush()
            try Files.syncDirectory(target)
        }
    }

    private func looksKept(_ source: String, _ target: String) throws(IOError) -> Bool {
        do throws(IOError) {
            let file = try File(source, .read)
            return try ContentStore.looksAlike(file, bytes: try file.size(), target)
        } catch {
            if error.isNotFound { return true }  // it was removed, and only the backup has it
            throw error
        }
    }

    /// A copy that was kept is not what it was copied from.
    private mutating func tellDamage(_ path: String, isInSource: Bool) {
        report.mendedFiles += isInSource ? 0 : 1
        say(
            isInSource
                ? "\(data)/\(path) has other content than when it was backed up, and nobody should have changed it: 'signalbox audit verify' on the stopped hub says more"
                : "the backup's copy of \(path) was damaged, and was made again; 'signalbox backup --check' looks at all of it")
    }

    private mutating func copyContent(
        _ source: String, to target: String, _ algorithm: DigestAlgorithm, _ hex: String, _ batch: inout SyncBatch
    ) async throws {
        let file: File
        do throws(IOError) { file = try File(source, .read) } catch {
            if error.isNotFound { return }  // it was removed; the check says whether it is needed
            throw error
        }
        let bytes = try file.size()
        let copy = try File(target + ".tmp", [.write, .create, .exclusive], mode: 0o600)
        let digest = try ContentStore.copy(file, bytes: bytes, to: copy, algorithm == .sha256 ? .sha256 : .sha512)
        guard Hex.encode(digest) == hex else {
            throw ConfigurationError("\(source) does not have the content that its name says: 'signalbox audit verify --blobs full' says what needs it; push that again")
        }
        try await batch.add(copy, bytes: bytes, renamedTo: target)
        report.copiedFiles += 1
        report.copiedBytes += bytes
        tell()
    }

    private mutating func tell() {
        guard Monotonic.milliseconds >= next else { return }
        next = Monotonic.milliseconds + 2000
        say("\(report.copiedFiles) files, \(report.copiedBytes >> 20) MiB copied")
    }

    /// Two sets are kept, and the content that they name.
    private func prune() throws {
        let sets = try BackupSet.list(destination)
        for old in sets.dropLast(2) { try Files.unlinkIfPresent(BackupSet.path(destination, old)) }
        var named: Set<String> = []
        for set in sets.suffix(2) { named.formUnion(try BackupSet(destination, set).entries.map(\.sha256)) }
        for name in try Files.list(store.directory) where !named.contains(name) { try Files.unlinkIfPresent(store.path(name)) }
    }
}
