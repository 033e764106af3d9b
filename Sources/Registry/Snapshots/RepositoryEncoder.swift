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
        var all: Set<Digest> = []
        repository.manifests.forEach { digest, entry in
            all.insert(digest)
            all.formUnion(entry.blobs)
            all.formUnion(entry.children)
            if let subject = entry.subject { all.insert(subject) }
        }
        digests = all.sorted()
        places = Dictionary(uniqueKeysWithValues: zip(digests, 0...))
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
