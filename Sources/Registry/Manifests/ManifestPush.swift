package import OCI

/// A manifest to be stored, and the tags to set on it: all of that or nothing.
package struct ManifestPush: Sendable {
    package let repository: RepositoryName
    package let reference: Reference
    /// Of `?tag=`, beside the reference's.
    package let tags: [Tag]
    package let bytes: [UInt8]
    /// The request's header, where it had one.
    package let contentType: MediaType?

    /// Tags of one push. Each is a record.
    package static let maximumTags = 100

    package init(
        repository: RepositoryName, reference: Reference, tags: [Tag] = [], bytes: [UInt8], contentType: MediaType?
    ) {
        self.repository = repository
        self.reference = reference
        self.tags = tags
        self.bytes = bytes
        self.contentType = contentType
    }
}

package struct PushResult: Hashable, Sendable {
    package let digest: Digest
    package let mediaType: MediaType
    /// All that now point to the manifest because of this push, also those that did before.
    package let tags: [Tag]
    /// What the manifest refers to: the `OCI-Subject` of the answer.
    package let subject: Digest?
}
