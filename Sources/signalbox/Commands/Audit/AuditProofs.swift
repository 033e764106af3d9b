import Audit
import Crypto
import EventLog
import HTTP
import IO
import JSON
import Server

extension Command {
    private static let keyHelp = "the log's verifier key, as 'signalbox audit keys' shows it; kept by whoever checks"

    static let auditProve = Command(
        name: "audit prove", summary: "Write a proof that a record is in the log, held to a signed checkpoint; anybody can check it offline.",
        operands: [Operand(name: "SEQ")],
        options: [
            Option(name: "--out", value: "FILE", help: "where the proof goes (default standard output)"),
            SignedHub.key, SignedHub.kept, HubClient.option, HubClient.authorities,
        ],
        example: "signalbox audit prove 4711 --out 4711.tlog-proof --key 'hub.example/log+5f7e...'"
    ) { arguments in
        guard let sequence = UInt64(arguments.operands[0]), sequence > 0 else { throw UsageError("SEQ is a record's sequence number") }
        let hub = try await SignedHub(arguments)
        let kept = try hub.kept(arguments)
        guard let bytes = try await hub.client.content("/api/v1/audit/proofs/\(sequence)") else {
            throw CommandFailure("the log has no record \(sequence)")
        }
        // A proof that does not hold is not handed on.
        let proof: InclusionProof
        do throws(NoteError) { proof = try InclusionProof(parsing: bytes) } catch { throw CommandFailure("the hub's proof: \(error)") }
        let checkpoint = try hub.signed(proof.note, "the checkpoint of the hub's proof")
        guard proof.index == sequence - 1, proof.entry.map({ $0.sequence == sequence }) ?? true else {
            throw CommandFailure("the hub answered with the proof of another record")
        }
        guard proof.leads(from: try await leaf(proof, checkpoint, hub.client), to: checkpoint) else {
            throw CommandFailure("the hub's proof does not hold: it does not lead from record \(sequence) to the root that is signed")
        }
        for kept in kept { try await hub.hold(checkpoint, to: kept) }
        if proof.entry == nil { Terminal.error("the hub does not say what record \(sequence) is (it was archived, or is lost): the proof is of its hash only\n") }
        guard let file = arguments.value("--out") else { return Terminal.out(String(decoding: bytes, as: UTF8.self)) }
        try Files.replace(file, with: bytes)
    }

    /// What the proof is of: the hash of its entry, or where it has none, the one that the tree has.
    private static func leaf(_ proof: InclusionProof, _ checkpoint: Checkpoint, _ client: HubClient) async throws -> TreeHash {
        var hasher = TreeHasher()
        if let entry = proof.entry { return hasher.leaf(entry.bytes) }
        let (tile, slot) = (proof.index / 256, Int(proof.index % 256) * TreeHash.size)
        let width = Int(min(256, checkpoint.size - min(checkpoint.size, tile * 256)))
        guard width > 0, let hashes = try await client.content("/log/" + TilePath.path(.hashes(level: 0), index: tile, width: width)),
            hashes.count >= slot + TreeHash.size, let leaf = TreeHash(Array(hashes[slot..<slot + TreeHash.size]))
        else { throw CommandFailure("the hub's tree has no hash of record \(proof.index + 1)") }
        return leaf
    }

    static let auditCheckProof = Command(
        name: "audit check-proof", summary: "Check a proof offline: that a record is in the log that a key signs for.",
        operands: [Operand(name: "FILE")],
        options: [
            Option(name: "--key", value: "VKEY", help: keyHelp),
            Option(name: "--witness", value: "VKEY", help: "a witness whose signature the checkpoint must have too"),
            Option(name: "--record", value: "FILE", help: "the record's event, byte for byte: it must be the one that is proven"),
            Option(name: "--attachment", value: "FILE", help: "the manifest that the record brought: it must be the one that is proven"),
            Option(name: "--json", help: "as a JSON object"),
        ],
        example: "signalbox audit check-proof 4711.tlog-proof --record event.json --key 'hub.example/log+5f7e...'"
    ) { arguments in
        guard let text = arguments.value("--key") else { throw UsageError("--key is missing: without the log's key nothing is proven") }
        var keys = [try NoteKey(text)]
        if let witness = arguments.value("--witness") { keys.append(try NoteKey(witness)) }
        let proof = try InclusionProof(parsing: read(arguments.operands[0], limit: InclusionProof.maxBytes))
        let (checkpoint, entry) = try proof.check(keys)
        var hasher = TreeHasher()
        for (option, hash) in [("--record", entry.bodyHash), ("--attachment", entry.attachmentHash)] {
            guard let file = arguments.value(option) else { continue }
            guard try hasher.digest(read(file, limit: 64 << 20)) == hash else {
                throw CommandFailure("\(file) is not what record \(entry.sequence) holds: its SHA-256 is another")
            }
        }
        if arguments.has("--json") { return Terminal.line(json(checkpoint, entry)) }
        Terminal.out("Record \(entry.sequence) is in \(checkpoint.origin), under the checkpoint of \(checkpoint.size) records.\n")
    }

