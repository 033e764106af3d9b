internal import OCI
import Synchronization

/// The uploads under way, at most so many.
final class UploadTable: Sendable {
    private let limit: Int
    // A Mutex: one dictionary access each time, from requests and from the sweep.
    private let sessions = Mutex<[UploadID: UploadSession]>([:])

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { sessions.withLock { $0.count } }

    func insert(_ session: UploadSession) throws(BlobError) {
        let inserted = sessions.withLock { sessions in
            if sessions.count >= limit { return false }
            sessions[session.id] = session
            return true
        }
        if !inserted { throw full }
    }

    /// The session, if it belongs to the repository: an identifier is good in its own repository only.
    func find(_ id: UploadID, in repository: RepositoryName) throws(BlobError) -> UploadSession {
        guard let session = sessions.withLock({ $0[id] }), session.repository == repository else { throw .uploadUnknown }
        return session
    }

    func remove(_ id: UploadID) {
        sessions.withLock { _ = $0.removeValue(forKey: id) }
    }

    /// Takes out what nobody has used since `limit` (Unix milliseconds).
    func removeIdle(unusedSince limit: Int64) -> [UploadSession] {
        sessions.withLock { sessions in
            let idle = sessions.values.filter { $0.expire(unusedSince: limit) }
            for session in idle { sessions[session.id] = nil }
            return idle
        }
    }

    private var full: BlobError {
        BlobError(.tooManyUploads, "there are already \(limit) uploads under way; try again when some have finished")
    }
}
