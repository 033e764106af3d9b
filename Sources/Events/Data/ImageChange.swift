import JSON
package import OCI

/// The data of `image.pushed` and `image.deleted`: a tag set or removed, or without a tag the manifest itself.
package struct ImageChange: Hashable, Sendable {
    package var repository: RepositoryName
    package var tag: Tag?
    package var digest: Digest
    package var mediaType: MediaType
    package var artifactType: String?
    /// Of the manifest, in bytes.
    package var size: Int64
    /// What the tag pointed to before.
    package var previousDigest: Digest?
    /// `os/architecture[/variant]`, of an index.
    package var platforms: [String]
    /// What a referrer refers to.
    package var subject: Digest?
    /// Content that the manifest names and that was not there when it was accepted: layers that are fetched elsewhere,
    /// or anything where sparse manifests are allowed. Only in the record that brings the manifest.
    package var missing: [Digest]

    package init(
        repository: RepositoryName, tag: Tag?, digest: Digest, mediaType: MediaType, artifactType: String? = nil,
        size: Int64, previousDigest: Digest? = nil, platforms: [String] = [], subject: Digest? = nil,
        missing: [Digest] = []
    ) {
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.size = size
        self.previousDigest = previousDigest
        self.platforms = platforms
        self.subject = subject
        self.missing = missing
    }

    /// `repository:tag@digest`.
    var eventSubject: String { "\(repository)\(tag.map { ":\($0)" } ?? "")@\(digest)" }

    func encode(into writer: inout JSONWriter) {
        writer.member("repository", repository.text)
        writer.member("tag", ifPresent: tag?.text)
        writer.member("digest", digest.description)
        writer.member("mediaType", mediaType.text)
        writer.member("artifactType", ifPresent: artifactType)
        writer.member("size", size)
        writer.member("previousDigest", ifPresent: previousDigest?.description)
        writer.strings("platforms", platforms)
        writer.member("subject", ifPresent: subject?.description)
        writer.strings("missing", missing.map(\.description))
    }

    init(_ data: Fields) throws(EventError) {
        repository = try data.parsed("repository")
        tag = try data.optionalParsed("tag")
        digest = try data.parsed("digest")
        mediaType = MediaType(try data.string("mediaType"))
        artifactType = try data.optionalString("artifactType")
        size = try data.size("size")
        previousDigest = try data.optionalParsed("previousDigest")
        platforms = try data.strings("platforms")
        subject = try data.optionalParsed("subject")
        missing = []
        for text in try data.strings("missing") {
            guard let digest = Digest(text) else { throw data.wrong("missing", "holds something that is no digest") }
            missing.append(digest)
        }
    }
}

extension JSONWriter {
    /// A list of strings, left out where it is empty.
    mutating func strings(_ key: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        self.key(key)
        list(values)
    }

    mutating func list(_ values: [String]) {
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
