import EventLog
import Events
import HTTP
import IO
import Registry

/// Finds what answers a request, by the first part of its path.
struct Router: Sendable {
    let services: Services

    func answer(_ request: Request, _ body: RequestBody) async -> Response {
        if let refusal = ForeignOrigin.refusal(request, host: services.host) {
            let denial = AccessDenial(method: request.method.text, path: request.head.path, reason: .foreignOrigin)
            await services.journal.recordDenial(denial, request.context(), now: Wall.milliseconds)
            return Problem(.forbidden, "foreign-origin", refusal).response
        }
        var segments = request.head.segments
        switch segments.next()?.text {
        case "" where request.method == .post, nil where request.method == .post:
            return await AmazonAPI(services: services).answer(request, body)
        case "v2": return await DistributionAPI(services: services).answer(request, body)
        case "api": return await ManagementAPI(services: services).answer(request, body)
        case "log": return await LogAPI(services: services).answer(request)
        case "witness": return await WitnessAPI(services: services).answer(request, body)
        case "livez": return plain(.ok, "ok\n")
        case "readyz": return readiness()
        case "metrics": return metrics()
        default: return plain(.notFound, "There is nothing here. The registry is at /v2/, the API at /api/v1/.\n")
        }
    }

    /// 200 while changes are taken; 503 with the reason while the hub only reads.
    private func readiness() -> Response {
        if let reason = services.readOnlyReason { return plain(.serviceUnavailable, "read-only: \(reason)\n") }
        return plain(.ok, "ok\n")
    }

    private func metrics() -> Response {
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; version=0.0.4; charset=utf-8")
        return Response(.ok, headers, body: .bytes(Array(Metrics.text(services).utf8)))
    }

    private func plain(_ status: HTTPStatus, _ text: String) -> Response {
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; charset=utf-8")
        return Response(status, headers, body: .bytes(Array(text.utf8)))
    }
}

extension Services {
    /// Why changes are refused; nil while they are taken.
    var readOnlyReason: String? {
        if case .readOnly(let error) = log.status { return error.description }
        return blobs.readOnlyReason
    }
}
