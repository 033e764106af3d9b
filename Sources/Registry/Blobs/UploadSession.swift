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
    // Mutexes because a status request reads while a writer works. `content` is locked for the length of one chunk by the
    // job that writes it, on a pool thread; the claim keeps everybody else away from it.
    let state: Mutex<State>
    let content: Mutex<UploadContent>

    init(_ id: UploadID, _ repository: RepositoryName, _ path: String, _ content: consuming UploadContent, now: Int64) {
        self.id = id
        self.repository = repository
        self.path = path
        self.content = Mutex(content)
        state = Mutex(State(lastUse: now))
    }

    var offset: Int { state.withLock { $0.offset } }

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
