package import Events
import IO
package import OCI

extension Registry {
    /// Manifests that take longer to read than a hop to another thread does.
    private static let largeManifest = 64 << 10

    /// Stores a manifest and sets its tags, all or nothing. What is there already is no change and no record.
    package func putManifest(
        _ push: ManifestPush, context: EventContext
    ) async throws(RegistryError) -> PushResult {
        let checked: CheckedPush
        if push.bytes.count > Self.largeManifest {
            checked = try await pool.run { () throws(RegistryError) in try CheckedPush(push) }
        } else {
            checked = try CheckedPush(push, known: cache.manifest)
        }
        let result = try await ledger.perform(context) { [self] state in
            PushDecision(
                push: checked, state: state, guards: guards(of: state), allowSparse: options.allowSparse,
                holdsLease: holdsLease
            ).decide()
        }
        cache.insert(result.digest, checked.bytes, checked.manifest)
        return result
    }

    /// Removes a tag; the manifest stays.
    package func deleteTag(
        _ tag: Tag, in repository: RepositoryName, context: EventContext
    ) async throws(RegistryError) {
        try await ledger.perform(context) { [self] state in
            DeleteDecision(name: repository, state: state, guards: guards(of: state)).tag(tag)
        }
    }

    /// Removes a manifest and all tags that point to it.
    package func deleteManifest(
        _ digest: Digest, in repository: RepositoryName, context: EventContext
    ) async throws(RegistryError) {
        try await ledger.perform(context) { [self] state in
            DeleteDecision(name: repository, state: state, guards: guards(of: state)).manifest(digest)
        }
    }

    /// Makes a guard or changes the one of that name.
    package func putGuard(
        _ settings: GuardSettings, context: EventContext
    ) async throws(RegistryError) -> GuardOutcome {
        try Self.check(settings)
        return try await ledger.perform(context) { [self] state in
            GuardDecision(state: state, configured: configuredGuards).put(settings)
        }
    }

    package func deleteGuard(named name: String, context: EventContext) async throws(RegistryError) {
        try await ledger.perform(context) { [self] state in
            GuardDecision(state: state, configured: configuredGuards).delete(name)
        }
    }
}
