import Events
import OCI

/// Everything the registry knows: the fold of its log. A value: copies are free and do not change.
package struct RegistryState: Equatable, Sendable {
    /// Of the last record that went into it.
    package internal(set) var sequence: UInt64 = 0
    var repositories = SortedMap<RepositoryName, RepositoryState>()
    /// Made over the API, by name. Those of the config file are not state.
    var guards = SortedMap<String, Guard>()
    /// Damage took records of the log, so that later ones may speak of things that never were.
    var hasGaps = false

    package init() {}

    /// The one fold: replay and live commands go through it.
    ///
    /// - Parameter manifest: what the record brings, where it brings one.
    /// - Throws: where the record cannot follow on this state. It is unchanged then.
    mutating func apply(_ payload: Event.Payload, manifest: Manifest?, sequence: UInt64) throws(RegistryError) {
        switch payload {
        case .repositoryCreated(let name):
            if !repositories.contains(name) { repositories.set(name, RepositoryState()) }
        case .imagePushed(let change):
            try push(change, manifest, sequence)
        case .imageDeleted(let change):
            try delete(change, sequence)
        case .guardCreated(let settings), .guardUpdated(let settings, previous: _):
            guards.set(settings.name, Guard(settings))
        case .guardDeleted(let settings):
            guards.remove(settings.name)
        case .imageScanned, .blobDeleted, .accessDenied, .tagRejected, .webhookCreated, .webhookUpdated, .webhookDeleted, .webhookDisabled, .webhookSkipped, .trigger, .deployment, .environment,
            .recordRedacted, .logRestored, .segmentArchived, .keyRotated, .logRepaired, .settingChanged, .deliveryRequested, .witness:
            break
        }
        self.sequence = sequence
    }

    private mutating func push(_ change: ImageChange, _ manifest: Manifest?, _ sequence: UInt64) throws(RegistryError) {
        // Looked at where it stands: a copy would have to be changed instead of the repository itself.
        let follows = repositories.modify(change.repository) { repository in
            guard manifest != nil || repository.manifests.contains(change.digest) else { return false }
            repository.change { content in
                if let manifest {
                    let entry = ManifestEntry(manifest, size: change.size, missing: change.missing, sequence: sequence)
                    content.setManifest(change.digest, entry)
                }
                if let tag = change.tag { content.setTag(tag, to: change.digest) }
            }
            return true
        }
        switch follows {
        case true: break
        case false: try doubt(sequence, "tags \(change.digest), which was never pushed to \(change.repository)")
        default: try doubt(sequence, "pushes to \(change.repository), which was never created")
        }
    }

    private mutating func delete(_ change: ImageChange, _ sequence: UInt64) throws(RegistryError) {
        guard let repository = repositories[change.repository] else {
            return try doubt(sequence, "deletes from \(change.repository), which was never created")
        }
        if let tag = change.tag {
            guard repository.tags[tag] == change.digest else {
                return try doubt(sequence, "removes \(change.repository):\(tag), which does not point to \(change.digest)")
            }
        } else if !repository.manifests.contains(change.digest) {
            return try doubt(sequence, "deletes \(change.digest), which is not in \(change.repository)")
        }
        _ = repositories.modify(change.repository) { repository in
            repository.change { content in
                if let tag = change.tag {
                    content.removeTag(tag)
                } else {
                    content.removeManifest(change.digest)
                }
            }
        }
    }

    /// A record that does not follow on the others is an error, unless damage is known to have taken some of them.
    private func doubt(_ sequence: UInt64, _ what: String) throws(RegistryError) {
        guard !hasGaps else { return }
        throw .damaged("record \(sequence) of the log \(what)")
    }
}
