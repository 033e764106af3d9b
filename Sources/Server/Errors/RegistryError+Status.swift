import HTTP
import OCI
import Registry

/// The only mapping of the registry's errors to statuses of `/v2`.
extension Response {
    static func registry(_ status: HTTPStatus, _ errors: [OCIError], _ headers: HeaderBuilder = HeaderBuilder()) -> Response {
        var headers = headers
        headers.append(.contentType, "application/json")
        if status == .serviceUnavailable || status == .tooManyRequests { headers.append(.retryAfter, 5) }
        return Response(status, headers, body: .bytes(OCIError.body(errors)))
    }

    static func registry(
        _ status: HTTPStatus, _ code: ErrorCode, _ message: String, _ headers: HeaderBuilder = HeaderBuilder()
    ) -> Response {
        registry(status, [OCIError(code, message)], headers)
    }

    static func registry(_ error: RegistryError) -> Response {
        let status: HTTPStatus = switch error.reason {
        case .invalid: .badRequest
        case .notFound: .notFound
        case .denied: .forbidden
        case .tooLarge: .contentTooLarge
        case .conflict: .conflict
        case .unavailable: .serviceUnavailable
        case .damaged: .internalServerError
        }
        return registry(status, error.errors)
    }

    static func registry(_ error: BlobError) -> Response {
        switch error.code {
        case .uploadUnknown: registry(.notFound, .blobUploadUnknown, error.message)
        case .uploadBusy: registry(.conflict, .blobUploadInvalid, error.message)
        case .tooManyUploads: registry(.tooManyRequests, .tooManyRequests, error.message)
        case .digestInvalid: registry(.badRequest, .digestInvalid, error.message)
        case .blobUnknown: registry(.notFound, .blobUnknown, error.message)
        case .outOfSpace: registry(.insufficientStorage, .blobUploadInvalid, error.message)
        case .unavailable: registry(.serviceUnavailable, .unsupported, error.message)
        case .io, .leasesDamaged: registry(.internalServerError, .blobUploadInvalid, error.message)
        }
    }

    static func registry(_ error: BodyError) -> Response {
        switch error.code {
        case .tooLarge: registry(.contentTooLarge, .sizeInvalid, error.description)
        case .timedOut: registry(.requestTimeout, .sizeInvalid, error.description)
        case .malformed, .disconnected: registry(.badRequest, .sizeInvalid, error.description)
        }
    }
}
