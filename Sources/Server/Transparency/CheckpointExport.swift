import Audit
import EventLog
import HTTP
import IO
import Synchronization

/// Takes each checkpoint out of this hub, so that a log that was rewritten together with its checkpoints does not go unnoticed:
/// to a file, to a URL, and to witnesses, who sign it too once they have seen that the log only grew.
///
/// All of it is tried within a bound of time and never holds up the log. What fails is said once, and tried again at every turn, as long
/// as the checkpoint is the newest.
final class CheckpointExport: Sendable {
    private static let timeout: Int64 = 10_000

    let settings: AuditSettings
    private let client: HTTPClient?
    let pool: BlockingPool
    /// Witness and the size of the last checkpoint that it signed. A Mutex: several are asked at a time.
    private let seen = Mutex<[NoteKey: UInt64]>([:])
    private let failing = Mutex<Set<String>>([])
    /// The last checkpoint that each file and URL took since the start.
    private let taken = Mutex<[String: SignedNote]>([:])

    init(_ settings: AuditSettings, loops: EventLoopGroup, pool: BlockingPool) throws {
        self.settings = settings
        self.pool = pool
        // Where checkpoints go is the operator's word, so that private addresses are as good as others.
        client = loops.loops.first.map { HTTPClient(on: $0, resolver: pool) }
    }

    /// Sends a checkpoint to all who do not have it; the note with the signatures that witnesses added.
    func send(_ published: Notary.Published, _ notary: Notary) async -> SignedNote {
        if notary.isHalted { return published.note }
        var note = published.note
        await withTaskGroup(of: SignedNote.Signature?.self) { group in
            for witness in settings.witnesses where !note.signatures.contains(where: { $0.name == witness.key.name && $0.id == witness.key.id }) {
                group.addTask { await self.ask(witness, published, notary) }
            }
            for await signature in group {
                if let signature { note.signatures.append(signature) }
            }
        }
        let whole = note
        if let path = settings.checkpointFile {
            await bring(whole, to: "checkpointFile \(path)") { [pool] in
                try await pool.run { try CheckpointFile(path).add(whole) }
            }
        }
        if let url = settings.checkpointURL {
            await bring(whole, to: "checkpointURL \(url.descriptionWithoutQuery)") { [self] in
                let headers = HeaderBuilder([.contentType: "text/plain; charset=utf-8"])
                let answer = try await post(HTTPRequest(.post, url, headers: headers, content: whole.encoded, isRepeatable: true))
                guard answer.status.isSuccess else { throw NoteError("it answered \(answer.status)") }
            }
        }
        return note
    }

    private func bring(_ note: SignedNote, to place: String, _ body: () async throws -> Void) async {
        if taken.withLock({ $0[place]?.says(note) ?? false }) { return }
        await attempt(place) {
            try await body()
            taken.withLock { $0[place] = note }
        }
    }

    func post(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard let client else { throw NoteError("there is no event loop") }
        return try await client.execute(request, until: Monotonic.milliseconds + Self.timeout, capture: .whole(limit: 64 << 10))
    }

    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
            if failing.withLock({ $0.remove(what) }) != nil { Diagnostics.info("checkpoints reach \(what) again") }
        } catch where Task.isCancelled {
            // The hub ends: it is offered once more then.
        } catch {
            if failing.withLock({ $0.insert(what).inserted }) { Diagnostics.warning("a checkpoint did not reach \(what): \(error)") }
        }
    }

    private func ask(_ witness: AuditSettings.Witness, _ published: Notary.Published, _ notary: Notary) async -> SignedNote.Signature? {
        let found = Mutex<SignedNote.Signature?>(nil)
        await attempt("witness \(witness.key.name)") { [self] in
            // A witness that knows another size says so, and is asked once more from there.
            for _ in 0..<2 {
                let old = min(seen.withLock { $0[witness.key] ?? 0 }, published.checkpoint.size)
                let answer = try await post(try await request(witness, from: old, published, notary))
                try await judge(answer, of: witness, notary)
                if answer.status == .conflict, let size = WitnessRequest.size(answer.content), size != old {
                    guard size <= published.checkpoint.size else {
                        throw NoteError("it has signed a checkpoint of \(size) records, which the next one here covers")
                    }
                    seen.withLock { $0[witness.key] = size }
                    continue
                }
                guard answer.status.isSuccess else {
                    throw NoteError("it answered \(answer.status): \(String(decoding: answer.content.prefix(200), as: UTF8.self))")
                }
                var note = SignedNote(text: published.note.text)
                note.signatures = try SignedNote.lines(answer.content)
                try note.verify([witness.key])
                let signature = note.signatures.first { $0.name == witness.key.name && $0.id == witness.key.id }
                seen.withLock { $0[witness.key] = published.checkpoint.size }
                return found.withLock { $0 = signature }
            }
            throw NoteError("it does not agree about the size of its last checkpoint")
        }
        return found.withLock { $0 }
    }

    func request(
        _ witness: AuditSettings.Witness, from old: UInt64, _ published: Notary.Published, _ notary: Notary
    ) async throws -> HTTPRequest {
        let size = published.checkpoint.size
        let proof = try await pool.run { () throws -> [TreeHash] in
            if old == 0 || old == size { return [] }
            guard let tree = notary.tree else { throw NoteError("the tree is being made again") }
            var proofs = tree.proofs()
            return try proofs.consistency(from: old, to: size)
        }
        let prefix = witness.url.target == "/" ? "" : witness.url.target
        let url = HTTPURL(origin: witness.url.origin, target: prefix + "/add-checkpoint")
        return HTTPRequest(
            .post, url, headers: HeaderBuilder([.contentType: "text/plain; charset=utf-8"]),
            content: WitnessRequest(old: old, proof: proof, note: published.note).encoded, isRepeatable: true)
    }
}
