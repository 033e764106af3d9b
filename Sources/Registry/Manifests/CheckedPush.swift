import Crypto
import OCI

/// A push whose bytes are a manifest and have the digest they were announced with. What can be checked without the state is
/// checked here, outside the critical section. An object, which every step refers to.
final class CheckedPush: Sendable {
    let repository: RepositoryName
    let digest: Digest
    /// Each once, in the order they were asked for.
    let tags: [Tag]
    let bytes: [UInt8]
    let manifest: Manifest

    /// - Parameter known: what the same bytes were read as lately. One image often gets several tags.
    init(_ push: ManifestPush, known: (Digest) -> Manifest? = { _ in nil }) throws(RegistryError) {
        guard push.bytes.count <= Manifest.maximumSize else {
            throw RegistryError(
                .tooLarge, .sizeInvalid,
                "the manifest has \(push.bytes.count) bytes; at most \(Manifest.maximumSize) are taken")
        }
        repository = push.repository
        bytes = push.bytes
        digest = try Self.digest(push)
        tags = try Self.tags(push)
        // The header says what the manifest itself need not say, so only the same header makes it the same.
        if let contentType = push.contentType, let known = known(digest), known.mediaType == contentType {
            manifest = known
            return
        }
        do {
            manifest = try Manifest(parsing: push.bytes, contentType: push.contentType)
        } catch {
            throw RegistryError(.invalid, [error])
        }
    }

    private static func digest(_ push: ManifestPush) throws(RegistryError) -> Digest {
        let expected: Digest? = if case .digest(let digest) = push.reference { digest } else { nil }
        let algorithm = expected?.algorithm ?? .sha256
        let function: HashFunction = algorithm == .sha512 ? .sha512 : .sha256
        guard let actual = Digest(algorithm, bytes: hash(function, push.bytes)) else {
            throw .damaged("the manifest cannot be hashed")
        }
        guard expected == nil || expected == actual else {
            throw RegistryError(
                .invalid, .digestInvalid, "the manifest has the digest \(actual), not \(push.reference) as announced")
        }
        return actual
    }

    private static func tags(_ push: ManifestPush) throws(RegistryError) -> [Tag] {
        var tags: [Tag] = []
        if case .tag(let tag) = push.reference { tags.append(tag) }
        tags += push.tags
        guard tags.count <= ManifestPush.maximumTags else {
            throw RegistryError(
                .invalid, .unsupported, "\(tags.count) tags are too many for one push; at most \(ManifestPush.maximumTags) are taken")
        }
        guard tags.count > 1 else { return tags }
        var seen: Set<Tag> = []
        return tags.filter { seen.insert($0).inserted }
    }
}
