import JSON
package import OCI

/// The data of `tag.rejected`: somebody tried to move or remove a tag, and a guard said no.
package struct TagRejection: Hashable, Sendable {
    package var repository: RepositoryName
    /// The protected tag; `nil` where a manifest was to be deleted and the guard could not tell which tags reach it.
    package var tag: Tag?
    package var action: Protection
    /// What the tag points to still; `nil` where there is no such tag yet.
    package var currentDigest: Digest?
    /// What it should have pointed to; `nil` for a removal.
    package var attemptedDigest: Digest?
    package var reason: Reason
    /// The name of the guard.
    package var rule: String

    package enum Reason: String, Hashable, Sendable {
        /// The guard protects the tag.
        case tagImmutable = "TAG_IMMUTABLE"
        /// The guard could not tell whether it does, so it refused.
        case guardUndecided = "GUARD_UNDECIDED"
    }

    package init(
        repository: RepositoryName, tag: Tag?, action: Protection, currentDigest: Digest?, attemptedDigest: Digest?,
        reason: Reason, rule: String
    ) {
        self.repository = repository
        self.tag = tag
        self.action = action
        self.currentDigest = currentDigest
        self.attemptedDigest = attemptedDigest
        self.reason = reason
        self.rule = rule
    }

    /// The digest at stake: the one that was pushed, or else the one that was to lose its tag.
    package var digest: Digest? { attemptedDigest ?? currentDigest }

    var eventSubject: String { "\(repository)\(tag.map { ":\($0)" } ?? "")\(digest.map { "@\($0)" } ?? "")" }

    func encode(into writer: inout JSONWriter) {
        writer.member("repository", repository.text)
        writer.member("tag", ifPresent: tag?.text)
        writer.member("digest", ifPresent: digest?.description)
        writer.member("action", action.rawValue)
        writer.member("reason", reason.rawValue)
        writer.member("rule", rule)
        writer.member("currentDigest", ifPresent: currentDigest?.description)
        writer.member("attemptedDigest", ifPresent: attemptedDigest?.description)
    }

    init(_ data: Fields) throws(EventError) {
        repository = try data.parsed("repository")
        tag = try data.optionalParsed("tag")
        guard let action = Protection(rawValue: try data.string("action")) else {
            throw data.wrong("action", "is neither overwrite nor delete")
        }
        self.action = action
        guard let reason = Reason(rawValue: try data.string("reason")) else {
            throw data.wrong("reason", "is not a known reason")
        }
        self.reason = reason
        rule = try data.string("rule")
        currentDigest = try data.optionalParsed("currentDigest")
        attemptedDigest = try data.optionalParsed("attemptedDigest")
    }
}
