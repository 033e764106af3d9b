internal import IO
package import OCI
import Synchronization

/// Uploads in pieces. See `UploadWriter` for what a broken connection leaves.
extension BlobStore {
    /// Opens an upload.
    /// - Parameter algorithm: what the digest will probably be made with; another one costs reading the file again.
    package func startUpload(
        in repository: RepositoryName, algorithm: DigestAlgorithm = .sha256
    ) async throws(BlobError) -> UploadID {
        try checkWritable()
        try uploads.checkRoom()
        let id = try UploadID.random()
        let path = layout.upload(id)
        let now = now()
        let session: UploadSession
        do throws(IOError) {
            session = try await pool.run { () throws(IOError) in
                UploadSession(id, repository, path, try UploadContent(path, algorithm), now: now)
            }
        } catch {
            throw failure("the upload could not be started", error)
        }
        do throws(BlobError) {
            try uploads.insert(session)
        } catch {
            await discard(session)
            throw error
        }
        return id
    }

    /// Bytes received so far, also while a request is writing.
    package func uploadOffset(_ id: UploadID, in repository: RepositoryName) throws(BlobError) -> Int {
        try uploads.find(id, in: repository).offset
    }

    /// Reserves an upload for one request; `.uploadBusy` while another has it.
    package func writer(_ id: UploadID, in repository: RepositoryName) throws(BlobError) -> UploadWriter {
        try UploadWriter(uploads.find(id, in: repository), self)
    }

    /// Forgets the session and removes its file. The caller has claimed it.
    func discard(_ session: UploadSession) async {
        session.end()
        uploads.remove(session.id)
        await pool.run {
            // Failing to remove it costs space until the next start, which empties the folder.
            _ = try? Files.unlinkIfPresent(session.path)
            session.content.withLock { $0.close() }
        }
    }

    func finish(_ session: UploadSession, _ expected: Digest) async throws(BlobError) {
        if session.state.withLock({ $0.isOver }) { throw .uploadUnknown }
        do throws(BlobError) {
            try checkWritable()
            try await checkAndSync(session, expected)
            let source = UploadedFile(path: session.path, size: session.offset)
            try await publish(expected, in: session.repository) { [layout] () throws(IOError) in
                try Publication.publish(source, at: layout.blob(expected))
            }
        } catch {
            await discard(session)
            throw error
        }
        session.end()
        uploads.remove(session.id)
    }

    private func checkAndSync(_ session: UploadSession, _ expected: Digest) async throws(BlobError) {
        let found: Digest?
        do throws(IOError) {
            found = try await pool.run { () throws(IOError) in
                try session.content.withLock { (content) throws(IOError) in
                    let found = try content.digest(expected.algorithm)
                    if found == expected { try content.sync() }
                    content.close()
                    return found
                }
            }
        } catch {
            throw failure("the upload could not be written to disk", error)
        }
        if found != expected { throw .digestInvalid(expected: expected, found: found) }
    }
}
