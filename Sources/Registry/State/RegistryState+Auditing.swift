package import OCI

/// For those who hold the state to what is on disk.
extension RegistryState {
    /// What a manifest of the state rests on.
    package struct Content: Sendable {
        package let repository: RepositoryName
        package let manifest: Digest
        /// Of the record whose attachment the manifest's bytes are.
        package let sequence: UInt64
        /// In bytes.
        package let size: Int64
        /// The blobs that came with it.
        package let blobs: [Digest]
    }

    /// Every manifest, by repository and digest.
    package func visitContents(_ visit: (Content) throws -> Void) rethrows {
        // The maps' own visits cannot throw.
        var names: [(RepositoryName, RepositoryState)] = []
        repositories.forEach { names.append(($0, $1)) }
        for (name, repository) in names {
            var contents: [Content] = []
            repository.manifests.forEach { digest, entry in
                contents.append(Content(
                    repository: name, manifest: digest, sequence: entry.sequence, size: entry.size,
                    blobs: entry.blobs.filter { entry.isHeld($0) }))
            }
            for content in contents { try visit(content) }
        }
    }

    /// Every manifest whose bytes are in a record up to `last`, of what is on disk and of what is on its way there.
    static func contents(of states: [RegistryState], through last: UInt64) -> [Content] {
        var contents: [Content] = []
        for state in states { state.visitContents { if $0.sequence <= last { contents.append($0) } } }
        return contents
    }

    /// What a tag points to; nil where there is no such tag.
    package func digest(of tag: Tag, in repository: RepositoryName) -> Digest? { repositories[repository]?.tags[tag] }

    /// As a snapshot has it that was taken when all records up to `sequence` were folded in.
    package func snapshotBytes(through sequence: UInt64) -> [UInt8] {
        var state = self
        state.sequence = max(state.sequence, sequence)
        return RegistrySnapshot(state: state).encode()
    }

    /// Damage took records, so that the state is only what is left.
    package var isIncomplete: Bool { hasGaps }
}

extension Registry {
    /// Every manifest whose bytes are in a record up to `last`: of what is on disk, and of what is on its way there.
    package func contents(through last: UInt64) -> [RegistryState.Content] {
        RegistryState.contents(of: [ledger.sequenced, ledger.durable], through: last)
    }
}
