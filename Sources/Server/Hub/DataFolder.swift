import Crypto
import Delivery
import IO

/// The hub's folder, held by this process alone.
///
///     data/
///     ├── lock            the process that uses the folder
///     ├── restoring       while a restore into it is not finished
///     ├── key             seals secrets at rest (0600)
///     ├── checkpoint.key  signs the log's checkpoints (0600)
///     ├── log/            the event log: the source of truth
///     ├── manifests/      those whose records were archived
///     ├── tree/           the hashes of the log's tree
///     ├── checkpoints/    every signed checkpoint, and the public keys
///     ├── snapshots/      shorter ways to the log's state
///     ├── blobs/          content by digest, as in an OCI image layout
///     ├── uploads/        what is not a blob yet; emptied at start
///     ├── leases/         which uploaded blobs wait for their manifest
///     ├── webhooks/       secrets (sealed)
///     ├── deliveries/     what became of deliveries, and how far each webhook is
///     └── deployments/    what targets said, and how far triggers have got
struct DataFolder: Sendable {
    let path: String
    private let lock: LockFile
    let key: SecretKey

    /// Makes what is missing and takes the lock. Blocks.
    init(_ path: String) throws {
        self.path = path
        try Files.makeDirectories(path, mode: 0o700)
        lock = try LockFile(path + "/lock")
        try RestoreMark.refuse(path)
        try Self.refuseLosses(path)
        key = try KeyFile.loadOrCreate(path + "/key")
    }

    /// What is gone is not silently begun anew: without its log the hub would seem empty, and a new key opens no old secret.
    private static func refuseLosses(_ path: String) throws {
        let hasLog = try Files.exists(path + "/log") && Files.list(path + "/log").contains { $0.hasSuffix(".log") }
        if try !hasLog && Files.exists(path + "/blobs") {
            throw ConfigurationError(
                "the event log in \(path)/log is missing although this folder was in use: restore it from a backup, "
                    + "or move the folder away to begin anew")
        }
        if try !Files.exists(path + "/key") && Webhooks.hasSealedSecrets(path + "/webhooks") {
            throw ConfigurationError(
                "\(path)/key is missing, and with it the secrets in \(path)/webhooks: restore it from a backup, "
                    + "or remove the .secret files and add those webhooks again")
        }
    }

    var log: String { path + "/log" }
    var manifests: String { path + "/manifests" }
    var snapshots: String { path + "/snapshots" }
    var pulls: String { path + "/pulls" }
    var webhooks: String { path + "/webhooks" }
    var deployments: String { path + "/deployments" }
    var deliveries: String { path + "/deliveries" }
}
