import OCI

/// What a repository has: its tags and manifests, and what follows from them (the indexes below), kept beside them.
struct RepositoryContent: Equatable, Sendable {
    private(set) var tags = SortedMap<Tag, Digest>()
    private(set) var manifests = SortedMap<Digest, ManifestEntry>()
    /// Manifest and tag that points to it.
    private(set) var tagged = SortedSet<Pair<Digest, Tag>>()
    /// Manifest and index that names it.
    private(set) var parents = SortedSet<Pair<Digest, Digest>>()
    /// Subject and manifest that refers to it.
    private(set) var referrers = SortedSet<Pair<Digest, Digest>>()
    private(set) var blobs = SortedMap<Digest, BlobUse>()

    init() {}

    init(
        tags: SortedMap<Tag, Digest>, manifests: SortedMap<Digest, ManifestEntry>,
        tagged: SortedSet<Pair<Digest, Tag>>, parents: SortedSet<Pair<Digest, Digest>>,
        referrers: SortedSet<Pair<Digest, Digest>>, blobs: SortedMap<Digest, BlobUse>
    ) {
        self.tags = tags
        self.manifests = manifests
        self.tagged = tagged
        self.parents = parents
        self.referrers = referrers
        self.blobs = blobs
    }

    mutating func setTag(_ tag: Tag, to digest: Digest) {
        if let old = tags.set(tag, digest) {
            guard old != digest else { return }
            tagged.remove(Pair(old, tag))
        }
        tagged.insert(Pair(digest, tag))
    }

    mutating func removeTag(_ tag: Tag) {
        guard let old = tags.remove(tag) else { return }
        tagged.remove(Pair(old, tag))
    }

    mutating func setManifest(_ digest: Digest, _ entry: ManifestEntry) {
        if manifests.contains(digest) { removeManifest(digest) }
        manifests.set(digest, entry)
        for child in entry.children { parents.insert(Pair(child, digest)) }
        if let subject = entry.subject { referrers.insert(Pair(subject, digest)) }
        for blob in entry.blobs {
            let held: UInt32 = entry.isHeld(blob) ? 1 : 0
            let known: Void? = blobs.modify(blob) { use in
                use.named &+= 1
                use.held &+= held
            }
            if known == nil { blobs.set(blob, BlobUse(named: 1, held: held)) }
        }
    }

    mutating func removeManifest(_ digest: Digest) {
        guard let entry = manifests.remove(digest) else { return }
        for child in entry.children { parents.remove(Pair(child, digest)) }
        if let subject = entry.subject { referrers.remove(Pair(subject, digest)) }
        for blob in entry.blobs {
            let held: UInt32 = entry.isHeld(blob) ? 1 : 0
            let isUnused = blobs.modify(blob) { use in
                use.named &-= 1
                use.held &-= held
                return use.named == 0
            }
            if isUnused == true { blobs.remove(blob) }
        }
    }
}
