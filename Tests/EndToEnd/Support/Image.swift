import Crypto
import JSON

/// Bytes with their digest and media type: what a manifest's descriptor points to.
struct Content: Sendable {
    let mediaType: String
    let bytes: [UInt8]
    let digest: String

    init(_ mediaType: String, _ bytes: [UInt8]) {
        self.mediaType = mediaType
        self.bytes = bytes
        digest = sha256(bytes)
    }

    /// The descriptor, with further members if a manifest list needs them.
    func descriptor(_ more: String = "") -> String {
        #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(bytes.count)\#(more)}"#
    }
}

/// The `sha256:...` digest of bytes.
func sha256(_ bytes: [UInt8]) -> String {
    "sha256:" + Hex.encode(hash(.sha256, bytes))
}

/// The two families of image formats.
enum ImageFormat: String, Sendable, CaseIterable {
    case oci
    case docker

    var manifest: String {
        switch self {
        case .oci: "application/vnd.oci.image.manifest.v1+json"
        case .docker: "application/vnd.docker.distribution.manifest.v2+json"
        }
    }

    var index: String {
        switch self {
        case .oci: "application/vnd.oci.image.index.v1+json"
        case .docker: "application/vnd.docker.distribution.manifest.list.v2+json"
        }
    }

    var config: String {
        switch self {
        case .oci: "application/vnd.oci.image.config.v1+json"
        case .docker: "application/vnd.docker.container.image.v1+json"
        }
    }

    var layer: String {
        switch self {
        case .oci: "application/vnd.oci.image.layer.v1.tar+gzip"
        case .docker: "application/vnd.docker.image.rootfs.diff.tar.gzip"
        }
    }
}

/// An image made up by a test: real layers with bytes of their own, so that real clients can unpack it.
struct Image: Sendable {
    let config: Content
    let layers: [Content]
    let manifest: Content
    let architecture: String

    /// - Parameter seed: The same seed makes the same image.
    init(seed: UInt64, layers count: Int = 1, layerBytes: Int = 512, format: ImageFormat = .oci, architecture: String = "amd64") {
        var random = SeededRandom(seed: seed)
        let archives = (0..<count).map { number in
            let bytes = (0..<layerBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            return TarArchive.file("layer-\(number)-\(seed)", bytes)
        }
        layers = archives.map { Content(format.layer, Gzip.wrap($0)) }
        let diffs = archives.map { "\"\(sha256($0))\"" }.joined(separator: ",")
        config = Content(
            format.config,
            Array(
                """
                {"architecture":"\(architecture)","os":"linux","config":{"Cmd":["/nothing"]},\
                "rootfs":{"type":"layers","diff_ids":[\(diffs)]},\
                "history":[\(layers.map { _ in #"{"created_by":"test"}"# }.joined(separator: ","))]}
                """.utf8))
        manifest = Content(
            format.manifest,
            Array(
                """
                {"schemaVersion":2,"mediaType":"\(format.manifest)","config":\(config.descriptor()),\
                "layers":[\(layers.map { $0.descriptor() }.joined(separator: ","))]}
                """.utf8))
        self.architecture = architecture
    }

    var digest: String { manifest.digest }
    var blobs: [Content] { [config] + layers }

    /// An index over images.
    static func index(_ images: [Image], format: ImageFormat = .oci) -> Content {
        let entries = images.map {
            $0.manifest.descriptor(#","platform":{"architecture":"\#($0.architecture)","os":"linux"}"#)
        }
        return Content(
            format.index,
            Array(#"{"schemaVersion":2,"mediaType":"\#(format.index)","manifests":[\#(entries.joined(separator: ","))]}"#.utf8))
    }
}

/// The generator of SplitMix64: small, and the same on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
