import Audit
import IO

extension Restore {
    /// Puts segments that retention had archived back before the ones of the backup, as far as there is one after the other.
    /// - Returns: the first record that the log has then.
    func bringBack() throws -> UInt64 {
        guard let directory = options.archive else { return set.first }
        guard try Files.exists(directory) else { throw ConfigurationError("there is no archive in \(directory)") }
        let archive = SegmentArchive(directory: directory)
        let entries = try archive.entries()
        var first = set.first
        while first > 1 {
            // Histories that parted after a restore can share an archive: the tree says which segment is of this one.
            guard let entry = try entries.first(where: { $0.last == first - 1 ? try archive.bringBack($0, data: data) : false }) else { break }
            first = entry.first
            say("records from \(first) on are back from the archive")
        }
        return first
    }
}
