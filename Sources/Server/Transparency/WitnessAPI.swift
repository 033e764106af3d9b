import Audit
import EventLog
import Events
import HTTP
import IO

/// `/witness/`: where other logs have their checkpoints signed (C2SP tlog-witness). Not there unless `audit.witnessFor` names a log.
struct WitnessAPI: Sendable {
    let services: Services

    func answer(_ request: Request, _ body: RequestBody) async -> Response {
        guard let witness = services.witness else { return text(.notFound, "This hub is no witness.\n") }
        let path = request.head.segments.dropFirst().map(\.text)
        switch (path.count, path.last, request.method) {
        case (1, "add-checkpoint", .post): return await add(request, body, witness)
        case (2, "checkpoint", .get), (2, "checkpoint", .head): return await newest(path[0], witness)
        default: return text(.notFound, "There is no such part of the witness.\n")
        }
    }

    private func add(_ request: Request, _ body: RequestBody, _ witness: Witness) async -> Response {
        do {
            let bytes = try await body.collect(limit: WitnessRequest.maxBytes)
            let now = UInt64(clamping: Wall.milliseconds / 1000)
            let signed = try await services.pool.run { try witness.add(bytes, now: now) }
            // Not each of them: what is recorded here is signed in its turn, and two hubs that are each other's witness would never come to rest.
            if let began = signed.began { try await services.journal.record(.witness(began), request.context()) }
            return text(.ok, signed.lines)
        } catch let refusal as Witness.Refusal {
            if case .inconsistent(_, let notice) = refusal {
                await services.journal.recordRefusal(notice, request.context(), now: Wall.milliseconds)
            }
            return answer(refusal)
        } catch let error as BodyError {
            return Problem(error).response
        } catch {
            Diagnostics.error("a checkpoint of another log could not be kept: \(error)")
            return text(.serviceUnavailable, "the checkpoint could not be kept\n")
        }
    }

    private func answer(_ refusal: Witness.Refusal) -> Response {
        switch refusal {
        case .malformed(let what): return text(.badRequest, what + "\n")
        case .unknownOrigin: return text(.notFound, "this witness does not know that log\n")
        case .notSigned(let what): return text(.forbidden, what + "\n")
        case .inconsistent(let what, _): return text(.unprocessableContent, what + "\n")
        case .conflict(let size):
            var headers = HeaderBuilder()
            headers.append(.contentType, "text/x.tlog.size")
            return Response(.conflict, headers, body: .bytes(Array("\(size)\n".utf8)))
        }
    }

    private func newest(_ origin: String, _ witness: Witness) async -> Response {
        do {
            guard let note = try await services.pool.run({ try witness.newest(originHash: origin) }) else {
                return text(.notFound, "this witness has signed no checkpoint of that log\n")
            }
            return text(.ok, note.encoded)
        } catch {
            return text(.internalServerError, "\(error)\n")
        }
    }

    private func text(_ status: HTTPStatus, _ text: String) -> Response { self.text(status, Array(text.utf8)) }

    private func text(_ status: HTTPStatus, _ bytes: [UInt8]) -> Response {
        var headers = HeaderBuilder()
        headers.append(.contentType, "text/plain; charset=utf-8")
        headers.append(.cacheControl, "no-store")
        return Response(status, headers, body: .bytes(bytes))
    }
}
