internal import EventLog
internal import IO
internal import OCI

extension BlobError {
    /// A failed system call. `what` starts the sentence: "The upload could not be written".
    init(_ what: String, _ cause: IOError) {
        self.init(cause.isOutOfSpace ? .outOfSpace : .io, "\(what): \(cause).", cause: cause)
    }

    /// The leases' log takes no records.
    init(_ cause: LogError) {
        self.init(.unavailable, "The blob store takes no changes: \(cause).", cause: cause)
    }

    static var uploadUnknown: BlobError { BlobError(.uploadUnknown, "There is no such upload in this repository.") }

    static var uploadBusy: BlobError { BlobError(.uploadBusy, "Another request is writing to this upload.") }

    static func blobUnknown(_ digest: Digest) -> BlobError { BlobError(.blobUnknown, "There is no blob \(digest).") }

    static func digestInvalid(expected: Digest, found: Digest?) -> BlobError {
        BlobError(.digestInvalid, "The content has the digest \(found?.description ?? "unknown"), not \(expected).")
    }
}
