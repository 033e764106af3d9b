package import OCI

/// What is to be deployed, always by digest.
package struct DeploymentRequest: Sendable {
    /// The deployment's id, the same in every attempt.
    package let id: String
    package let trigger: String
    package let environment: String
    /// The registry's host as clients write it, with a port if it needs one.
    package let registry: String
    package let repository: String
    /// Nil for a push by digest.
    package let tag: String?
    package let digest: Digest
    /// What the environment ran before, as far as is known.
    package let previousDigest: Digest?
    /// From 1.
    package let attempt: Int
    /// The event that called for it, as it stands in the log.
    package let event: [UInt8]

    package init(
        id: String, trigger: String, environment: String, registry: String, repository: String, tag: String?, digest: Digest,
        previousDigest: Digest? = nil, attempt: Int = 1, event: [UInt8]
    ) {
        self.id = id
        self.trigger = trigger
        self.environment = environment
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.previousDigest = previousDigest
        self.attempt = attempt
        self.event = event
    }

    /// `registry/repository:tag@digest`: what runs is the digest, the tag is for people.
    package var image: String {
        "\(registry)/\(repository)\(tag.map { ":" + $0 } ?? "")@\(digest)"
    }
}
