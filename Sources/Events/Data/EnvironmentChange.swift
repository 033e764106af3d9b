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

    package init(_ kind: Kind, environment: String, reason: String, digest: Digest? = nil, lifted: Digest? = nil) {
        self.kind = kind
        self.environment = environment
        self.reason = reason
        self.digest = digest
        self.lifted = lifted
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
    }

    init(_ kind: Kind, _ data: Fields) throws(EventError) {
        self.kind = kind
        environment = try data.string("environment")
        reason = try data.string("reason")
        digest = try data.optionalParsed("digest")
        lifted = try data.optionalParsed("lifted")
    }
}
