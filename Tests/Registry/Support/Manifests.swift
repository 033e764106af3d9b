import OCI

/// Manifests for tests, as bytes.
enum Sample {
    static func descriptor(_ type: MediaType, _ digest: Digest, more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest)","size":7\#(more)}"#
    }

    /// An image that differs with its name.
    static func image(
        _ name: String, layers: [String] = ["base"], subject: Digest? = nil, artifactType: String? = nil, more: String = ""
    ) -> [UInt8] {
        let layers = layers.map { descriptor(.layerGzip, $0.asDigest) }.joined(separator: ",")
        let subject = subject.map { #","subject":\#(descriptor(.imageManifest, $0))"# } ?? ""
        let artifactType = artifactType.map { #","artifactType":"\#($0)""# } ?? ""
        return Array(
            #"""
            {"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","config":\#(descriptor(.imageConfig, "config".asDigest)),\#
            "layers":[\#(layers)]\#(subject)\#(artifactType)\#(more),"annotations":{"name":"\#(name)"}}
            """#.utf8)
    }

    static func index(_ name: String, children: [Digest], more: String = "") -> [UInt8] {
        let platform = #","platform":{"os":"linux","architecture":"amd64"}"#
        let manifests = children.map { descriptor(.imageManifest, $0, more: platform) }.joined(separator: ",")
        return Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[\#(manifests)]\#(more),"annotations":{"name":"\#(name)"}}"#
                .utf8)
    }
}
