import Server

extension Command {
    static let auditRedact = Command(
        name: "audit redact",
        summary: "Take personal data (name, address, user agent, request id) out of a record of a stopped hub; proofs stay.",
        operands: [Operand(name: "SEQ")],
        options: [
            Option(name: "--reason", value: "TEXT", help: "why; it is recorded"),
            Option(name: "--data", value: "DIR", help: "the hub's data folder (default ./data); the hub must not run"),
        ],
        example: "signalbox audit redact 4711 --reason 'request of 2026-02-01' --data /var/lib/signalbox"
    ) { arguments in
        guard let sequence = UInt64(arguments.operands[0]), sequence > 0 else { throw UsageError("SEQ is a record's sequence number") }
        guard let reason = arguments.value("--reason"), !reason.isEmpty, reason.utf8.count <= 1024 else {
            throw UsageError("--reason is missing, or longer than 1,024 bytes")
        }
        let fields = try await OfflineRedaction.run(data: arguments.value("--data") ?? "./data", sequence: sequence, reason: reason)
        Terminal.out(
            fields.isEmpty
                ? "Record \(sequence) is redacted already.\n" : "Took \(fields.joined(separator: ", ")) out of record \(sequence).\n")
    }
}
