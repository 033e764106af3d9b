/// What the hub has acknowledged to the writers of a crash test: the promises it is held to.
struct Ledger: Sendable {
    struct Push: Sendable, Hashable {
        let repository: String
        let tag: String
        let digest: String
    }

    private(set) var pushes: [Push] = []
    private(set) var blobs: [Push: [Content]] = [:]
    /// Tags whose deletion was acknowledged, with the digest they had.
    private(set) var deletions: [Push] = []
    /// Answers that were neither a success nor a lost connection.
    var surprises: [String] = []

    mutating func acknowledge(_ image: Image, _ repository: String, tags: [String]) {
        for tag in tags {
            let push = Push(repository: repository, tag: tag, digest: image.digest)
            pushes.append(push)
            blobs[push] = image.blobs
        }
    }

    mutating func acknowledgeDeletion(_ repository: String, tag: String, digest: String) {
        deletions.append(Push(repository: repository, tag: tag, digest: digest))
    }
}
