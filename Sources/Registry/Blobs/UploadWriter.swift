internal import IO
package import OCI
import Synchronization

/// The right to write to one upload, held by one request at a time and given back when the last reference goes.
///
/// A request that breaks off leaves the upload at the end of the last chunk that was appended completely; the client
/// can go on from there. An append that fails on disk ends the upload and removes its file.
package final class UploadWriter: Sendable {
    package let id: UploadID
    let session: UploadSession
    let store: BlobStore

    init(_ session: UploadSession, _ store: BlobStore) throws(BlobError) {
        try session.claim()
        id = session.id
        self.session = session
        self.store = store
    }

    deinit { session.release(now: store.now()) }

    /// Bytes received so far. Compare `Content-Range` with it while holding the writer.
    package var offset: Int { session.offset }

    /// Writes and hashes one chunk in one job of the pool; answers the new offset. 64 to 256 KiB is a good size.
    /// The bytes are not held afterwards, so the caller's buffer can be used again without a copy.
    @discardableResult
    package func append(_ bytes: ArraySlice<UInt8>) async throws(BlobError) -> Int {
        if bytes.isEmpty { return offset }
        if session.state.withLock({ $0.isOver }) { throw .uploadUnknown }
        let chunk = Handoff(bytes)
        do throws(IOError) {
            return try await store.pool.run { [session] () throws(IOError) in
                let count = try session.append(chunk.take())
                session.state.withLock { $0.offset = count }
                return count
            }
        } catch {
            await store.discard(session)
            throw store.failure("the upload could not be written", error)
        }
    }

    /// Ends the upload. When this returns, the content has the expected digest, is on disk under its name, and the
    /// repository holds a lease for it; when it throws, nothing is left of the upload.
    /// - Parameter last: what is still to be appended; held no longer than that.
    package func finish(_ expected: Digest, appending last: ArraySlice<UInt8> = []) async throws(BlobError) {
        try await store.finish(session, expected, Handoff(last))
    }

    /// Ends the upload and removes its file.
    package func cancel() async {
        await store.discard(session)
    }
}
