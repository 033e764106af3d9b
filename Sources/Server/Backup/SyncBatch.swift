import IO

/// Files that were written one after another and are synced at the same time: the file system commits what it has of all of them at once. One after the
/// other, each waits for a commit of its own, and a hundred thousand small blobs take minutes.
struct SyncBatch {
    private static let threads = 64
    private static let maxFiles = 256
    private static let maxBytes = 64 << 20

    private let pool = BlockingPool(name: "sync", threads: threads)
    private var files: [(file: File, target: String?)] = []
    private var bytes = 0

    /// - Parameter target: the name that the file gets when it is on disk.
    mutating func add(_ file: File, bytes count: Int, renamedTo target: String? = nil) async throws {
        files.append((file, target))
        bytes += count
        if files.count >= Self.maxFiles || bytes >= Self.maxBytes { try await flush() }
    }

    /// All of them are on disk when this returns; their names after the next sync of their folder.
    mutating func flush() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [files, pool] group in
            for (file, _) in files {
                group.addTask { try await pool.run { () throws(IOError) in try file.sync() } }
            }
            try await group.waitForAll()
        }
        for (file, target) in files { if let target { try Files.rename(file.path, to: target) } }
        files.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
