internal import EventLog
internal import IO
package import OCI
import Synchronization

/// Which repository may use which blob although none of its manifests references it yet: it was uploaded or mounted
/// there within the last seven days. This is what lets a manifest be accepted, and keeps its blobs from removal.
///
/// Leases are records of a second, small event log, so that a crash between upload and manifest loses none, and
/// concurrent uploads share one sync. They expire by removing the log's old segments.
package final class LeaseTable: Sendable {
    /// A lease that is on its way to disk.
    struct Pending: Sendable {
        let digest: Digest
        let repository: RepositoryName
        let day: Int64
        let completion: Completion
    }

    let log: EventLog
    // A Mutex: read inside the registry's critical section; held for a few table accesses, and never while anything is called.
    let days: Mutex<LeaseDays>

    init(_ log: EventLog, _ days: LeaseDays) {
        self.log = log
        self.days = Mutex(days)
    }

    /// Whether the repository may use the blob. Only true once both the lease and the blob's name are on disk.
    package func holds(_ digest: Digest, _ repository: RepositoryName) -> Bool {
        days.withLock { $0.holds(digest, repository) }
    }

    /// Whether any repository has a lease for the blob.
    package func isHeld(_ digest: Digest) -> Bool {
        days.withLock { $0.isHeld(digest) }
    }

    package var count: Int { days.withLock { $0.count } }
}
