import JSON
package import OCI

/// The data of `environment.pinned` and `environment.unpinned`: triggers stop and start again to deploy to an environment.
package struct EnvironmentChange: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case pinned, unpinned
    }

    package var kind: Kind
    package var environment: String
    package var reason: String
    /// What was rolled back, and is not to be deployed again while the environment is pinned.
    package var digest: Digest?
    /// What somebody wants there by its name although it was rolled back: it is no longer kept out.
    package var lifted: Digest?
    /// What of the environment is meant; nil for all of it, and in records of earlier versions.
    package var service: PinnedService?

    package init(
        _ kind: Kind, environment: String, reason: String, digest: Digest? = nil, lifted: Digest? = nil, service: PinnedService? = nil
    ) {
        self.kind = kind
        self.environment = environment
        self.reason = reason
        self.digest = digest
        self.lifted = lifted
        self.service = service
    }

    var type: EventType {
        switch kind {
        case .pinned: .environmentPinned
        case .unpinned: .environmentUnpinned
        }
    }

    func encode(into writer: inout JSONWriter) {
        writer.member("environment", environment)
        writer.member("reason", reason)
        writer.member("digest", ifPresent: digest?.description)
        writer.member("lifted", ifPresent: lifted?.description)
        service?.encode(into: &writer)
    }

    init(_ kind: Kind, _ data: Fields) throws(EventError) {
        self.kind = kind
        environment = try data.string("environment")
        reason = try data.string("reason")
        digest = try data.optionalParsed("digest")
        lifted = try data.optionalParsed("lifted")
        service = data.value("service") == nil ? nil : try PinnedService(try data.fields("service"))
    }
}

/// One of several services that run in an environment: what some triggers deploy there of one repository, and all that is
/// deployed with the same targets.
package struct PinnedService: Hashable, Sendable {
    package var repository: RepositoryName
    package var triggers: [String]
    /// The fingerprints of their targets.
    package var targets: [String]

    package init(repository: RepositoryName, triggers: [String], targets: [String]) {
        self.repository = repository
        self.triggers = triggers
        self.targets = targets
    }

    fileprivate func encode(into writer: inout JSONWriter) {
        writer.key("service")
        writer.beginObject()
        writer.member("repository", repository.text)
        writer.strings("triggers", triggers)
        writer.strings("targets", targets)
        writer.endObject()
    }

    fileprivate init(_ fields: Fields) throws(EventError) {
        repository = try fields.parsed("repository")
        triggers = try fields.strings("triggers")
        targets = try fields.strings("targets")
    }
}
