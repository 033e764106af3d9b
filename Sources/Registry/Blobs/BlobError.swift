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
    /// One clear sentence.
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}
