import Crypto
import IO

/// The hub's folder, held by this process alone.
///
///     data/
///     ├── lock            the process that uses the folder
///     ├── key             seals secrets at rest (0600)
///     ├── log/            the event log: the source of truth
///     ├── snapshots/      shorter ways to the log's state
///     ├── blobs/          content by digest, as in an OCI image layout
///     ├── uploads/        what is not a blob yet; emptied at start
///     ├── leases/         which uploaded blobs wait for their manifest
///     └── webhooks/       secrets (sealed) and cursors
struct DataFolder: Sendable {
    let path: String
    private let lock: LockFile
    let key: SecretKey

    /// Makes what is missing and takes the lock. Blocks.
    init(_ path: String) throws {
        self.path = path
        try Files.makeDirectories(path, mode: 0o700)
        lock = try LockFile(path + "/lock")
        key = try KeyFile.loadOrCreate(path + "/key")
    }

    var log: String { path + "/log" }
    var snapshots: String { path + "/snapshots" }
    var webhooks: String { path + "/webhooks" }
}
