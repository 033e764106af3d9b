import Events
import JSON
import OCI

/// Decides a push: a pure function of it, the state, the guards and what the store holds for the repository.
struct PushDecision {
    let push: CheckedPush
    let state: RegistryState
    let guards: GuardSet
    let allowSparse: Bool
    let holdsLease: (Digest, RepositoryName) -> Bool

    func decide() -> Decision<PushResult> {
        let existing = state.repositories[push.repository]
        let repository = existing ?? RepositoryState()
        let current = push.tags.map { repository.tags[$0] }
        if let refusal = guardRefusal(current) { return refusal }
        let known = repository.manifests[push.digest]
        if let known, known.mediaType != push.manifest.mediaType {
            // What the others pull under this digest must stay what it is.
            return .refuse(RegistryError(
                .invalid, .manifestInvalid, "the manifest is there already, as \(known.mediaType)"))
        }
        var missing: [Digest] = []
        if known == nil || known?.missing.isEmpty == false {
            switch references(repository) {
            case .success(let found): missing = found
            case .failure(let error): return .refuse(error)
            }
        }
        let bringsManifest = known == nil || known?.missing != missing
        var changes = changes(current, missing: bringsManifest ? missing : nil)
        if existing == nil { changes.insert(Change(.repositoryCreated(push.repository)), at: 0) }
        return .commit(changes, result)
    }

    private var result: PushResult {
        PushResult(
            digest: push.digest, mediaType: push.manifest.mediaType, tags: push.tags,
            subject: push.manifest.subject?.digest)
    }

    // MARK: Tags

    /// Where a guard protects any of the tags, nothing is set; each refused tag is a record.
    /// - Parameter current: what each of the tags points to.
    private func guardRefusal(_ current: [Digest?]) -> Decision<PushResult>? {
        var rejections: [TagRejection] = []
        for (tag, current) in zip(push.tags, current) {
            guard let current, current != push.digest,
                let refusal = guards.refusal(.overwrite, push.repository, tag)
            else { continue }
            rejections.append(TagRejection(
                repository: push.repository, tag: tag, action: .overwrite, currentDigest: current,
                attemptedDigest: push.digest, reason: refusal.reason, rule: refusal.rule))
        }
        guard !rejections.isEmpty else { return nil }
        return .refuse(
            RegistryError(.denied, rejections.map(\.error)), recording: rejections.map { Change(.tagRejected($0)) })
    }

    /// The records of what is new. None where all is as it should be already.
    /// - Parameters:
    ///   - current: what each of the tags points to.
    ///   - missing: nil where the manifest is there; otherwise the first record brings it.
    private func changes(_ current: [Digest?], missing: [Digest]?) -> [Change] {
        var changes: [Change] = []
        var missing = missing
        func add(tag: Tag?, previous: Digest?) {
            let brought = missing.take()
            let image = Event.Payload.imagePushed(change(tag: tag, previous: previous, missing: brought ?? []))
            changes.append(brought == nil ? Change(image) : Change(image, manifest: push.manifest, attachment: push.bytes))
        }
        for (tag, current) in zip(push.tags, current) where current != push.digest { add(tag: tag, previous: current) }
        if missing != nil { add(tag: nil, previous: nil) }
        return changes
    }

    private func change(tag: Tag?, previous: Digest?, missing: [Digest]) -> ImageChange {
        ImageChange(
            repository: push.repository, tag: tag, digest: push.digest, mediaType: push.manifest.mediaType,
            artifactType: push.manifest.artifactType, size: Int64(push.bytes.count), previousDigest: previous,
            platforms: push.manifest.platforms.map(\.description), subject: push.manifest.subject?.digest,
            missing: missing)
    }

    // MARK: References

    /// What the manifest names and the repository does not have: an error, but for layers that are fetched elsewhere and where
    /// sparse manifests are allowed.
    private func references(_ repository: RepositoryState) -> Result<[Digest], RegistryError> {
        var missing: Set<Digest> = []
        var unknown: [OCIError] = []
        let blobs = push.manifest.blobs.map { (descriptor: $0, isChild: false) }
        let children = push.manifest.children.map { (descriptor: $0, isChild: true) }
        for (descriptor, isChild) in blobs + children where !missing.contains(descriptor.digest) {
            guard !exists(descriptor, isChild, repository) else { continue }
            missing.insert(descriptor.digest)
            guard !allowSparse, isChild || !descriptor.isNondistributable else { continue }
            unknown.append(Self.unknown(descriptor.digest, isChild))
        }
        guard unknown.isEmpty else { return .failure(RegistryError(.invalid, Array(unknown.prefix(100)))) }
        return .success(missing.sorted())
    }

    private func exists(_ descriptor: Descriptor, _ isChild: Bool, _ repository: RepositoryState) -> Bool {
        if isChild { return repository.manifests.contains(descriptor.digest) }
        return repository.holds(descriptor.digest) || holdsLease(descriptor.digest, push.repository)
    }

    private static func unknown(_ digest: Digest, _ isChild: Bool) -> OCIError {
        var detail = JSONObject()
        detail["digest"] = .string(digest.description)
        let what = isChild ? "manifest" : "blob"
        return OCIError(
            .manifestBlobUnknown, "the repository does not have the \(what) \(digest)", detail: .object(detail))
    }
}