    private static func read(_ file: String, limit: Int) throws -> [UInt8] {
        guard let bytes = try Files.read(file, limit: limit) else { throw CommandFailure("cannot read \(file): there is no such file") }
        return bytes
    }

    private static func json(_ checkpoint: Checkpoint, _ entry: LogEntry) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("origin", checkpoint.origin)
        json.member("size", checkpoint.size)
        json.member("sequence", entry.sequence)
        json.member("time", entry.time)
        json.member("bodySHA256", Hex.encode(entry.bodyHash.bytes))
        json.member("attachmentSHA256", Hex.encode(entry.attachmentHash.bytes))
        json.endObject()
        return json.bytes
    }

    static let auditConsistency = Command(
        name: "audit consistency",
        summary: "Show that the log only grew: from OLD records, or from those of a checkpoint that was kept, to NEW or to all that are signed.",
        operands: [Operand(name: "OLD", isOptional: true), Operand(name: "NEW", isOptional: true)],
        options: [
            SignedHub.key, SignedHub.kept, Option(name: "--json", help: "the proof as a JSON object"), HubClient.option, HubClient.authorities,
        ],
        example: "signalbox audit consistency --checkpoint /mnt/usb/checkpoint --key 'hub.example/log+5f7e...'"
    ) { arguments in
        let numbers = arguments.operands.compactMap { UInt64($0) }
        guard numbers.count == arguments.operands.count else { throw UsageError("OLD and NEW are numbers of records") }
        let hub = try await SignedHub(arguments)
        let kept = try hub.kept(arguments)
        guard let old = numbers.first ?? kept.map(\.checkpoint.size).min() else {
            throw UsageError("from what on? OLD, a number of records, or --checkpoint FILE is missing")
        }
        let signed = try await hub.newest()
        let new = numbers.count > 1 ? numbers[1] : signed.size
        guard new <= signed.size else { throw CommandFailure("\(new) records are more than the hub signs for: its newest checkpoint is of \(signed.size)") }
        guard old <= new else { throw CommandFailure("\(old) records are more than \(new)") }
        let proof = try await hub.consistency(from: old, to: new)
        // Both roots are the hub's word so far. What is signed is the newest one: they must be on the way there.
        let rest = try await hub.consistency(from: new, to: signed.size)
        guard rest.oldRoot == proof.root, rest.root == signed.root else {
            throw CommandFailure("the hub's proof does not hold: it does not lead to the root of its checkpoint of \(signed.size) records")
        }
        for kept in kept { try await hub.hold(signed, to: kept) }
        if arguments.has("--json") { return Terminal.line(json(proof, signed)) }
        Terminal.out(
            "The first \(proof.old) records are the beginning of the \(proof.size), as \(signed.origin) has signed (\(signed.size) records).\n"
                + "\(proof.old) \(Base64.encode(proof.oldRoot.bytes))\n\(proof.size) \(Base64.encode(proof.root.bytes))\n")
    }

    private static func json(_ proof: ConsistencyProof, _ signed: Checkpoint) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        proof.encodeMembers(into: &json)
        json.member("origin", signed.origin)
        json.member("signedSize", signed.size)
        json.member("signedRoot", Base64.encode(signed.root.bytes))
        json.endObject()
        return json.bytes
    }

    static let auditKeys = Command(
        name: "audit keys", summary: "Show the public keys that sign the log's checkpoints, and those that did.",
        options: [Option(name: "--json", help: "as a JSON object"), HubClient.option, HubClient.authorities],
        example: "signalbox audit keys"
    ) { arguments in
        let answer = try await HubClient(arguments).call(.get, "/api/v1/audit/keys")
        if arguments.has("--json") { return Terminal.line(answer?.encoded ?? []) }
        let keys = answer?["keys"]?.array?.compactMap(\.string) ?? []
        Terminal.out(keys.map { $0 + "\n" }.joined())
    }
}
