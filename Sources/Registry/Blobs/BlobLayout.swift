internal import Crypto
internal import OCI

/// Where the blob store keeps things in the data folder. The blobs lie as in an OCI image layout:
///
///     <data folder>
///     ├── blobs
///     │   ├── sha256
///     │   │   └── <64 hex digits>     complete, synced content; appears by rename, never changes
///     │   └── sha512
///     │       └── <128 hex digits>
///     ├── uploads
///     │   └── <32 hex digits>         content on its way; emptied at every start
///     └── leases                      an event log: which repository may use which blob, see `LeaseTable`
///
/// A path is only ever made of the operator's folder, a checked `Digest` and an `UploadID` of our own.
struct BlobLayout: Sendable {
    let root: String

    var uploads: String { root + "/uploads" }
    var leases: String { root + "/leases" }

    func blobs(_ algorithm: DigestAlgorithm) -> String { "\(root)/blobs/\(algorithm.name)" }

    func blob(_ digest: Digest) -> String { "\(blobs(digest.algorithm))/\(digest.hex)" }

    func upload(_ id: UploadID) -> String { "\(uploads)/\(id)" }
}

extension DigestAlgorithm {
    var hashFunction: HashFunction {
        switch self {
        case .sha256: .sha256
        case .sha512: .sha512
        }
    }
}
