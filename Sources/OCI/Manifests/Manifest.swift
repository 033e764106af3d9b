package import JSON

/// What a registry needs to know of a manifest. The bytes are the manifest: they are stored and served as they came,
/// and this is a view of them, so fields unknown to it are lost nowhere. An object, since it is handed on often and never changed.
package final class Manifest: Sendable {
    package enum Kind: UInt8, Sendable {
        case image = 1
        case index = 2
    }

    package let kind: Kind
    package let mediaType: MediaType
    /// The manifest's own `artifactType`, or for an image without one the media type of its config.
    package let artifactType: String?
    /// Images only.
    package let config: Descriptor?
    /// Images only.
    package let layers: [Descriptor]
    /// Indexes only.
    package let manifests: [Descriptor]
    package let subject: Descriptor?
    package let annotations: JSONObject?

    init(
        kind: Kind, mediaType: MediaType, artifactType: String?, config: Descriptor?, layers: [Descriptor], manifests: [Descriptor],
        subject: Descriptor?, annotations: JSONObject?
    ) {
        self.kind = kind
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }

    /// 4 MiB, the least that the specification lets clients expect.
    package static let maximumSize = 4 << 20
    /// Descriptors in one manifest; far beyond any real image, and a bound on the work that one push can ask for.
    package static let maximumDescriptors = 10_000

    /// What must be there as blobs: config and layers, and what an index lists that is no manifest (build caches do so).
    package var blobs: [Descriptor] {
        switch kind {
        case .image: (config.map { [$0] } ?? []) + layers
        case .index: manifests.filter { $0.mediaType.manifestKind == nil }
        }
    }

    /// What must be there as manifests.
    package var children: [Descriptor] {
        manifests.filter { $0.mediaType.manifestKind != nil }
    }

    /// The platforms of an index, each once, in its order. Empty for an image: its platform is in its config.
    package var platforms: [Platform] {
        guard !manifests.isEmpty else { return [] }
        var seen: Set<Platform> = []
        return manifests.compactMap(\.platform).filter { !$0.isUnknown && seen.insert($0).inserted }
    }
}
