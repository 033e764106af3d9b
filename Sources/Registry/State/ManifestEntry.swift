import OCI

/// What state keeps of a manifest; the bytes are in the log. An object, so that a copy of a node counts one reference for each.
final class ManifestEntry: Sendable {
    /// Of the record whose attachment the bytes are.
    let sequence: UInt64
    let mediaType: MediaType
    let artifactType: String?
    /// In bytes.
    let size: Int64
    let subject: Digest?
    /// What it names as blobs, each once, in order.
    let blobs: [Digest]
    /// The manifests that an index names, each once, in order.
    let children: [Digest]
    /// Those of both that were not there when it was accepted, in order.
    let missing: [Digest]

    init(_ manifest: Manifest, size: Int64, missing: [Digest], sequence: UInt64) {
        self.sequence = sequence
        mediaType = manifest.mediaType
        artifactType = manifest.artifactType.map { MediaType($0).text }
        self.size = size
        subject = manifest.subject?.digest
        blobs = Self.unique(manifest.blobs)
        children = Self.unique(manifest.children)
        self.missing = missing.sorted()
    }

    init(
        sequence: UInt64, mediaType: MediaType, artifactType: String?, size: Int64, subject: Digest?, blobs: [Digest],
        children: [Digest], missing: [Digest]
    ) {
        self.sequence = sequence
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.size = size
        self.subject = subject
        self.blobs = blobs
        self.children = children
        self.missing = missing
    }

    /// True where the blob, one that the manifest names, was there.
    func isHeld(_ blob: Digest) -> Bool {
        // In order, and there can be thousands: halving finds it.
        var low = 0
        var high = missing.count
        while low < high {
            let middle = (low + high) / 2
            if missing[middle] < blob { low = middle + 1 } else { high = middle }
        }
        return low == missing.count || missing[low] != blob
    }

    private static func unique(_ descriptors: [Descriptor]) -> [Digest] {
        var digests: [Digest] = []
        digests.reserveCapacity(descriptors.count)
        for digest in descriptors.map(\.digest).sorted() where digest != digests.last { digests.append(digest) }
        return digests
    }
}

extension ManifestEntry: Equatable {
    static func == (left: ManifestEntry, right: ManifestEntry) -> Bool {
        left.sequence == right.sequence && left.mediaType == right.mediaType && left.artifactType == right.artifactType
            && left.size == right.size && left.subject == right.subject && left.blobs == right.blobs
            && left.children == right.children && left.missing == right.missing
    }
}

/// How the manifests of a repository use a blob.
struct BlobUse: Equatable, Sendable {
    /// Manifests that name it: as long as there is one, the blob must be kept.
    var named: UInt32 = 0
    /// Those of them for which it was there, so that the repository may show it. Naming alone must not be enough: who can push
    /// to one repository could read any blob of another.
    var held: UInt32 = 0
}
