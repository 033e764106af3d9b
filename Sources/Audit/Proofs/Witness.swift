import Crypto
package import EventLog
package import Events
import IO
import Synchronization

/// Signs the checkpoints of other logs once it has seen that they only grew (C2SP tlog-witness).
///
///     data/
///     ├── witness.key                     32 bytes, the key's seed (0600)
///     └── witness/<SHA-256 of the origin> the newest checkpoint of that log that was signed
package final class Witness: Sendable {
    /// How a request ends that is not granted.
    package enum Refusal: Error, Sendable, Equatable {
        case malformed(String)
        case unknownOrigin
        case notSigned(String)
        /// The witness's last checkpoint has this size.
        case conflict(UInt64)
        /// It may not follow on the last one that was signed: what there is to say about that.
        case inconsistent(String, WitnessNotice)
    }

    package let key: NoteKey
    private let secret: Ed25519PrivateKey
    private let logs: [NoteKey]
    private let directory: String
    // A Mutex: looking up the last checkpoint and replacing it is one step, with its sync.
    private let turn = Mutex(())

    /// - Parameter logs: the keys of the logs whose checkpoints are signed; their names are the origins. Blocks.
    package init(data: String, name: String, logs: [NoteKey]) throws {
        secret = try KeyFile.loadOrCreateSigningKey(data + "/witness.key")
        key = try NoteKey(name: name, type: .cosignature, key: secret.publicKey)
        self.logs = logs
        directory = data + "/witness"
        try Files.makeDirectories(directory)
    }

    /// What a checkpoint that was signed is answered with.
    package struct Signed: Sendable, Hashable {
        /// Signature lines.
        package let lines: [UInt8]
        /// Where it is the first one of its log.
        package let began: WitnessNotice?
    }

    /// Signs a checkpoint. It is kept, on disk, before this returns. Blocks.
    /// - Throws: `Refusal`; another error where the checkpoint could not be kept.
    package func add(_ body: [UInt8], now: UInt64) throws -> Signed {
        let request: WitnessRequest
        let checkpoint: Checkpoint
        do throws(NoteError) {
            request = try WitnessRequest(parsing: body)
            checkpoint = try Checkpoint(text: request.note.text)
        } catch {
            throw Refusal.malformed(error.description)
        }
        let keys = logs.filter { $0.name == checkpoint.origin }
        if keys.isEmpty { throw Refusal.unknownOrigin }
        do throws(NoteError) { try request.note.verify(keys) } catch { throw Refusal.notSigned(error.description) }
        guard request.old <= checkpoint.size else { throw Refusal.malformed("the old size is greater than the checkpoint's") }
        return try turn.withLock { _ in
            let last = try newest(checkpoint.origin).map { try Checkpoint(text: $0.text) }
            guard request.old == last?.size ?? 0 else { throw Refusal.conflict(last?.size ?? 0) }
            var hasher = TreeHasher()
            var kept = SignedNote(text: request.note.text)
            kept.signatures = request.note.signatures.filter { signature in keys.contains { $0.name == signature.name && $0.id == signature.id } }
            func notice(_ kind: WitnessNotice.Kind) -> WitnessNotice {
                WitnessNotice(
                    kind, origin: checkpoint.origin, head: checkpoint.head, previous: last?.head, checkpoint: String(decoding: kept.encoded, as: UTF8.self))
            }
            if checkpoint.size == 0, checkpoint.root != hasher.empty() {
                throw Refusal.inconsistent("an empty log has the root of the empty tree", notice(.refused))
            }
            let isConsistent = request.old == 0
                ? request.proof.isEmpty
                : ProofChecks.isConsistent(
                    from: request.old, last?.root ?? hasher.empty(), to: checkpoint.size, checkpoint.root, proof: request.proof)
            guard isConsistent else { throw Refusal.inconsistent("the checkpoint does not follow on the one of \(request.old) records", notice(.refused)) }
            // Of the log's own signatures alone, as long as there is no other.
            let began = last == nil ? notice(.began) : nil
            let signature = try SignedNote.Signature.cosignature(request.note.text, at: now, secret, name: key.name)
            kept.signatures.append(signature)
            try Files.replace(path(checkpoint.origin), with: kept.encoded)
            return Signed(lines: Array(signature.line.utf8), began: began)
        }
    }

    /// The newest checkpoint that was signed for the log whose origin has this SHA-256 in hexadecimal. Blocks.
    package func newest(originHash: String) throws -> SignedNote? {
        guard let log = logs.first(where: { Self.hash($0.name) == originHash }) else { return nil }
        return try newest(log.name)
    }

    private func newest(_ origin: String) throws -> SignedNote? {
        try Files.read(path(origin), limit: SignedNote.maxBytes).map { try SignedNote(parsing: $0) }
    }

    private func path(_ origin: String) -> String { directory + "/" + Self.hash(origin) }

    private static func hash(_ origin: String) -> String { Hex.encode(Crypto.hash(.sha256, Array(origin.utf8))) }
}

extension Checkpoint {
    fileprivate var head: WitnessNotice.Head { WitnessNotice.Head(size: size, root: Base64.encode(root.bytes)) }
}
