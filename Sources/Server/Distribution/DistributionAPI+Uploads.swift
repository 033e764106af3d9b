import HTTP
import IO
import OCI
import Registry

extension DistributionAPI {
    /// How much of an upload is in memory at once, whatever its size.
    private static let chunkBytes = 256 << 10

    /// `POST`: a mount, a whole blob at once, or the start of an upload.
    func startUpload(_ name: RepositoryName, _ request: Request, _ body: RequestBody) async throws -> Response {
        let head = request.head
        if let text = head.queryValue("mount"), let response = try await mount(name, text, from: head.queryValue("from")) {
            return response
        }
        if let text = head.queryValue("digest") { return try await putWhole(name, try digest(text), body) }
        var algorithm = DigestAlgorithm.sha256
        if let text = head.queryValue("digest-algorithm") {
            guard let chosen = DigestAlgorithm(name: text) else {
                throw OCIError(.digestInvalid, "digest-algorithm must be sha256 or sha512, not \"\(text.prefix(40))\"")
            }
            algorithm = chosen
        }
        let id = try services.blobs.startUpload(in: name, algorithm: algorithm)
        return progress(.accepted, name, id, offset: 0)
    }

    /// 201 where the blob could be mounted; nil where the client has to upload it.
    private func mount(_ name: RepositoryName, _ text: String, from source: String?) async throws -> Response? {
        let digest = try digest(text)
        let registry = services.registry
        var origin: RepositoryName?
        if let source {
            guard let parsed = RepositoryName(source) else { throw OCIError(.nameInvalid, "\"\(source.prefix(300))\" is not a repository name") }
            origin = parsed
        } else if let holder = registry.repositories(holding: digest, limit: 1).first {
            origin = holder
        }
        let mounted = try await services.blobs.mount(digest, from: origin, to: name) { registry.isHeldByManifest($0, in: $1) }
        return mounted ? created(name, digest) : nil
    }

    private func putWhole(_ name: RepositoryName, _ digest: Digest, _ body: RequestBody) async throws -> Response {
        if let count = body.remaining, count <= UInt64(Self.chunkBytes) {
            try await services.blobs.put(try await body.collect(limit: Self.chunkBytes), digest, in: name)
            return created(name, digest)
        }
        let id = try services.blobs.startUpload(in: name, algorithm: digest.algorithm)
        let writer = try services.blobs.writer(id, in: name)
        let last: ArraySlice<UInt8>
        do {
            last = try await copy(body, to: writer)
        } catch {
            // Nobody was told of this upload, so nobody can go on with it.
            await writer.cancel()
            throw error
        }
        try await writer.finish(digest, appending: last)
        return created(name, digest)
    }

    /// Appends the content but for its last chunk, which is answered: a job for it alone can be saved where the upload ends with it.
    private func copy(_ body: RequestBody, to writer: UploadWriter) async throws -> ArraySlice<UInt8> {
        guard !body.isComplete else { return [] }
        let size = max(1, min(Self.chunkBytes, Int(clamping: body.remaining ?? UInt64(Self.chunkBytes))))
        var chunk = [UInt8].aligned(count: size)
        let start = chunk.count - size
        var copied: UInt64 = 0
        while true {
            // What a client sends without its length is taken for large once it has been.
            if let pipe = writer.pipe(for: body.remaining ?? copied) {
                chunk = []
                return try await copy(body, through: pipe)
            }
            let end = try await body.fill(&chunk, from: start)
            if end < chunk.count || body.isComplete { return chunk[start..<end] }
            _ = try await writer.append(chunk[start...])
            copied += UInt64(size)
        }
    }

    /// The same for much content: one chunk is received while the one before is written and hashed.
    private func copy(_ body: RequestBody, through pipe: UploadPipe) async throws -> ArraySlice<UInt8> {
        let size = UploadPipe.chunkBytes
        var (chunk, other) = ([UInt8].aligned(count: size), [UInt8].aligned(count: size))
        do {
            while true {
                let start = chunk.count - size
                let end = try await body.fill(&chunk, from: start)
                if end < chunk.count || body.isComplete {
                    try await pipe.drain()
                    return chunk[start..<end]
                }
                try await pipe.append(chunk[start...])
                swap(&chunk, &other)
            }
        } catch {
            try await pipe.drain()
            throw error
        }
    }

    func uploadStatus(_ name: RepositoryName, _ text: String) throws -> Response {
        let id = try uploadID(text)
        return progress(.noContent, name, id, offset: try services.blobs.uploadOffset(id, in: name))
    }

    func appendToUpload(
        _ name: RepositoryName, _ text: String, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        let id = try uploadID(text)
        let writer = try services.blobs.writer(id, in: name)
        if let refusal = try checkRange(request, body, writer, name) { return refusal }
        _ = try await writer.append(copy(body, to: writer))
        return progress(.accepted, name, id, offset: writer.offset)
    }

    func finishUpload(
        _ name: RepositoryName, _ text: String, _ request: Request, _ body: RequestBody
    ) async throws -> Response {
        let id = try uploadID(text)
        guard let value = request.head.queryValue("digest") else {
            throw OCIError(.digestInvalid, "the parameter digest is missing")
        }
        let digest = try digest(value)
        let writer = try services.blobs.writer(id, in: name)
        if let refusal = try checkRange(request, body, writer, name) { return refusal }
        try await writer.finish(digest, appending: copy(body, to: writer))
        return created(name, digest)
    }

    func cancelUpload(_ name: RepositoryName, _ text: String) async throws -> Response {
        let writer = try services.blobs.writer(try uploadID(text), in: name)
        await writer.cancel()
        return Response(.noContent)
    }

    /// A chunk says where it belongs. One that is not the next is 416 with where the upload stands.
    private func checkRange(
        _ request: Request, _ body: RequestBody, _ writer: UploadWriter, _ name: RepositoryName
    ) throws -> Response? {
        guard let value = request.headers.slice(.contentRange) else { return nil }
        guard let range = ContentRange(value) else {
            throw OCIError(.blobUploadInvalid, "Content-Range must be FIRST-LAST in bytes")
        }
        guard range.first == UInt64(writer.offset) else {
            var response = Response.registry(
                .rangeNotSatisfiable, .blobUploadInvalid,
                "the upload has \(writer.offset) bytes, so the next chunk begins there and not at \(range.first)")
            response.headers.append(contentsOf: progress(.accepted, name, writer.id, offset: writer.offset).headers)
            return response
        }
        if let count = body.remaining, count != range.count {
            throw OCIError(.sizeInvalid, "Content-Range tells of \(range.count) bytes, Content-Length of \(count)")
        }
        return nil
    }

    private func uploadID(_ text: String) throws(BlobError) -> UploadID {
        guard let id = UploadID(text) else { throw BlobError(.uploadUnknown, "there is no such upload") }
        return id
    }

    /// Where the upload goes on and how far it is. An empty one says `0-0`, as clients expect since Docker's registry.
    private func progress(_ status: HTTPStatus, _ name: RepositoryName, _ id: UploadID, offset: Int) -> Response {
        var headers = HeaderBuilder()
        headers.append(.location, "/v2/\(name.text)/blobs/uploads/\(id)")
        headers.append(.range, "0-\(max(0, offset - 1))")
        headers.append(.dockerUploadUUID, id.description)
        return Response(status, headers)
    }

    private func created(_ name: RepositoryName, _ digest: Digest) -> Response {
        var headers = HeaderBuilder()
        headers.append(.location, "/v2/\(name.text)/blobs/\(digest)")
        headers.append(.dockerContentDigest, digest.description)
        return Response(.created, headers)
    }
}
