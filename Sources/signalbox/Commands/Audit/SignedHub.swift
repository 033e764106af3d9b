import Audit
import Crypto
import EventLog
import HTTP
import JSON
import Server

/// A hub that is not trusted: what it answers is held to a checkpoint that the key of its log signed.
struct SignedHub {
    static let key = Command.Option(
        name: "--key", value: "VKEY",
        help: "the log's key, as you noted it down from 'signalbox audit keys'; may be repeated. Without it the hub's own word is taken",
        isRepeatable: true)
    static let kept = Command.Option(
        name: "--checkpoint", value: "FILE", help: "a checkpoint that was kept earlier: the log must still have it as its beginning; may be repeated",
        isRepeatable: true)

    let client: HubClient
    private let keys: [NoteKey]

    init(_ arguments: Arguments) async throws {
        try await self.init(HubClient(arguments), keys: arguments.values("--key").map { try NoteKey($0) })
    }

    /// - Parameter keys: those that are trusted; none takes the hub's own.
    init(_ client: HubClient, keys: [NoteKey]) async throws {
        self.client = client
        if !keys.isEmpty {
            self.keys = keys
            return
        }
        Terminal.error("without --key the hub's own word is taken for its key\n")
        let answer = try await client.call(.get, "/api/v1/audit/keys")
        self.keys = try answer?["keys"]?.array?.compactMap(\.string).map { try NoteKey($0) } ?? []
    }

    /// A checkpoint that one of the keys signed.
    /// - Parameter name: what it is, for errors.
    func signed(_ note: SignedNote, _ name: String) throws -> Checkpoint {
        do throws(NoteError) {
            let checkpoint = try Checkpoint(text: note.text)
            // A log that was restored has keys of the one that it was before: each signs under its own name.
            let keys = keys.filter { $0.name == checkpoint.origin }
            if keys.isEmpty { throw NoteError("it is of \(checkpoint.origin), for which no key was given") }
            try note.verify(keys)
            return checkpoint
        } catch {
            throw CommandFailure("\(name) cannot be trusted: \(error)")
        }
    }

    /// The newest checkpoint of the hub.
    func newest() async throws -> Checkpoint {
        guard let bytes = try await client.content("/log/checkpoint") else { throw CommandFailure("the hub has no checkpoint yet") }
        return try signed(parsed(bytes, "the hub's checkpoint"), "the hub's checkpoint")
    }

    private func parsed(_ bytes: [UInt8], _ name: String) throws -> SignedNote {
        do throws(NoteError) { return try SignedNote(parsing: bytes) } catch { throw CommandFailure("\(name): \(error)") }
    }

    /// The newest checkpoint of each file that was kept.
    func kept(_ arguments: Arguments) throws -> [(name: String, checkpoint: Checkpoint)] {
        try arguments.values("--checkpoint").compactMap { file in
            let all = try Command.notes(in: file).map { try signed($0, file) }
            return all.max { $0.size < $1.size }.map { (file, $0) }
        }
    }

    /// What shows that the log of `old` records is the beginning of the one of `new`: for these sizes, and right.
    func consistency(from old: UInt64, to new: UInt64) async throws -> ConsistencyProof {
        let answer = try await client.call(.get, "/api/v1/audit/consistency?old=\(old)&new=\(new)")
        guard let answer, let proof = ConsistencyProof(answer), proof.old == old, proof.size == new, proof.holds else {
            throw CommandFailure("the hub's proof does not hold: the log of \(old) records is not shown to be the beginning of the one of \(new)")
        }
        return proof
    }

    /// Holds the log of a later checkpoint to one that was kept.
    func hold(_ later: Checkpoint, to kept: (name: String, checkpoint: Checkpoint)) async throws {
        let (name, earlier) = kept
        guard earlier.size <= later.size else {
            throw CommandFailure("\(name) covers \(earlier.size) records, and the hub signs for \(later.size): records are gone, or its folder was set back")
        }
        let proof = try await consistency(from: earlier.size, to: later.size)
        guard proof.oldRoot == earlier.root, proof.root == later.root else {
            throw CommandFailure("the log is not the one of \(name): what was there of \(earlier.size) records is not the beginning of what the hub signs now")
        }
    }
}
