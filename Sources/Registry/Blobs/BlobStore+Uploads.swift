internal import IO
package import OCI
import Synchronization

/// Uploads in pieces. See `UploadWriter` for what a broken connection leaves.
extension BlobStore {
    /// Opens an upload.
    /// - Parameter algorithm: what the digest will probably be made with; another one costs reading the file again.
    package func startUpload(
        in repository: RepositoryName, algorithm: DigestAlgorithm = .sha256
    ) throws(BlobError) -> UploadID {
        try checkWritable()
        let id = try UploadID.random()
        let path = layout.upload(id)
        try uploads.insert(UploadSession(id, repository, path, algorithm, now: now()))
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

    /// The last bytes, the check of the digest, the sync and the name are one job of the pool.
    func finish(_ session: UploadSession, _ expected: Digest, _ last: Handoff) async throws(BlobError) {
        if session.state.withLock({ $0.isOver }) { throw .uploadUnknown }
        do throws(BlobError) {
            try checkWritable()
            try await publish(expected, in: session.repository) { [layout] () throws(IOError) in
                try session.publish(last.take(), expected, at: layout.blob(expected))
            }
        } catch {
            await discard(session)
            throw error
        }
        session.end()
        uploads.remove(session.id)
    }
}

extension UploadSession {
    fileprivate func publish(_ last: ArraySlice<UInt8>, _ expected: Digest, at name: String) throws(IOError) -> Publication {
        if !last.isEmpty { _ = try append(last) }
        let found = try digest(expected.algorithm)
        guard found == expected else { return .refused(found) }
        let size = try content.withLock { (content) throws(IOError) in
            try content.sync()
            content.close()
            return content.count
        }
        return try Publication.publish(UploadedFile(path: path, size: size), at: name)
    }
}
