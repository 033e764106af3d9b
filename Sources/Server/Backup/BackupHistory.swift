import Crypto
import EventLog
import IO

/// A backup's folder holds one history. After a restore to an earlier record, or a repair, a log goes on with other records under the same
/// numbers: its sets would sort among the old ones, and push them out.
enum BackupHistory {
    /// Throws unless the log is called as the newest set's, and has its last record as the set has it.
    static func check(_ newest: BackupSet, in destination: String, goesOnIn log: LogFiles, data: String) throws {
        guard newest.sequence > 0 else { return }
        func refusal(_ why: String) -> ConfigurationError {
            ConfigurationError("\(destination) has backups of another history: \(why). Back up to another folder, and keep this one")
        }
        // A restored log has all records of the backup that it was made of. It is another one all the same: the original goes on, too.
        if let name = try name(newest, destination), let own = try CheckpointKeys.load(data).last?.name, own != name {
            throw refusal("the newest is of the log \(name), and the one in \(data) is called \(own) since it was restored, or is of another hub")
        }
        guard let known = newest.leaf else { throw refusal("the newest was made by an earlier version, which did not say of which") }
        guard newest.sequence <= log.last else {
            throw refusal("the newest ends with record \(newest.sequence), and the log in \(data) with record \(log.last)")
        }
        guard let leaf = try log.leaf(newest.sequence) ?? archived(newest.sequence, data) else {
            throw refusal("its record \(newest.sequence) is in \(data) neither in the log nor in the tree of what was archived")
        }
        guard Hex.encode(leaf.bytes) == known else { throw refusal("its record \(newest.sequence) is not the one in \(data)") }
    }

    /// What the log of a set is called; nil where it had signed nothing yet.
    private static func name(_ set: BackupSet, _ destination: String) throws -> String? {
        guard let entry = set.entry(CheckpointKeys.listPath), let bytes = try Files.read("\(destination)/files/\(entry.sha256)", limit: 1 << 20) else { return nil }
        return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").last.map { try NoteKey(String($0)).name }
    }

    /// The leaf of a record whose segment was archived.
    private static func archived(_ sequence: UInt64, _ data: String) throws -> TreeHash? {
        guard sequence > 0, let offset = Int(exactly: sequence - 1), offset < Int.max / TreeHash.size,
            try Files.exists(data + "/tree/0")
        else { return nil }
        return TreeHash(try File(data + "/tree/0", .read).read(count: TreeHash.size, at: offset * TreeHash.size))
    }
}
