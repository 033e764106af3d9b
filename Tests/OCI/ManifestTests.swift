import JSON
import OCI
import Testing

@Suite struct ManifestTests {
    static let digest = "sha256:" + String(repeating: "a", count: 64)
    static let config = #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest)","size":2}"#
    static let layer = #"{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\#(digest)","size":9}"#
    static let image = #"{"schemaVersion":2,"config":\#(config),"layers":[\#(layer)]}"#

    @Test("an image is read with its config and layers")
    func readsImage() throws {
        let manifest = try parse(Self.image, type: .imageManifest)
        #expect(manifest.kind == .image)
        #expect(manifest.mediaType == .imageManifest)
        #expect(manifest.layers.map(\.size) == [9])
        #expect(manifest.blobs.count == 2)
        #expect(manifest.artifactType == MediaType.imageConfig.text)
    }

    @Test("the media type is taken from the header, the field or the shape")
    func mediaTypes() throws {
        let field = #"{"schemaVersion":2,"mediaType":"\#(MediaType.dockerManifest)","config":\#(Self.config),"layers":[]}"#
        #expect(try parse(field, type: nil).mediaType == .dockerManifest)
        #expect(try parse(Self.image, type: .dockerManifest).mediaType == .dockerManifest)
        #expect(try parse(Self.image, type: nil).mediaType == .imageManifest)
        #expect(try parse(#"{"schemaVersion":2,"manifests":[]}"#, type: nil).mediaType == .imageIndex)
        #expect(throws: OCIError.self) { try parse(field, type: .imageManifest) }
    }

    @Test("an index has children, platforms without attestations, and blobs where it lists no manifests")
    func readsIndex() throws {
        let entry = { (type: MediaType, platform: String) in
            #"{"mediaType":"\#(type)","digest":"\#(Self.digest)","size":1\#(platform)}"#
        }
        let entries = [
            entry(.imageManifest, #","platform":{"os":"linux","architecture":"arm64","variant":"v8"}"#),
            entry(.imageManifest, #","platform":{"os":"unknown","architecture":"unknown"}"#),
            entry(.dockerManifest, #","platform":{"os":"linux","architecture":"amd64"}"#),
            entry(.layerGzip, ""),
        ]
        let manifest = try parse(#"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#, type: .imageIndex)
        #expect(manifest.platforms.map(\.description) == ["linux/arm64/v8", "linux/amd64"])
        #expect(manifest.children.count == 3)
        #expect(manifest.blobs.count == 1)
        #expect(manifest.artifactType == nil)
    }

    @Test("an artifact's type is its own, or else its config's")
    func artifactType() throws {
        let own = #"{"schemaVersion":2,"artifactType":"a/b","config":\#(Self.config),"layers":[]}"#
        #expect(try parse(own, type: .imageManifest).artifactType == "a/b")
        let empty = #"{"schemaVersion":2,"artifactType":"","config":\#(Self.config),"layers":[]}"#
        #expect(try parse(empty, type: .imageManifest).artifactType == MediaType.imageConfig.text)
    }

    @Test("layers with urls or a foreign type need not exist")
    func nondistributable() throws {
        let urls = #"{"mediaType":"x/y","digest":"\#(Self.digest)","size":1,"urls":["https://example.com/x"]}"#
        let foreign = #"{"mediaType":"\#(MediaType.dockerForeignLayer)","digest":"\#(Self.digest)","size":1}"#
        let empty = #"{"mediaType":"x/y","digest":"\#(Self.digest)","size":1,"urls":null}"#
        let manifest = try parse(
            #"{"schemaVersion":2,"config":\#(Self.config),"layers":[\#(urls),\#(foreign),\#(empty)]}"#, type: nil)
        #expect(manifest.layers.map(\.isNondistributable) == [true, true, false])
    }

    @Test("unknown fields are no error")
    func unknownFields() throws {
        let text = #"{"schemaVersion":2,"org.x":{"a":[1]},"config":\#(Self.config),"layers":null,"annotations":{"k":"v"}}"#
        let manifest = try parse(text, type: nil)
        #expect(manifest.annotations?["k"] == .string("v"))
        #expect(manifest.layers.isEmpty)
    }

    static let refused: [(String, String)] = [
        ("", "not valid JSON"), ("[]", "object"), ("{}", "schemaVersion"), (#"{"schemaVersion":"2"}"#, "schemaVersion"),
        (#"{"schemaVersion":1,"fsLayers":[]}"#, "schema 1"), (#"{"schemaVersion":2}"#, "config"),
        (#"{"schemaVersion":2,"schemaVersion":2}"#, "twice"),
        (#"{"schemaVersion":2,"config":\#(config)}"#, "layers is missing"),
        (#"{"schemaVersion":2,"config":\#(config),"layers":[],"manifests":[]}"#, "\"layers\""),
        (#"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[],"layers":[]}"#, "\"layers\""),
        (#"{"schemaVersion":2,"mediaType":"text/plain","config":\#(config),"layers":[]}"#, "media type text/plain"),
        (#"{"schemaVersion":2,"config":\#(config),"layers":[{}]}"#, "layers[0].mediaType"),
        (#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:x","size":1},"layers":[]}"#, "config.digest"),
        (#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"\#(digest)","size":-1},"layers":[]}"#, "config.size"),
        (#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"\#(digest)","size":1.5},"layers":[]}"#, "config.size"),
        (#"{"schemaVersion":2,"config":\#(config),"layers":[],"annotations":{"a":1}}"#, "annotations"),
        (#"{"schemaVersion":2,"config":\#(config),"layers":[],"subject":{}}"#, "subject.mediaType"),
        (#"{"schemaVersion":2,"config":\#(config),"layers":[],"artifactType":5}"#, "artifactType"),
    ]

    @Test("what is no manifest is refused with the field at fault", arguments: refused)
    func refusals(text: String, reason: String) {
        let error = #expect(throws: OCIError.self) { try parse(text, type: nil) }
        #expect(error?.code == .manifestInvalid)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("a schema 1 manifest is named as such by its header alone")
    func schema1() {
        let error = #expect(throws: OCIError.self) { try parse("{}", type: .dockerSchema1Signed) }
        #expect(error?.message.contains("schema 1") == true)
    }

    @Test("a damaged manifest is an error or a manifest, never a trap")
    func damage() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<3_000 {
            var bytes = Array(Self.image.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? Manifest(parsing: bytes, contentType: nil)
        }
    }

    @Test("a Content-Type header is read without its parameters")
    func contentType() {
        #expect(MediaType(contentType: " application/vnd.oci.image.index.v1+json ; charset=utf-8") == .imageIndex)
        #expect(MediaType(contentType: "").text == "")
    }

    private func parse(_ text: String, type: MediaType?) throws(OCIError) -> Manifest {
        try Manifest(parsing: Array(text.utf8), contentType: type)
    }
}
