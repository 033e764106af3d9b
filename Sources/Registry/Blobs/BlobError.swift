/// Why the blob store did not do what it was asked.
package struct BlobError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable, CaseIterable {
        /// No such upload in this repository: never started, finished, cancelled, expired, or the hub restarted.
        case uploadUnknown
        /// Another request is writing to this upload.
        case uploadBusy
        /// As many uploads are open as may be; a later attempt can succeed.
        case tooManyUploads
        /// The content is not what the digest names; nothing of it was kept.
        case digestInvalid
        case blobUnknown
        /// The disk is full; this upload is gone, later ones may succeed.
        case outOfSpace
        /// The store takes no changes until the hub is started again (or the system's random numbers fail).
        case unavailable
        /// A system call failed; only this operation is affected.
        case io
        /// The leases on disk cannot be understood.
        case leasesDamaged
    }

    package let code: Code
    /// One clear sentence, fit for clients: it names no path of this machine.
    package let message: String
    /// What the operator needs besides, such as which call failed on which file.
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Message and cause, for the operator.
    package var description: String { cause.map { "\(message): \($0)" } ?? message }
}
