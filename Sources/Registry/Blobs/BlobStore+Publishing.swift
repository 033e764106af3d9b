internal import Crypto
internal import IO
package import OCI
import Synchronization

/// From checked bytes to a blob that a repository may use.
extension BlobStore {
    /// Stores a small blob that is in memory already, in one job of the pool. Same guarantees as `UploadWriter.finish`.
    package func put(_ bytes: [UInt8], _ expected: Digest, in repository: RepositoryName) async throws(BlobError) {
        try checkWritable()
        let path = layout.upload(try UploadID.random())
        try await publish(expected, in: repository) { [layout] () throws(IOError) in
            let found = Digest(expected.algorithm, bytes: hash(expected.algorithm.hashFunction, bytes))
            if found != expected { return .refused(found) }
            return try Publication.publish(bytes, through: path, at: layout.blob(expected))
        }
    }

    /// Runs the job that puts the file in place, then makes its name and the lease durable side by side.
    func publish(
        _ digest: Digest, in repository: RepositoryName,
        _ job: @escaping @Sendable () throws(IOError) -> Publication
    ) async throws(BlobError) {
        try await gate.sharing(digest) { () throws(BlobError) in
            let publication: Publication
            do throws(IOError) {
                publication = try await pool.run(job)
            } catch {
                throw failure("blob \(digest) could not be stored", error)
            }
            switch publication {
            case .refused(let found): throw .digestInvalid(expected: digest, found: found)
            case .healed: reportHealed(digest)
            case .stored, .present: break
            }
            try await lease(digest, to: repository)
        }
    }

    /// Lets the repository use a blob whose file is in place. Syncs the folder also when the file was there already:
    /// whoever renamed it may still be waiting for the sync. The caller shares the digest's gate.
    func lease(_ digest: Digest, to repository: RepositoryName) async throws(BlobError) {
        let lease = try leases.begin(digest, repository)
        try await syncName(of: digest)
        try await leases.complete(lease)
    }

    private func syncName(of digest: Digest) async throws(BlobError) {
        do throws(IOError) {
            try await syncers[digest.algorithm]?.sync()
        } catch {
            throw BlobError(.unavailable, "the blob store takes no changes: a folder could not be synced", cause: error)
        }
    }

    private func reportHealed(_ digest: Digest) {
        healed.add(1, ordering: .relaxed)
        Diagnostics.warning("blob \(digest) was corrupted on disk and has been replaced by the content just uploaded")
    }
}
