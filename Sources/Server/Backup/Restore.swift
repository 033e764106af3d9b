package import Audit
import Crypto
package import EventLog
import Glibc
import IO

/// Puts a data folder together from a backup, and checks it as a whole before a hub can start on it.
///
/// The folder is marked (`RestoreMark`) until all of it is on disk and was checked. What a hub published after the backup is not in it, and
/// nobody can tell from the backup whether there was any. So the restored log goes on under another name and a new key, and its first
/// record says so; only where the newest checkpoint that was published is given and is covered, it goes on as it was.
package struct Restore {
    package struct Options: Sendable {
        /// A folder that `Backup` made.
        package var source: String
        /// The folder to be, which must be missing or empty.
        package var data: String
        /// The last record that is wanted; nil for all.
        package var to: UInt64?
        /// Where retention put segments: those from before the backup's first record come back.
        package var archive: String?
        /// Notes among which is the newest checkpoint that was published, and what to call them.
        package var published: (name: String, notes: [SignedNote])?
        /// Why, for the record about it.
        package var reason: String?

        package init(source: String, data: String) {
            (self.source, self.data) = (source, data)
        }
    }

    package struct Report: Sendable {
        /// The last record that was taken over.
        package var sequence: UInt64 = 0
        /// The first record that the log has.
        package var first: UInt64 = 1
        /// Where the log goes on under another name.
        package var origin: String?
        package var previousOrigin: String?
        /// The newest checkpoint that was given, of a log that goes on as it was, and whether the backup has none that is newer or the same.
        package var published: (origin: String, size: UInt64, isBeyondBackup: Bool)?
        /// The hub was a witness for others, and its key for that is not there any more.
        package var dropsWitnessKey = false
        package var verification = VerifyReport()
    }

    let options: Options
    let data: String
    let set: BackupSet
    let say: (String) -> Void
    var report = Report()

    package static func run(_ options: Options, say: @escaping (String) -> Void) async throws -> Report {
        let backup = try hold(options.source)
        defer { withExtendedLifetime(backup) {} }
        if let file = options.published?.name, try Files.contains(options.source, file) {
            throw ConfigurationError(
                "\(file) is in the backup itself, so that it proves nothing: whoever changed the one could change the other. Take the checkpoint from a "
                    + "witness, audit.checkpointFile or whoever kept it, or restore without --checkpoint")
        }
        let set = try choose(options)
        try Files.makeDirectories(options.data, mode: 0o700)
        let lock = try LockFile(options.data + "/lock")
        defer { withExtendedLifetime(lock) {} }
        try empty(options.data)
        try RestoreMark.set(options.data)
        var restore = Restore(options: options, data: options.data, set: set, say: say)
        do { try await restore.run() } catch {
            throw ConfigurationError("\(error) (nothing was restored: \(options.data) stays marked as unfinished, and no hub starts on it)")
        }
        try RestoreMark.remove(options.data)
        return restore.report
    }

    /// Keeps a backup from being made while it is read; nil where it is on something that cannot be written to.
    static func hold(_ source: String) throws(IOError) -> LockFile? {
        do throws(IOError) { return try LockFile(source + "/lock") } catch {
            guard [EROFS, EACCES].contains(error.errno) else { throw error }
            return nil
        }
    }

    /// The oldest set that goes far enough: the earlier it is, the earlier are its snapshots. Where something published is to be covered, the newest.
    private static func choose(_ options: Options) throws -> BackupSet {
        let sets = try BackupSet.list(options.source)
        guard let newest = sets.last else { throw ConfigurationError("there is no backup in \(options.source)") }
        let to = options.to ?? newest
        guard to <= newest else { throw ConfigurationError("the backup ends with record \(newest), before \(to)") }
        return try BackupSet(options.source, options.published == nil ? sets.first { $0 >= to } ?? newest : newest)
    }

    /// Takes away what a restore left that did not finish. Anything else that is there is somebody's.
    private static func empty(_ data: String) throws {
        let own: Set = ["lock", RestoreMark.name]
        let others = try Files.list(data).filter { !own.contains($0) && $0 != "lost+found" }
        if others.isEmpty { return }
        guard try RestoreMark.isSet(data) else {
            throw ConfigurationError("\(data) is not empty: restore to another folder, or move this one away")
        }
        for name in others { try BackupCheck.remove("\(data)/\(name)") }
    }

    private mutating func run() async throws {
        try copyFiles()
        report.first = try bringBack()
        try LogCut.mark(directory: data + "/log", first: report.first, last: set.sequence)
        // It was copied while it was written to: what is torn at its end goes.
        let checkpoints = try CheckpointStore(CheckpointKeys.folder(data))
        report.sequence = set.sequence
        let notices = try cut()
        let published = try covered(checkpoints)
        try await copyContents()
        try await goOn(asAnother: published == nil, notices)
        report.verification = try OfflineVerification.check(data, nil, published ?? [], readsBlobs: false, say)
        // A backup of a log that was repaired is as good as that log is.
        if let finding = report.verification.findings.first(where: { !$0.canWait && !$0.isLoss }) {
            throw ConfigurationError("the backup is not sound: \(finding.text)")
        }
        try syncFolders(data)
    }

    /// Holds what is restored to the newest checkpoint that was published: it must be in it. That their records are the same, verification says.
    /// - Returns: the checkpoints that verification is to look at; nil where none was given.
    private mutating func covered(_ kept: CheckpointStore) throws -> [(name: String, note: SignedNote)]? {
        guard let published = options.published else { return nil }
        let keys = try CheckpointKeys.load(data)
        guard let origin = keys.last?.name else {
            throw ConfigurationError("the hub of this backup had signed nothing yet: restore without --checkpoint")
        }
        // Both were copied one after the other.
        _ = try CheckpointKeys.open(data: data, origin: origin, last: kept.last)
        let own = published.notes.compactMap { note in (try? Checkpoint(text: note.text)).map { (note, $0) } }.filter { $0.1.origin == origin }
        guard let (note, newest) = own.max(by: { $0.1.size < $1.1.size }) else {
            throw ConfigurationError("\(published.name) has no checkpoint of \(origin), the log in the backup")
        }
        do throws(NoteError) { try note.verify(keys.filter { $0.name == origin }) } catch {
            throw ConfigurationError("\(published.name): \(error). Where the key was changed after the backup, it is lost: restore without --checkpoint")
        }
        let hint = "Without --checkpoint the log goes on under another name and key"
        guard newest.size >= kept.lastSize else {
            throw ConfigurationError(
                "\(published.name) is of \(newest.size) records and cannot be the newest checkpoint: the backup has one of \(kept.lastSize). \(hint)")
        }
        guard newest.size <= report.sequence else {
            throw ConfigurationError(
                "\(published.name) covers \(newest.size) records, and what is restored ends with record \(report.sequence): what was published after it is lost. \(hint)")
        }
        report.published = (origin, newest.size, newest.size > kept.lastSize)
        return own.map { (published.name, $0.0) }
    }
}
