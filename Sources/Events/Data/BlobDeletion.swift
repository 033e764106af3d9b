import JSON
package import OCI

/// The data of `blob.deleted`: a repository may not use a blob any more that none of its manifests needs.
package struct BlobDeletion: Hashable, Sendable {
    package let repository: RepositoryName
    package let digest: Digest

    package init(repository: RepositoryName, digest: Digest) {
        self.repository = repository
        self.digest = digest
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("repository", repository.text)
        writer.member("digest", digest.description)
    }

    init(_ data: Fields) throws(EventError) {
        repository = try data.parsed("repository")
        digest = try data.parsed("digest")
    }
}
