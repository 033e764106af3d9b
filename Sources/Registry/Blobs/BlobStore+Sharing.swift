internal import IO
package import OCI

/// One blob in many repositories.
extension BlobStore {
    /// Lets another repository use a blob without an upload. False when there is no such blob to be had: the client
    /// uploads it then. When it returns true, the lease is on disk.
    /// - Parameters:
    ///   - source: where the blob is visible now; nil for "anywhere". Whether the client may read there is the caller's business.
    ///   - isReferenced: whether a manifest of that repository references the blob. Called without locks held.
    package func mount(
        _ digest: Digest, from source: RepositoryName?, to target: RepositoryName,
        isReferenced: (Digest, RepositoryName) -> Bool
    ) async throws(BlobError) -> Bool {
        try checkWritable()
        return try await gate.sharing(digest) { () throws(BlobError) in
            if let source, !leases.holds(digest, source), !isReferenced(digest, source) { return false }
            guard try await size(digest) != nil else { return false }
            try await lease(digest, to: target)
            return true
        }
    }

    /// Takes a blob from a repository whose manifests do not reference it (the caller has seen to that). The file goes
    /// when nobody else can reach it.
    /// - Parameter isReferenced: whether a manifest of any repository references the blob: in the durable state (a
    ///   deletion under way may still fail) or in the sequenced one (a push under way may succeed). Called after the lease is
    ///   gone, without locks held.
    package func delete(
        _ digest: Digest, from repository: RepositoryName, isReferenced: (Digest) async -> Bool
    ) async throws(BlobError) {
        try checkWritable()
        try await gate.alone(digest) { () throws(BlobError) in
            try await leases.release(digest, repository)
            if leases.isHeld(digest) { return }
            if await isReferenced(digest) { return }
            let path = layout.blob(digest)
            do throws(IOError) {
                try await pool.run { () throws(IOError) in _ = try Files.unlinkIfPresent(path) }
            } catch {
                throw BlobError("blob \(digest) could not be removed", error)
            }
        }
    }
}
