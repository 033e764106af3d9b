import JSON
package import OCI

/// The manifests that refer to a subject, or part of them.
package struct ReferrersPage: Sendable {
    package let descriptors: [Descriptor]
    /// Where the next page starts after; `nil` where this is the last. Given even where a filter left this page empty.
    package let next: Digest?

    /// The image index that answers the request.
    package func body() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("schemaVersion", 2)
        writer.member("mediaType", MediaType.imageIndex.text)
        writer.key("manifests")
        writer.beginArray()
        for descriptor in descriptors { descriptor.encode(into: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension Registry {
    /// Bytes of manifests that are read for the annotations in one page.
    private static let pageBytes: Int64 = 4 << 20
    /// Manifests that are looked at for one page, whatever the filter takes of them.
    private static let pageSteps = 10_000

    /// The manifests with that subject, in the order of their digests. None is an empty page, also where there is no such
    /// repository: the specification forbids a 404 here.
    package func referrers(
        of subject: Digest, in name: RepositoryName, artifactType: String?, after last: Digest?, limit: Int
    ) async throws(RegistryError) -> ReferrersPage {
        guard let repository = ledger.durable.repositories[name] else { return ReferrersPage(descriptors: [], next: nil) }
        let (found, next) = Self.select(repository, subject, artifactType, last, limit)
        var descriptors: [Descriptor] = []
        for (digest, entry) in found {
            let annotations = try await annotations(of: digest, entry)
            descriptors.append(Descriptor(
                mediaType: entry.mediaType, digest: digest, size: entry.size, artifactType: entry.artifactType,
                annotations: annotations))
        }
        return ReferrersPage(descriptors: descriptors, next: next)
    }

    private static func select(
        _ repository: RepositoryState, _ subject: Digest, _ artifactType: String?, _ last: Digest?, _ limit: Int
    ) -> (found: [(Digest, ManifestEntry)], next: Digest?) {
        var found: [(Digest, ManifestEntry)] = []
        var seen: Digest?
        var next: Digest?
        var bytes: Int64 = 0
        var steps = 0
        repository.referrers.visit(subject, after: last) { digest in
            // At least one of each page, so that going on always gets further.
            guard found.count < max(limit, 1), bytes < pageBytes, steps < pageSteps else {
                next = seen
                return false
            }
            steps += 1
            seen = digest
            guard let entry = repository.manifests[digest], artifactType == nil || entry.artifactType == artifactType
            else { return true }
            bytes += entry.size
            found.append((digest, entry))
            return true
        }
        return (found, next)
    }

    private func annotations(of digest: Digest, _ entry: ManifestEntry) async throws(RegistryError) -> JSONObject? {
        let bytes = try await bytes(of: digest, entry)
        do {
            return try Manifest(parsing: bytes, contentType: entry.mediaType).annotations
        } catch {
            throw .damaged("the manifest \(digest) cannot be read any more: \(error.message)")
        }
    }
}
