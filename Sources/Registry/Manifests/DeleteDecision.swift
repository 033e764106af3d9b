import Events
import OCI

/// Decides the removal of a tag or a manifest. Pure.
struct DeleteDecision {
    let name: RepositoryName
    let state: RegistryState
    let guards: GuardSet

    /// Tags that one deletion of a manifest takes along: each is a record, and all go into one transaction.
    static let maximumTags = 10_000

    func tag(_ tag: Tag) -> Decision<Void> {
        guard let repository = state.repositories[name] else { return .refuse(.unknown(name)) }
        guard let digest = repository.tags[tag], let entry = repository.manifests[digest] else {
            return .refuse(.unknown(.tag(tag), in: name))
        }
        if let refusal = guards.refusal(.delete, name, tag) {
            return reject(refusal, tag: tag, digest: digest)
        }
        return .commit([change(digest, entry, tag: tag)], ())
    }

    func manifest(_ digest: Digest) -> Decision<Void> {
        guard let repository = state.repositories[name] else { return .refuse(.unknown(name)) }
        guard let entry = repository.manifests[digest] else { return .refuse(.unknown(.digest(digest), in: name)) }
        if let found = GuardedManifest(guards: guards, name: name, repository: repository).refusal(toDelete: digest) {
            return reject(found.refusal, tag: found.tag, digest: found.digest ?? digest)
        }
        let tags = repository.tags(of: digest, limit: Self.maximumTags + 1)
        guard tags.count <= Self.maximumTags else {
            return .refuse(RegistryError(
                .conflict, .unsupported,
                "more than \(Self.maximumTags) tags point to \(digest); delete tags first, or move them"))
        }
        return .commit(tags.map { change(digest, entry, tag: $0) } + [change(digest, entry, tag: nil)], ())
    }

    private func reject(_ refusal: GuardSet.Refusal, tag: Tag?, digest: Digest) -> Decision<Void> {
        let rejection = TagRejection(
            repository: name, tag: tag, action: .delete, currentDigest: digest, attemptedDigest: nil,
            reason: refusal.reason, rule: refusal.rule)
        return .refuse(RegistryError(.denied, [rejection.error]), recording: [Change(.tagRejected(rejection))])
    }

    private func change(_ digest: Digest, _ entry: ManifestEntry, tag: Tag?) -> Change {
        Change(.imageDeleted(ImageChange(
            repository: name, tag: tag, digest: digest, mediaType: entry.mediaType, artifactType: entry.artifactType,
            size: entry.size, subject: entry.subject)))
    }
}
