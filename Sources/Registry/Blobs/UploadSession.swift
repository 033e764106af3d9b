internal import IO
internal import OCI
import Synchronization

/// One upload under way: in memory only, so it ends with the process.
final class UploadSession: Sendable {
    struct State {
        /// Bytes that are both written and hashed; where the next chunk begins.
        var offset = 0
        /// A request has claimed the upload: it alone touches `content`.
        var isBusy = false
        /// Finished, cancelled or failed; its file is gone or has become a blob.
        var isOver = false
        /// Unix milliseconds.
        var lastUse: Int64
    }

    let id: UploadID
    let repository: RepositoryName
    let path: String
    // Mutexes because a status request reads while a writer works. `content` and `hash` are locked for the length of one chunk by
    // the jobs that write and hash it, on pool threads; the claim keeps everybody else away from them.
    let state: Mutex<State>
    let content: Mutex<UploadContent>
    let hash: Mutex<UploadHash>

    init(_ id: UploadID, _ repository: RepositoryName, _ path: String, _ algorithm: DigestAlgorithm, now: Int64) {
        self.id = id
        self.repository = repository
        self.path = path
        content = Mutex(UploadContent(path))
        hash = Mutex(UploadHash(algorithm))
        state = Mutex(State(lastUse: now))
    }

    var offset: Int { state.withLock { $0.offset } }

    /// Writes, then hashes, and answers the new offset. Blocks: for a pool thread.
    func append(_ bytes: ArraySlice<UInt8>) throws(IOError) -> Int {
        let count = try content.withLock { (content) throws(IOError) in
            try content.write(bytes)
            return content.count
        }
        hash.withLock { $0.update(bytes) }
        return count
    }

    /// The digest of all that was appended. Blocks.
    func digest(_ algorithm: DigestAlgorithm) throws(IOError) -> Digest? {
        if let digest = hash.withLock({ $0.take(algorithm) }) { return digest }
        return try content.withLock { (content) throws(IOError) in try content.digest(algorithm) }
    }

    /// Reserves the upload for one request.
    func claim() throws(BlobError) {
        let (isOver, wasBusy) = state.withLock { state in
            defer { if !state.isOver { state.isBusy = true } }
            return (state.isOver, state.isBusy)
        }
        if isOver { throw .uploadUnknown }
        if wasBusy { throw .uploadBusy }
    }

    func release(now: Int64) {
        state.withLock { state in
            state.isBusy = false
            state.lastUse = now
        }
    }

    /// Claims the upload for removal when nobody has used it since `limit` (Unix milliseconds).
    func expire(unusedSince limit: Int64) -> Bool {
        state.withLock { state in
            if state.isBusy || state.isOver || state.lastUse > limit { return false }
            state.isBusy = true
            state.isOver = true
            return true
        }
    }

    func end() {
        state.withLock { $0.isOver = true }
    }
}
