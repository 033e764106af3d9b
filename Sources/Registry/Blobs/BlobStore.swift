package import IO
internal import OCI
import Synchronization

/// Content by digest: uploads, reading, and which repository may use what. Where things lie: `BlobLayout`.
///
/// Two rules carry everything:
/// - A name in `blobs/` is complete: content is written to `uploads/`, checked against its digest and synced before it
///   is renamed. Nothing is answered before the name and the repository's lease are on disk.
/// - Removal of a blob has it alone (`DigestGate`), from before it looks for users until the file is gone; uploads and
///   mounts share it from before they look at the file until their lease is in `leases`. Inside, removal first makes the
///   loss of the lease durable and then asks for references. A manifest commit checks leases and adds its reference
///   in one critical section of the registry, so either it comes first and removal sees the reference, or it
///   comes later and finds no lease.
///
/// Locks are taken in this order: gate of the digest (asynchronous), the registry's critical section, `LeaseTable`.
package final class BlobStore: Sendable {
    package struct Options: Sendable {
        /// The data folder.
        package var directory: String
        /// Each upload under way keeps one open file.
        package var maximumUploads = 1000
        /// Milliseconds after which an upload that nobody writes to is removed.
        package var uploadLifetime: Int64 = 24 * 3600 * 1000
        /// How the names in a folder of blobs get to disk; tests break it.
        var syncDirectory: @Sendable (File) throws(IOError) -> Void = { file throws(IOError) in try file.sync() }

        package init(directory: String) {
            self.directory = directory
        }
    }

    /// Which repository may use which blob beyond what its manifests reference.
    package let leases: LeaseTable
    let layout: BlobLayout
    let options: Options
    let pool: BlockingPool
    let gate = DigestGate()
    let uploads: UploadTable
    let transfers = TransferPlaces()
    let syncers: [DigestAlgorithm: DirectorySyncer]
    let health = StorageHealth()
    let healed = Atomic<Int>(0)

    /// Makes the folders, removes what uploads a former process left, and reads the leases. Blocks: for the start.
    package static func open(_ options: Options, pool: BlockingPool) throws(BlobError) -> BlobStore {
        let layout = BlobLayout(root: options.directory)
        do throws(IOError) {
            for folder in [layout.uploads, layout.leases] + DigestAlgorithm.allCases.map(layout.blobs) {
                try Files.makeDirectories(folder)
            }
            try removeLeftovers(layout)
        } catch {
            throw BlobError("the blob store could not be opened", error)
        }
        let leases = try LeaseTable.open(layout.leases, now: Wall.milliseconds) { digest in
            (try? Files.exists(layout.blob(digest))) ?? true  // an unreadable folder is no reason to forget leases
        }
        do throws(IOError) {
            return try BlobStore(options, layout, leases, pool)
        } catch {
            throw BlobError("the blob store could not be opened", error)
        }
    }

    /// What cannot be removed (somebody put a folder there) costs its space and nothing else.
    private static func removeLeftovers(_ layout: BlobLayout) throws(IOError) {
        for name in try Files.list(layout.uploads) {
            do throws(IOError) {
                try Files.unlinkIfPresent(layout.uploads + "/" + name)
            } catch {
                Diagnostics.warning("a leftover of an upload stays: \(error)")
            }
        }
    }

    private init(_ options: Options, _ layout: BlobLayout, _ leases: LeaseTable, _ pool: BlockingPool) throws(IOError) {
        self.options = options
        self.layout = layout
        self.leases = leases
        self.pool = pool
        uploads = UploadTable(limit: options.maximumUploads)
        var syncers: [DigestAlgorithm: DirectorySyncer] = [:]
        for algorithm in DigestAlgorithm.allCases {
            syncers[algorithm] = try DirectorySyncer(layout.blobs(algorithm), pool: pool, sync: options.syncDirectory)
        }
        self.syncers = syncers
    }

    /// Why the store takes no changes any more, or nil while it does. Reading goes on. Fit for clients.
    package var readOnlyReason: String? {
        for syncer in syncers.values {
            if syncer.failure != nil { return "a folder could not be synced" }
        }
        return health.reason ?? leases.readOnlyReason
    }

    /// How many blobs were found corrupted on disk and replaced by a good upload, since the start.
    package var healedBlobs: Int { healed.load(ordering: .relaxed) }

    /// Uploads under way.
    package var openUploads: Int { uploads.count }

    /// Unix milliseconds.
    func now() -> Int64 { Wall.milliseconds }

    func checkWritable() throws(BlobError) {
        if let readOnlyReason {
            throw BlobError(health.isFull ? .outOfSpace : .unavailable, "the blob store takes no changes: \(readOnlyReason)")
        }
    }

    /// Removes uploads that nobody has used for a day, and leases that have run out. Call it every few minutes.
    /// - Parameter now: Unix milliseconds.
    package func sweep(now: Int64) async {
        for session in uploads.removeIdle(unusedSince: now &- options.uploadLifetime) {
            await discard(session)
        }
        let leases = leases
        await pool.run { leases.sweep(now: now) }
    }

    /// Writes what is pending and stops. Blocks.
    package func close() {
        leases.close()
    }
}
