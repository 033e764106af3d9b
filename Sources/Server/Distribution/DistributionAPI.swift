import HTTP
import JSON
import OCI
import Registry

/// The OCI distribution API, `/v2/` (distribution specification 1.1).
struct DistributionAPI: Sendable {
    let services: Services

    func answer(_ request: Request, _ body: RequestBody) async -> Response {
        var response: Response
        do {
            response = try await route(request, body)
        } catch let error as RegistryError {
            response = .registry(error)
        } catch let error as BlobError {
            response = .registry(error)
        } catch let error as OCIError {
            response = .registry(.badRequest, [error])
        } catch let error as BodyError {
            response = .registry(error)
        } catch {
            response = .registry(.internalServerError, .unsupported, "\(error)")
        }
        response.headers.append(.dockerDistributionAPIVersion, "registry/2.0")
        return response
    }

    private func route(_ request: Request, _ body: RequestBody) async throws -> Response {
        guard let path = try DistributionPath(request.head) else {
            return .registry(.notFound, .nameUnknown, "no such endpoint: \(request.head.path.prefix(300))")
        }
        let method = request.method == .head ? .get : request.method
        if method != .get, let reason = services.readOnlyReason {
            return .registry(.serviceUnavailable, .unsupported, "the hub takes no changes at the moment: \(reason)")
        }
        switch (path, method) {
        case (.base, .get): return json(.ok, Array("{}".utf8))
        case (.catalog, .get): return try catalog(request)
        case (.tags(let name), .get): return try tags(name, request)
        case (.referrers(let name, let digest), .get): return try await referrers(name, digest, request)
        case (.manifest(let name, let text), .get): return try await getManifest(name, text, request)
        case (.manifest(let name, let text), .put): return try await putManifest(name, text, request, body)
        case (.manifest(let name, let text), .delete): return try await deleteManifest(name, text, request)
        case (.blob(let name, let text), .get): return try await getBlob(name, text, request)
        case (.blob(let name, let text), .delete): return try await deleteBlob(name, text, request)
        case (.uploads(let name), .post): return try await startUpload(name, request, body)
        case (.upload(let name, let id), .get): return try uploadStatus(name, id)
        case (.upload(let name, let id), .patch): return try await appendToUpload(name, id, request, body)
        case (.upload(let name, let id), .put): return try await finishUpload(name, id, request, body)
        case (.upload(let name, let id), .delete): return try await cancelUpload(name, id)
        default: return notAllowed(path)
        }
    }

    private func notAllowed(_ path: DistributionPath) -> Response {
        let allowed = switch path {
        case .base, .catalog, .tags, .referrers: "GET, HEAD"
        case .manifest: "GET, HEAD, PUT, DELETE"
        case .blob: "GET, HEAD, DELETE"
        case .uploads: "POST"
        case .upload: "GET, HEAD, PATCH, PUT, DELETE"
        }
        return .registry(
            .methodNotAllowed, .unsupported, "this method is not for this path; allowed: \(allowed)",
            HeaderBuilder([.allow: allowed]))
    }

    func json(_ status: HTTPStatus, _ bytes: [UInt8], _ headers: HeaderBuilder = HeaderBuilder()) -> Response {
        var headers = headers
        headers.append(.contentType, "application/json")
        return Response(status, headers, body: .bytes(bytes))
    }

    func digest(_ text: String) throws(OCIError) -> Digest {
        guard let digest = Digest(text) else {
            throw OCIError(
                .digestInvalid, "\"\(text.prefix(200))\" is not a sha256 or sha512 digest", detail: .string(String(text.prefix(200))))
        }
        return digest
    }
}
