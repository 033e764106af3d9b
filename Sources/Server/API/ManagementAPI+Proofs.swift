import Audit
import Crypto
import EventLog
import HTTP
import IO
import JSON

/// `/api/v1/audit/`: proofs that the hub makes out of its tree. Whoever gets one checks it without asking the hub again.
extension ManagementAPI {
    /// `proofs/{sequence}`, as C2SP tlog-proof text.
    func inclusionProof(_ text: String) async throws -> Response {
        guard let sequence = UInt64(text), sequence > 0 else { throw Problem(.badRequest, "invalid", "\"\(text.prefix(40))\" is not a sequence number") }
        let notary = services.notary
        guard let proof = try await services.pool.run({ try notary.proof(of: sequence) }) else { throw notProven(sequence) }
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; charset=utf-8")
        return Response(.ok, headers, body: .bytes(proof.encoded))
    }

    /// `consistency?old=N&new=N`.
    func consistencyProof(_ request: Request) async throws -> Response {
        func size(_ name: String) throws -> UInt64? {
            guard let text = request.head.queryItems.first(where: { $0.name == name })?.value else { return nil }
            guard let size = Checkpoint.number(text) else { throw Problem(.badRequest, "invalid", "\(name) must be a number of records", pointer: name) }
            return size
        }
        guard let old = try size("old") else { throw Problem(.badRequest, "invalid", "old is required: a number of records", pointer: "old") }
        let notary = services.notary
        let new = try size("new") ?? notary.published?.checkpoint.size ?? 0
        guard old <= new else { throw Problem(.badRequest, "invalid", "old must not be greater than new", pointer: "old") }
        guard let proof = try await services.pool.run({ try notary.consistency(from: old, to: new) }) else { throw notProven(new) }
        return json(.ok) { json in
            json.beginObject()
            proof.encodeMembers(into: &json)
            json.endObject()
        }
    }

    /// `keys`: who signs, and did.
    func checkpointKeys() -> Response {
        json(.ok) { json in
            json.beginObject()
            json.member("origin", services.notary.keys.origin)
            json.key("keys")
            json.beginArray()
            for key in services.notary.keys.known { json.string(key.description) }
            json.endArray()
            json.member("witness", ifPresent: services.witness?.key.description)
            json.endObject()
        }
    }

    private func notProven(_ sequence: UInt64) -> Problem {
        if let failure = services.notary.failure { return Problem(.serviceUnavailable, "unavailable", "no checkpoints are signed: \(failure)") }
        let size = services.notary.published?.checkpoint.size ?? 0
        if sequence <= services.log.durableSequence {
            return Problem(.serviceUnavailable, "unavailable", "record \(sequence) is not under a checkpoint yet, the newest covers \(size); try again shortly")
        }
        return Problem(.notFound, "not-found", "the log has no record \(sequence)")
    }
}
