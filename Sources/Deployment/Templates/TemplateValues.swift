package import JSON
package import OCI

/// What a template is filled with: one deployment.
package struct TemplateValues: Sendable {
    /// The registry's host.
    package var registry: String
    package var repository: String
    /// Nil for a push by digest.
    package var tag: String?
    package var digest: Digest
    package var environment: String
    /// The deployment's id.
    package var deployment: String
    package var trigger: String
    /// The event that caused the deployment, for `{{data.path}}`.
    package var event: JSONValue

    package init(
        registry: String, repository: String, tag: String?, digest: Digest, environment: String, deployment: String,
        trigger: String, event: JSONValue
    ) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
        self.environment = environment
        self.deployment = deployment
        self.trigger = trigger
        self.event = event
    }

    /// `registry/repository[:tag]@digest`: always by digest.
    package var image: String { "\(registry)/\(repository)\(tag.map { ":\($0)" } ?? "")@\(digest)" }
}
