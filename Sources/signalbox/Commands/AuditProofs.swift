import Audit
import Crypto
import EventLog
import HTTP
import IO
import JSON

extension Command {
    private static let keyHelp = "the log's verifier key, as 'signalbox audit keys' shows it; kept by whoever checks"

    static let auditProve = Command(
        name: "audit prove", summary: "Write a proof that a record is in the log, which anybody can check offline.",
        operands: [Operand(name: "SEQ")],
        options: [
            Option(name: "--out", value: "FILE", help: "where the proof goes (default standard output)"),
            HubClient.option, HubClient.authorities,
        ],
        example: "signalbox audit prove 4711 --out 4711.tlog-proof"
    ) { arguments in
        guard let sequence = UInt64(arguments.operands[0]), sequence > 0 else { throw UsageError("SEQ is a record's sequence number") }
        let client = try HubClient(arguments)
        guard let bytes = try await client.content("/api/v1/audit/proofs/\(sequence)") else {
            throw CommandFailure("the log has no record \(sequence)")
        }
        // A proof that does not hold is not handed on.
        let proof = try InclusionProof(parsing: bytes)
        guard proof.index == sequence - 1 else { throw CommandFailure("the hub answered with the proof of another record") }
        guard let file = arguments.value("--out") else { return Terminal.out(String(decoding: bytes, as: UTF8.self)) }
        try Files.replace(file, with: bytes)
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
        name: "audit consistency", summary: "Show that the log only grew from one size to another.",
        operands: [Operand(name: "OLD"), Operand(name: "NEW", isOptional: true)],
        options: [Option(name: "--json", help: "the proof as a JSON object"), HubClient.option, HubClient.authorities],
        example: "signalbox audit consistency 4000 5000"
    ) { arguments in
        let numbers = arguments.operands.map { UInt64($0) }
        guard let old = numbers[0], numbers.allSatisfy({ $0 != nil }) else {
            throw UsageError("OLD and NEW are numbers of records")
        }
        let client = try HubClient(arguments)
        let new = numbers.count > 1 ? numbers[1].map { "&new=\($0)" } ?? "" : ""
        let answer = try await client.call(.get, "/api/v1/audit/consistency?old=\(old)\(new)")
        guard let answer, let proof = ConsistencyProof(answer), proof.holds else {
            throw CommandFailure("the hub's proof does not hold: the log of \(old) records is not the beginning of the later one")
        }
        if arguments.has("--json") { return Terminal.line(answer.encoded) }
        Terminal.out(
            "The first \(proof.old) records are the beginning of the \(proof.size).\n"
                + "\(proof.old) \(Base64.encode(proof.oldRoot.bytes))\n\(proof.size) \(Base64.encode(proof.root.bytes))\n")
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

extension ConsistencyProof {
    fileprivate init?(_ json: JSONValue) {
        func hash(_ value: JSONValue?) -> TreeHash? { value?.string.flatMap { Base64.decode($0) }.flatMap { TreeHash($0) } }
        guard let old = json["old"]?.int, let new = json["new"]?.int, let oldRoot = hash(json["oldRoot"]),
            let root = hash(json["newRoot"]), let hashes = json["proof"]?.array, hashes.count <= 64
        else { return nil }
        let proof = hashes.compactMap { hash($0) }
        guard proof.count == hashes.count, old >= 0, new >= old else { return nil }
        self.init(old: UInt64(old), oldRoot: oldRoot, size: UInt64(new), root: root, hashes: proof)
    }
}
