/// The type of some content. Content other than manifests may have any type, so the text is kept as it came;
/// the types that mean something to a registry share one constant each, so that state does not hold copies.
package struct MediaType: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Longer ones have no use and would be stored for good.
    package static let maximumLength = 255

    package init(_ text: String) {
        self = Self.known[text] ?? MediaType(constant: text)
    }

    /// The type in a `Content-Type` header, without its parameters.
    package init(contentType: String) {
        // Nearly all have neither parameters nor spaces around them.
        let span = contentType.utf8.span
        guard span.indices.contains(where: { span[$0] == UInt8(ascii: ";") || span[$0] <= 0x20 }) else {
            self.init(contentType)
            return
        }
        let text = contentType.utf8
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var end = text.firstIndex(of: UInt8(ascii: ";")) ?? text.endIndex
        let start = text[..<end].firstIndex { !isSpace($0) } ?? end
        while end > start, isSpace(text[text.index(before: end)]) { end = text.index(before: end) }
        self.init(start == text.startIndex && end == text.endIndex ? contentType : String(contentType[start..<end]))
    }

    private init(constant text: String) {
        self.text = text
    }

    package var description: String { text }
}

extension MediaType {
    package static let imageManifest = MediaType(constant: "application/vnd.oci.image.manifest.v1+json")
    package static let imageIndex = MediaType(constant: "application/vnd.oci.image.index.v1+json")
    package static let imageConfig = MediaType(constant: "application/vnd.oci.image.config.v1+json")
    package static let emptyConfig = MediaType(constant: "application/vnd.oci.empty.v1+json")
    package static let layer = MediaType(constant: "application/vnd.oci.image.layer.v1.tar")
    package static let layerGzip = MediaType(constant: "application/vnd.oci.image.layer.v1.tar+gzip")
    package static let layerZstd = MediaType(constant: "application/vnd.oci.image.layer.v1.tar+zstd")
    package static let foreignLayer = MediaType(constant: "application/vnd.oci.image.layer.nondistributable.v1.tar")
    package static let foreignLayerGzip = MediaType(
        constant: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
    package static let foreignLayerZstd = MediaType(
        constant: "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd")
    package static let dockerManifest = MediaType(constant: "application/vnd.docker.distribution.manifest.v2+json")
    package static let dockerManifestList = MediaType(
        constant: "application/vnd.docker.distribution.manifest.list.v2+json")
    package static let dockerConfig = MediaType(constant: "application/vnd.docker.container.image.v1+json")
    package static let dockerLayer = MediaType(constant: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    package static let dockerForeignLayer = MediaType(
        constant: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    package static let dockerSchema1 = MediaType(constant: "application/vnd.docker.distribution.manifest.v1+json")
    package static let dockerSchema1Signed = MediaType(
        constant: "application/vnd.docker.distribution.manifest.v1+prettyjws")

    private static let known: [String: MediaType] = Dictionary(
        uniqueKeysWithValues: [
            imageManifest, imageIndex, imageConfig, emptyConfig, layer, layerGzip, layerZstd, foreignLayer,
            foreignLayerGzip, foreignLayerZstd, dockerManifest, dockerManifestList, dockerConfig, dockerLayer,
            dockerForeignLayer, dockerSchema1, dockerSchema1Signed,
        ].map { ($0.text, $0) })

    /// What kind of manifest has this type; `nil` for everything else.
    package var manifestKind: Manifest.Kind? {
        switch self {
        case .imageManifest, .dockerManifest: .image
        case .imageIndex, .dockerManifestList: .index
        default: nil
        }
    }

    /// Layers that may be fetched elsewhere only: a registry need not hold them.
    package var isNondistributable: Bool {
        switch self {
        case .foreignLayer, .foreignLayerGzip, .foreignLayerZstd, .dockerForeignLayer: true
        default: false
        }
    }

    package var isDockerSchema1: Bool {
        self == .dockerSchema1 || self == .dockerSchema1Signed
    }
}
