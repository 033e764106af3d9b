internal import OCI

/// One record of the leases' log: which blob a repository may use from now on, or no longer.
///
///     byte 0       1 holds, 2 released
///     byte 1       digest algorithm: 1 sha256, 2 sha512
///     then         the digest, 32 or 64 bytes
///     rest         the repository's name in UTF-8
///
/// When it was written is the record's own time.
struct LeaseRecord: Sendable, Equatable {
    enum Action: UInt8, Sendable {
        case hold = 1
        case release = 2
    }

    let action: Action
    let digest: Digest
    let repository: RepositoryName

    init(_ action: Action, _ digest: Digest, _ repository: RepositoryName) {
        self.action = action
        self.digest = digest
        self.repository = repository
    }

    /// Nil for bytes that this version cannot have written.
    init?(_ bytes: [UInt8]) {
        guard let first = bytes.first, let action = Action(rawValue: first),
            let second = bytes.dropFirst().first, let algorithm = DigestAlgorithm(rawValue: second),
            let digest = Digest(algorithm, bytes: bytes.dropFirst(2).prefix(algorithm.byteCount)),
            let name = String(validating: bytes.dropFirst(2 + algorithm.byteCount), as: UTF8.self),
            let repository = RepositoryName(name)
        else { return nil }
        self.init(action, digest, repository)
    }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(action.rawValue)
        bytes.append(digest.algorithm.rawValue)
        digest.append(to: &bytes)
        bytes.append(contentsOf: repository.text.utf8)
    }
}
