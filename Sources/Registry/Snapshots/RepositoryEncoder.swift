import OCI

/// Writes a repository.
struct RepositoryEncoder {
    private let repository: RepositoryState
    private let types: TypeTable
    private let digests: [Digest]
    private let places: [Digest: UInt64]

    init(_ repository: RepositoryState, _ types: TypeTable) {
        self.repository = repository
        self.types = types
        digests = Self.digests(of: repository)
        places = Dictionary(uniqueKeysWithValues: zip(digests, 0...))
    }

    /// Every digest that the encoding mentions, once and in order.
    private static func digests(of repository: RepositoryState) -> [Digest] {
        var all = repository.manifests.keys + repository.blobs.keys
        repository.parents.forEach { pair, _ in all.append(pair.first) }
        repository.referrers.forEach { pair, _ in all.append(pair.first) }
        all.sort()
        var digests: [Digest] = []
        digests.reserveCapacity(all.count)
        for digest in all where digest != digests.last { digests.append(digest) }
        return digests
    }

    func encode(into writer: inout SnapshotWriter) {
        writer.count(digests.count)
        for digest in digests { writer.digest(digest) }
        writer.count(repository.manifests.count)
        repository.manifests.forEach { digest, entry in
            writer.number(place(digest))
            encode(entry, &writer)
        }
        writer.count(repository.tags.count)
        repository.tags.forEach { tag, digest in
            writer.text(tag.text)
            writer.number(place(digest))
        }
    }

    private func encode(_ entry: ManifestEntry, _ writer: inout SnapshotWriter) {
        writer.number(entry.sequence)
        writer.number(types.place(of: entry.mediaType.text))
        writer.number(types.place(of: entry.artifactType))
        writer.number(UInt64(clamping: entry.size))
        writer.number(entry.subject.map { place($0) + 1 } ?? 0)
        encode(entry.blobs, &writer)
        encode(entry.children, &writer)
        encode(entry.missing, &writer)
    }

    private func encode(_ list: [Digest], _ writer: inout SnapshotWriter) {
        writer.count(list.count)
        for digest in list { writer.number(place(digest)) }
    }

    /// Every digest of the repository is in the table: it was made from the same state.
    private func place(_ digest: Digest) -> UInt64 { places[digest] ?? 0 }
}
