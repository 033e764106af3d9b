import JSON
package import OCI

/// The data of `image.pushed` and `image.deleted`: a tag set or removed, or without a tag the manifest itself.
/// An object: it has many parts, and every step of a push refers to it.
package final class ImageChange: Sendable {
    package let repository: RepositoryName
    package let tag: Tag?
    package let digest: Digest
    package let mediaType: MediaType
    package let artifactType: String?
    /// Of the manifest, in bytes.
    package let size: Int64
    /// What the tag pointed to before.
    package let previousDigest: Digest?
    /// `os/architecture[/variant]`, of an index.
    package let platforms: [String]
    /// What a referrer refers to.
    package let subject: Digest?
    /// Content that the manifest names and that was not there when it was accepted: layers that are fetched elsewhere,
    /// or anything where sparse manifests are allowed. Only in the record that brings the manifest.
    package let missing: [Digest]

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
    var eventSubject: String {
        String(decoding: [UInt8](capacity: subjectCount) { out in append(subjectTo: &out) }, as: UTF8.self)
    }

    /// How many bytes `append(subjectTo:)` appends.
    var subjectCount: Int { repository.text.utf8.count + (tag.map { 1 + $0.text.utf8.count } ?? 0) + 1 + digest.textCount }

    /// Appends `eventSubject`; none of its bytes needs an escape in JSON.
    func append(subjectTo out: inout OutputSpan<UInt8>) {
        out.append(copying: repository.text.utf8.span)
        if let tag {
            out.append(UInt8(ascii: ":"))
            out.append(copying: tag.text.utf8.span)
        }
        out.append(UInt8(ascii: "@"))
        digest.append(textTo: &out)
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("repository", repository.text)
        writer.member("tag", ifPresent: tag?.text)
        writer.member("digest", digest)
        writer.member("mediaType", mediaType.text)
        writer.member("artifactType", ifPresent: artifactType)
        writer.member("size", size)
        if let previousDigest { writer.member("previousDigest", previousDigest) }
        writer.strings("platforms", platforms)
        if let subject { writer.member("subject", subject) }
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
        missing = try data.strings("missing").map { text throws(EventError) in
            guard let digest = Digest(text) else { throw data.wrong("missing", "holds something that is no digest") }
            return digest
        }
    }
}

extension ImageChange: Hashable {
    package static func == (left: ImageChange, right: ImageChange) -> Bool {
        left.repository == right.repository && left.tag == right.tag && left.digest == right.digest && left.mediaType == right.mediaType
            && left.artifactType == right.artifactType && left.size == right.size && left.previousDigest == right.previousDigest
            && left.platforms == right.platforms && left.subject == right.subject && left.missing == right.missing
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(repository)
        hasher.combine(tag)
        hasher.combine(digest)
    }
}

extension JSONWriter {
    mutating func member(_ key: StaticString, _ digest: Digest) {
        self.key(key)
        plain(count: digest.textCount) { out in digest.append(textTo: &out) }
    }

    /// A list of strings, left out where it is empty.
    mutating func strings(_ key: StaticString, _ values: [String]) {
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
