import Audit
import HTTP
import IO
import JSON
import OCI
import Registry

extension DistributionAPI {
    private func reference(_ text: String) throws(OCIError) -> Reference {
        guard let reference = Reference(text) else {
            throw OCIError(
                .manifestInvalid, "\"\(text.prefix(200))\" is neither a tag nor a digest", detail: .string(String(text.prefix(200))))
        }
        return reference
    }

    func getManifest(_ name: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        guard let reference = Reference(text) else {
            return .registry(.notFound, .manifestUnknown, "\"\(text.prefix(200))\" is neither a tag nor a digest")
        }
        let info = try services.registry.entry(reference, in: name)
        guard request.headers.accepts(info.mediaType.text) else {
            return .registry(
                .notFound, .manifestUnknown, "the manifest is \(info.mediaType.text), which the Accept header does not allow")
        }
        let tag = EntityTag.quoted(info.digest.description)
        var headers = HeaderBuilder()
        headers.append(.dockerContentDigest, info.digest.description)
        headers.append(.eTag, tag)
        if request.headers.ifNoneMatch(matches: tag) { return Response(.notModified, headers) }
        headers.append(.contentType, info.mediaType.text)
        headers.append(.xContentTypeOptions, "nosniff")
        // By digest from here on: the tag may have moved since, and head and content must be of one manifest.
        let manifest = try await services.registry.manifest(.digest(info.digest), in: name)
        recordPull(name, reference, info.digest, info.mediaType.text, manifest.bytes.count, request)
        return Response(.ok, headers, body: .bytes(manifest.bytes))
    }

    /// Costs nothing where pulls are not recorded, and never waits.
    private func recordPull(
        _ name: RepositoryName, _ reference: Reference, _ digest: Digest, _ mediaType: String, _ size: Int, _ request: Request
    ) {
        guard let pulls = services.pulls, request.method == .get, pulls.wantsNext() else { return }
        var tag: Tag?
        if case .tag(let name) = reference { tag = name }
        pulls.record(Pull(
            repository: name, tag: tag, digest: digest, mediaType: mediaType, size: size, context: request.context(), time: Wall.milliseconds))
    }

    /// `PUT`, with `?tag=` as often as there are tags to set (specification, "Pushing manifests"): all or nothing.
    func putManifest(
        _ name: RepositoryName, _ text: String, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        let reference = try reference(text)
        var tags: [Tag] = []
        for text in request.head.queryValues("tag") {
            guard let tag = Tag(text) else { throw OCIError(.manifestInvalid, "\"\(text.prefix(200))\" is not a tag") }
            tags.append(tag)
        }
        let bytes = try await body.collect(limit: Manifest.maximumSize)
        let push = ManifestPush(
            repository: name, reference: reference, tags: tags, bytes: bytes,
            contentType: request.headers[.contentType].map { MediaType(contentType: $0) })
        let result = try await services.registry.putManifest(push, context: request.context())
        var headers = HeaderBuilder()
        let digest = result.digest.description
        headers.append(.location, "/v2/" + name.text + "/manifests/" + digest)
        headers.append(.dockerContentDigest, digest)
        if let subject = result.subject { headers.append(.ociSubject, subject.description) }
        for tag in result.tags { headers.append(.ociTag, tag.text) }
        return Response(.created, headers)
    }

    func deleteManifest(_ name: RepositoryName, _ text: String, _ request: Request) async throws -> Response {
        switch try reference(text) {
        case .tag(let tag): try await services.registry.deleteTag(tag, in: name, context: request.context())
        case .digest(let digest): try await services.registry.deleteManifest(digest, in: name, context: request.context())
        }
        return Response(.accepted)
    }
}
