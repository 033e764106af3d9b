import IO

/// Files that were written one after another and are synced together: the first sync commits what the file system has of all of them, so that the others
/// cost little. A hundred thousand small blobs would take minutes otherwise.
struct SyncBatch {
    private static let maxFiles = 256
    private static let maxBytes = 64 << 20

    private var files: [(file: File, target: String?)] = []
    private var bytes = 0

    /// - Parameter target: the name that the file gets when it is on disk.
    mutating func add(_ file: File, bytes count: Int, renamedTo target: String? = nil) throws(IOError) {
        files.append((file, target))
        bytes += count
        if files.count >= Self.maxFiles || bytes >= Self.maxBytes { try flush() }
    }

    /// All of them are on disk when this returns; their names after the next sync of their folder.
    mutating func flush() throws(IOError) {
        for (file, _) in files { try file.sync() }
        for (file, target) in files { if let target { try Files.rename(file.path, to: target) } }
        files.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
