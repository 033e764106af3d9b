package import OCI

extension Registry {
    /// True where the repository may show the blob: a manifest of it came with the blob, or somebody uploaded or mounted it lately.
    package func isVisible(_ blob: Digest, in repository: RepositoryName) -> Bool {
        isHeldByManifest(blob, in: repository) || holdsLease(blob, repository)
    }

    /// True where a manifest of the repository came with the blob.
    package func isHeldByManifest(_ blob: Digest, in repository: RepositoryName) -> Bool {
        ledger.durable.repositories[repository]?.holds(blob) ?? false
    }

    /// True where any manifest of any repository names the blob. One that is on its way to disk counts, and so does one whose
    /// deletion is on its way there: either may turn out to be what the log says. One that came and went between the two could, too, so
    /// all that is on its way is waited for first. Takes time with the number of repositories.
    package func isReferenced(_ blob: Digest) async -> Bool {
        await ledger.settle()
        return [ledger.sequenced, ledger.durable].contains { state in
            var isReferenced = false
            state.repositories.visitValues { repository in
                isReferenced = repository.blobs.contains(blob)
                return !isReferenced
            }
            return isReferenced
        }
    }

    /// Some repositories of which a manifest came with the blob, in order: sources for a mount that names none.
    package func repositories(holding blob: Digest, limit: Int) -> [RepositoryName] {
        var found: [RepositoryName] = []
        ledger.durable.repositories.visit(from: { _ in true }) { name, repository in
            guard found.count < limit else { return false }
            if repository.holds(blob) { found.append(name) }
            return true
        }
        return found
    }
}
