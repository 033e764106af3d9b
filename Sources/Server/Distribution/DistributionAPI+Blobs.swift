import EventLog
import Events
import HTTP
import JSON
import OCI
import Registry

extension DistributionAPI {
    func getBlob(_ name: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        let digest = try digest(text)
        guard services.registry.isVisible(digest, in: name) else { return unknownBlob(digest, name) }
        let blob = try await services.blobs.open(digest)
        let tag = EntityTag.quoted(digest.description)
        var headers = HeaderBuilder()
        headers.append(.dockerContentDigest, digest.description)
        headers.append(.eTag, tag)
        headers.append(.cacheControl, "max-age=31536000, immutable")
        headers.append(.acceptRanges, "bytes")
        if request.headers.ifNoneMatch(matches: tag) { return Response(.notModified, headers) }
        headers.append(.contentType, "application/octet-stream")
        headers.append(.xContentTypeOptions, "nosniff")
        guard let range = range(request, tag, size: blob.size) else {
            return Response(.ok, headers, body: .file(blob.file, offset: 0, count: blob.size))
        }
        guard case .part(let part) = range else {
            headers.append(.contentRange, "bytes */\(blob.size)")
            return .registry(.rangeNotSatisfiable, .sizeInvalid, "the range lies beyond the blob's \(blob.size) bytes", headers)
        }
        headers.append(.contentRange, "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(blob.size)")
        return Response(.partialContent, headers, body: .file(blob.file, offset: Int(part.lowerBound), count: Int(part.count)))
    }

    /// RFC 9110, section 14.2: what is malformed, for several parts, or for another version is as if it were not there.
    private func range(_ request: Request, _ tag: String, size: Int) -> RangeRequest? {
        guard let value = request.headers.slice(.range) else { return nil }
        if let condition = request.headers[.ifRange], condition != tag { return nil }
        switch RangeRequest(value, size: UInt64(size)) {
        case .malformed, .several: return nil
        case let range: return range
        }
    }

    private func unknownBlob(_ digest: Digest, _ name: RepositoryName) -> Response {
        .registry(.notFound, [OCIError(.blobUnknown, "\(name.text) has no blob \(digest)", detail: .string(digest.description))])
    }

    /// A blob that a manifest of the repository needs stays: deleting it would break images that people can pull.
    func deleteBlob(_ name: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        let digest = try digest(text)
        guard services.registry.isVisible(digest, in: name) else { return unknownBlob(digest, name) }
        let registry = services.registry
        guard !registry.isHeldByManifest(digest, in: name) else {
            return .registry(
                .methodNotAllowed, .unsupported, "a manifest of \(name.text) refers to this blob: delete the manifest first")
        }
        // The record first: what went without one nobody could account for.
        do throws(LogError) {
            try await services.journal.record(.blobDeleted(BlobDeletion(repository: name, digest: digest)), request.context())
        } catch {
            return .registry(.serviceUnavailable, .unsupported, "the blob is not deleted, since the log did not take the record of it: \(error)")
        }
        try await services.blobs.delete(digest, from: name) { await registry.isReferenced($0) }
        return Response(.accepted)
    }
}
