import Audit
import JSON
import Server

extension Command {
    private static let json = Option(name: "--json", help: "as a JSON object")

    static let backup = Command(
        name: "backup", summary: "Copy the data folder of a hub, running or not, to another folder; what is there already is not copied again.",
        operands: [Operand(name: "DEST")],
        options: [Option(name: "--data", value: "DIR", help: "the hub's data folder (default ./data)"), json],
        example: "signalbox backup /mnt/backup/hub --data /var/lib/signalbox"
    ) { arguments in
        let report = try Backup.run(data: arguments.value("--data") ?? "./data", to: arguments.operands[0]) { Terminal.error($0 + "\n") }
        if arguments.has("--json") {
            var json = JSONWriter()
            json.beginObject()
            json.member("sequence", report.sequence)
            json.member("copiedFiles", report.copiedFiles)
            json.member("copiedBytes", report.copiedBytes)
            json.member("keptFiles", report.keptFiles)
            json.endObject()
            return Terminal.line(json.bytes)
        }
        Terminal.out(
            "Backed up to record \(report.sequence): \(report.copiedFiles) files copied (\(report.copiedBytes) bytes), \(report.keptFiles) were there.\n")
    }

    static let restore = Command(
        name: "restore", summary: "Make a data folder out of a backup, checked as a whole before it gets its name.",
        operands: [Operand(name: "SRC")],
        options: [
            Option(name: "--data", value: "DIR", help: "the folder to make; it must be missing or empty"),
            Option(name: "--to", value: "SEQ", help: "as it was after this record (default all of it)"), json,
        ],
        example: "signalbox restore /mnt/backup/hub --data /var/lib/signalbox"
    ) { arguments in
        guard let data = arguments.value("--data"), !data.isEmpty else { throw UsageError("--data is missing: the folder to make") }
        let to = try arguments.value("--to").map { text in
            guard let sequence = UInt64(text), sequence > 0 else { throw UsageError("--to takes a record's sequence number") }
            return sequence
        }
        let report = try Restore.run(source: arguments.operands[0], data: data, to: to) { Terminal.error($0 + "\n") }
        if arguments.has("--json") {
            var json = JSONWriter()
            json.beginObject()
            json.member("sequence", report.sequence)
            json.member("checkpoints", report.verification.checkpoints)
            json.member("provenSize", report.verification.provenSize)
            json.member("manifests", report.verification.manifests)
            json.member("newOrigin", ifPresent: report.newOrigin)
            json.endObject()
            return Terminal.line(json.bytes)
        }
        Terminal.out("Restored \(data) up to record \(report.sequence); \(report.verification.checkpoints) checkpoints fit.\n")
        if let origin = report.newOrigin {
            Terminal.out(
                "Checkpoints beyond record \(report.sequence) were signed, so the log goes on under a new key and the name \(origin). "
                    + "The old key and checkpoints are in \(data)/checkpoints-before.\n")
        }
    }
}
