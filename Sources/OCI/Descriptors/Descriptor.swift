package import JSON

/// A reference to content: what it is, its address and its size (image specification, "OCI Content Descriptors").
package struct Descriptor: Hashable, Sendable {
    package var mediaType: MediaType
    package var digest: Digest
    /// In bytes.
    package var size: Int64
    package var artifactType: String?
    /// Strings by name, in the order they were written.
    package var annotations: JSONObject?
    package var platform: Platform?
    package var hasURLs: Bool

    package init(
        mediaType: MediaType, digest: Digest, size: Int64, artifactType: String? = nil, annotations: JSONObject? = nil,
        platform: Platform? = nil, hasURLs: Bool = false
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.artifactType = artifactType
        self.annotations = annotations
        self.platform = platform
        self.hasURLs = hasURLs
    }

    /// The content is fetched from elsewhere, so a registry takes the manifest without it.
    package var isNondistributable: Bool { hasURLs || mediaType.isNondistributable }
}

extension Descriptor {
    init(json value: JSONValue, at path: FieldPath) throws(OCIError) {
        guard let object = value.object else { throw path.invalid("must be an object, not \(value.kind)") }
        let type = try path.string(object, "mediaType")
        guard !type.isEmpty, type.utf8.count <= MediaType.maximumLength else {
            throw path.member("mediaType").invalid("must have 1 to \(MediaType.maximumLength) bytes")
        }
        guard let digest = Digest(try path.string(object, "digest")) else {
            throw path.member("digest").invalid("is not a sha256 or sha512 digest")
        }
        guard let size = object["size"]?.int, size >= 0 else {
            throw path.member("size").invalid("must be a whole number that is not negative")
        }
        let platformPath = path.member("platform")
        var platform: Platform?
        if let members = try path.optionalObject(object, "platform") {
            platform = try Platform(json: members, at: platformPath)
        }
        self.init(
            mediaType: MediaType(type), digest: digest, size: size,
            artifactType: try path.optionalString(object, "artifactType"), annotations: try path.annotations(object),
            platform: platform, hasURLs: try Self.hasURLs(object, path))
    }

    private static func hasURLs(_ object: JSONObject, _ path: FieldPath) throws(OCIError) -> Bool {
        guard let value = path.optional(object, "urls") else { return false }
        guard let urls = value.array, urls.allSatisfy({ $0.string != nil }) else {
            throw path.member("urls").invalid("must be an array of strings")
        }
        return !urls.isEmpty
    }

    /// Appends the descriptor as a member of the list of referrers.
    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("mediaType", mediaType.text)
        writer.member("digest", digest.description)
        writer.member("size", size)
        writer.member("artifactType", ifPresent: artifactType)
        if let annotations {
            writer.key("annotations")
            writer.value(.object(annotations))
        }
        writer.endObject()
    }
}
