import OCI

/// A repository. A value like all of the state, whose copies share what they have until one of them changes it: a node of the map of
/// repositories counts one reference for each when it is copied, and not one for each of its maps.
struct RepositoryState: Equatable, Sendable {
    private var box: Box

    /// `@unchecked Sendable`: it is only changed where nobody else refers to it.
    private final class Box: @unchecked Sendable {
        var content: RepositoryContent

        init(_ content: RepositoryContent) { self.content = content }
    }

    init(_ content: RepositoryContent = RepositoryContent()) { box = Box(content) }

    var tags: SortedMap<Tag, Digest> { box.content.tags }
    var manifests: SortedMap<Digest, ManifestEntry> { box.content.manifests }
    var tagged: SortedSet<Pair<Digest, Tag>> { box.content.tagged }
    var parents: SortedSet<Pair<Digest, Digest>> { box.content.parents }
    var referrers: SortedSet<Pair<Digest, Digest>> { box.content.referrers }
    var blobs: SortedMap<Digest, BlobUse> { box.content.blobs }

    func holds(_ blob: Digest) -> Bool {
        (blobs[blob]?.held ?? 0) > 0
    }

    /// The manifest's tags in order, at most `limit` of them.
    func tags(of manifest: Digest, limit: Int) -> [Tag] {
        var found: [Tag] = []
        tagged.visit(manifest) { tag in
            guard found.count < limit else { return false }
            found.append(tag)
            return true
        }
        return found
    }

    /// - Postcondition: nothing that was copied from this before is changed by `body`.
    mutating func change(_ body: (inout RepositoryContent) -> Void) {
        if !isKnownUniquelyReferenced(&box) { box = Box(box.content) }
        body(&box.content)
    }

    static func == (left: RepositoryState, right: RepositoryState) -> Bool { left.box.content == right.box.content }
}
