internal import EventLog
internal import IO
internal import OCI

extension BlobError {
    /// A failed system call.
    /// - Parameter what: what could not be done, as a clause: "the upload could not be written".
    init(_ what: String, _ cause: IOError) {
        if cause.isOutOfSpace {
            self.init(.outOfSpace, what + ": the disk is full", cause: cause)
        } else {
            self.init(.io, what, cause: cause)
        }
    }

    /// The leases' log takes no records.
    init(_ cause: LogError) {
        self.init(.unavailable, "the blob store takes no changes: the leases cannot be written", cause: cause)
    }

    static var uploadUnknown: BlobError { BlobError(.uploadUnknown, "there is no such upload in this repository") }

    static var uploadBusy: BlobError { BlobError(.uploadBusy, "another request is writing to this upload") }

    static func blobUnknown(_ digest: Digest) -> BlobError { BlobError(.blobUnknown, "there is no blob \(digest)") }

    static func digestInvalid(expected: Digest, found: Digest?) -> BlobError {
        BlobError(.digestInvalid, "the content has the digest \(found?.description ?? "unknown"), not \(expected)")
    }
}
