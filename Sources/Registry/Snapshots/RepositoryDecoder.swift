import OCI

/// Reads a repository, and builds its indexes in one go: everything arrives in order, so nothing is inserted one by one.
struct RepositoryDecoder {
    private let types: [MediaType]
    private var digests: [Digest] = []
    /// Places of manifests, rising.
    private var manifestPlaces: [Int] = []
    private var entries: [ManifestEntry] = []
    private var tags: [Tag] = []
    private var tagPlaces: [Int] = []
    /// One for each digest: how manifests use it as a blob.
    private var uses: [BlobUse] = []

    /// - Parameter types: in the order of the file.
    init(types: [MediaType]) { self.types = types }

    mutating func decode(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) -> RepositoryState {
        try readDigests(&reader)
        try readManifests(&reader)
        try readTags(&reader)
        return RepositoryState(RepositoryContent(
            tags: SortedMap(sortedKeys: tags, values: tagPlaces.map { digests[$0] }),
            manifests: SortedMap(sortedKeys: manifestPlaces.map { digests[$0] }, values: entries),
            tagged: SortedMap(sorted: inOrder(zip(tagPlaces, tags.indices)).map { Pair(digests[$0], tags[$1]) }),
            parents: edges { $0.children }, referrers: edges { $0.subject.map { [$0] } ?? [] }, blobs: blobMap(uses)))
    }

    private mutating func readDigests(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) {
        let count = try reader.count()
        digests.reserveCapacity(count)
        for _ in 0..<count {
            let digest = try reader.digest()
            if let last = digests.last, last >= digest { throw SnapshotReader.Damaged() }
            digests.append(digest)
        }
        uses = Array(repeating: BlobUse(), count: count)
    }

    private mutating func readManifests(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) {
        let count = try reader.count()
        manifestPlaces.reserveCapacity(count)
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let place = try place(&reader)
            if let last = manifestPlaces.last, last >= place { throw SnapshotReader.Damaged() }
            manifestPlaces.append(place)
            entries.append(try entry(&reader))
        }
    }

    private mutating func entry(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) -> ManifestEntry {
        let sequence = try reader.number()
        guard let mediaType = try type(&reader) else { throw SnapshotReader.Damaged() }
        let artifactType = try type(&reader)?.text
        guard let size = Int64(exactly: try reader.number()) else { throw SnapshotReader.Damaged() }
        let subject = try reader.number()
        guard subject <= UInt64(digests.count) else { throw SnapshotReader.Damaged() }
        let blobs = try places(&reader)
        let children = try places(&reader)
        let missing = try places(&reader)
        let absent = Set(missing)
        for place in blobs {
            uses[place].named &+= 1
            if absent.isEmpty || !absent.contains(place) { uses[place].held &+= 1 }
        }
        return ManifestEntry(
            sequence: sequence, mediaType: mediaType, artifactType: artifactType, size: size,
            subject: subject == 0 ? nil : digests[Int(subject) - 1], blobs: blobs.map { digests[$0] },
            children: children.map { digests[$0] }, missing: missing.map { digests[$0] })
    }

    private mutating func readTags(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) {
        let count = try reader.count()
        tags.reserveCapacity(count)
        tagPlaces.reserveCapacity(count)
        for _ in 0..<count {
            guard let tag = Tag(try reader.text()) else { throw SnapshotReader.Damaged() }
            if let last = tags.last, last >= tag { throw SnapshotReader.Damaged() }
            tags.append(tag)
            tagPlaces.append(try place(&reader))
        }
    }

    private func type(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) -> MediaType? {
        let place = try reader.number()
        guard place <= UInt64(types.count) else { throw SnapshotReader.Damaged() }
        return place == 0 ? nil : types[Int(place) - 1]
    }

    private func place(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) -> Int {
        let place = try reader.number()
        guard place < UInt64(digests.count) else { throw SnapshotReader.Damaged() }
        return Int(place)
    }

    private func places(_ reader: inout SnapshotReader) throws(SnapshotReader.Damaged) -> [Int] {
        let count = try reader.count()
        guard count > 0 else { return [] }
        var places: [Int] = []
        places.reserveCapacity(count)
        for _ in 0..<count { places.append(try place(&reader)) }
        return places
    }

    /// Pairs of places, sorted as single numbers, which is several times faster than sorting digests.
    private func inOrder(_ pairs: some Sequence<(Int, Int)>) -> [(Int, Int)] {
        pairs.map { UInt64($0.0) << 32 | UInt64($0.1) & 0xFFFF_FFFF }.sorted().map { (Int($0 >> 32), Int($0 & 0xFFFF_FFFF)) }
    }

    private func edges(_ from: (ManifestEntry) -> [Digest]) -> SortedSet<Pair<Digest, Digest>> {
        var pairs: [Pair<Digest, Digest>] = []
        for (place, entry) in zip(manifestPlaces, entries) {
            for digest in from(entry) { pairs.append(Pair(digest, digests[place])) }
        }
        return SortedMap(sorted: pairs.sorted())
    }

    /// - Parameter uses: one for each digest, most of them empty.
    private func blobMap(_ uses: [BlobUse]) -> SortedMap<Digest, BlobUse> {
        var keys: [Digest] = []
        var values: [BlobUse] = []
        for (place, use) in uses.enumerated() where use.named > 0 {
            keys.append(digests[place])
            values.append(use)
        }
        return SortedMap(sortedKeys: keys, values: values)
    }
}
