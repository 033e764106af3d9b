package import JSON
package import OCI

/// The data of `image.scanned`: what a scanner found in an image, and where its report lies.
package struct ImageScan: Hashable, Sendable {
    package var repository: RepositoryName
    package var digest: Digest
    /// Tags that pointed to the image when the report came, in order.
    package var tags: [Tag]
    package var mediaType: MediaType
    package var summary: ScanSummary
    package var report: Report

    /// The tags that one event names, at most.
    package static let maximumTags = 100

    /// The report as it was sent: a blob of the repository, and the manifest that attaches it to the image.
    package struct Report: Hashable, Sendable {
        /// `trivy`, `grype` or `sarif`.
        package var format: String
        package var mediaType: MediaType
        package var digest: Digest
        /// In bytes.
        package var size: Int64
        /// The referrer of the image whose one layer is the report.
        package var manifest: Digest

        package init(format: String, mediaType: MediaType, digest: Digest, size: Int64, manifest: Digest) {
            self.format = format
            self.mediaType = mediaType
            self.digest = digest
            self.size = size
            self.manifest = manifest
        }
    }

    package init(
        repository: RepositoryName, digest: Digest, tags: [Tag] = [], mediaType: MediaType, summary: ScanSummary,
        report: Report
    ) {
        self.repository = repository
        self.digest = digest
        self.tags = tags
        self.mediaType = mediaType
        self.summary = summary
        self.report = report
    }

    var eventSubject: String { "\(repository)@\(digest)" }

    /// The members alone, for an object that has more.
    package func encodeMembers(into writer: inout JSONWriter) {
        writer.member("repository", repository.text)
        writer.member("digest", digest.description)
        writer.strings("tags", tags.map(\.text))
        writer.member("mediaType", mediaType.text)
        summary.encodeMembers(into: &writer)
        writer.key("report")
        writer.beginObject()
        writer.member("format", report.format)
        writer.member("mediaType", report.mediaType.text)
        writer.member("digest", report.digest.description)
        writer.member("size", report.size)
        writer.member("manifest", report.manifest.description)
        writer.endObject()
    }

    init(_ data: Fields) throws(EventError) {
        repository = try data.parsed("repository")
        digest = try data.parsed("digest")
        tags = []
        for text in try data.strings("tags") {
            guard let tag = Tag(text) else { throw data.wrong("tags", "holds something that is no tag") }
            tags.append(tag)
        }
        mediaType = MediaType(try data.string("mediaType"))
        summary = try ScanSummary(data)
        let fields = try data.fields("report")
        report = Report(
            format: try fields.string("format"), mediaType: MediaType(try fields.string("mediaType")),
            digest: try fields.parsed("digest"), size: try fields.size("size"), manifest: try fields.parsed("manifest"))
    }
}
