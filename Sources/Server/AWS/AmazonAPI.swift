import Audit
import EventLog
import HTTP
import IO
import JSON

/// The JSON 1.1 protocol of AWS at `POST /`: the target says which operation is meant. Signatures are not looked at: there are no accounts.
struct AmazonAPI: Sendable {
    let services: Services

    private static let bodyLimit = 1 << 20
    private static let lookupEvents = ["CloudTrail_20131101.LookupEvents", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"]

    func answer(_ request: Request, _ body: RequestBody) async -> Response {
        guard let target = request.headers["X-Amz-Target"] else {
            return Self.failure(.notFound, "UnknownOperationException", "there is nothing to post to here without an X-Amz-Target")
        }
        guard Self.lookupEvents.contains(target) else {
            return Self.failure(.badRequest, "UnknownOperationException", "\(target.prefix(200)) is not an operation of this hub; it has CloudTrail's LookupEvents")
        }
        do {
            let content = try await body.collect(limit: Self.bodyLimit)
            let value = content.isEmpty ? JSONValue.object(JSONObject()) : try JSONValue.parse(content)
            let lookup = try CloudTrailLookup(value)
            let audit = lookup.isAboutPulls ? services.pulls?.audit ?? services.audit : services.audit
            return Self.json(.ok, try await services.questions.run { () throws(LogError) in try lookup.answer(audit) })
        } catch let failure as CloudTrailLookup.Failure {
            return Self.failure(.badRequest, failure.code, failure.message)
        } catch let error as JSONError {
            return Self.failure(.badRequest, "SerializationException", "the request is \(error)")
        } catch let error as BodyError {
            return Self.failure(error.code == .tooLarge ? .contentTooLarge : .badRequest, "SerializationException", error.description)
        } catch {
            return Self.failure(.internalServerError, "InternalFailure", "\(error)")
        }
    }

    private static func failure(_ status: HTTPStatus, _ type: String, _ message: String) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("__type", type)
        json.member("message", message)
        json.endObject()
        return self.json(status, json.bytes)
    }

    private static func json(_ status: HTTPStatus, _ bytes: [UInt8]) -> Response {
        var headers = HeaderBuilder()
        headers.append(.contentType, "application/x-amz-json-1.1")
        return Response(status, headers, body: .bytes(bytes))
    }
}
