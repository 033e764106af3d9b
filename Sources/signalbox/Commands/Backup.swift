import Audit
import EventLog
import JSON
import Server

extension Command {
    private static let json = Option(name: "--json", help: "as a JSON object")

    static let backup = Command(
        name: "backup", summary: "Copy the data folder of a hub, running or not, to another folder; what is there already is not copied again.",
        operands: [Operand(name: "DEST")],
        options: [
            Option(name: "--data", value: "DIR", help: "the hub's data folder (default ./data)"),
            Option(name: "--check", help: "make no backup, but read all that is in DEST and say what is damaged or missing"), json,
        ],
        example: "signalbox backup /mnt/backup/hub --data /var/lib/signalbox"
    ) { arguments in
        if arguments.has("--check") {
            guard arguments.value("--data") == nil else { throw UsageError("--check looks at DEST alone: leave --data out") }
            return try check(arguments.operands[0], asJSON: arguments.has("--json"))
        }
        let report = try await Backup.run(data: arguments.value("--data") ?? "./data", to: arguments.operands[0]) { Terminal.error($0 + "\n") }
        if arguments.has("--json") {
            var json = JSONWriter()
            json.beginObject()
            json.member("sequence", report.sequence)
            json.member("copiedFiles", report.copiedFiles)
            json.member("copiedBytes", report.copiedBytes)
            json.member("keptFiles", report.keptFiles)
            json.member("mendedFiles", report.mendedFiles)
            json.endObject()
            return Terminal.line(json.bytes)
        }
        Terminal.out(
            "Backed up to record \(report.sequence): \(report.copiedFiles) files copied (\(report.copiedBytes) bytes), \(report.keptFiles) were there.\n")
    }

    private static func check(_ folder: String, asJSON: Bool) throws {
        let inspection = try BackupInspection.run(folder) { Terminal.error($0 + "\n") }
        if asJSON {
            var json = JSONWriter()
            json.beginObject()
            json.member("fits", inspection.findings.isEmpty)
            json.member("files", inspection.files)
            json.member("bytes", inspection.bytes)
            json.key("findings")
            json.beginArray()
            for finding in inspection.findings { json.string(finding) }
            json.endArray()
            json.endObject()
            Terminal.line(json.bytes)
        } else {
            Terminal.out(inspection.findings.map { $0 + "\n" }.joined())
        }
        if let first = inspection.findings.first { throw CommandFailure("the backup is not whole: \(first)") }
        if !asJSON { Terminal.out("All of it is as it was copied: \(inspection.files) files, \(inspection.bytes) bytes.\n") }
    }

    static let restore = Command(
        name: "restore", summary: "Make a data folder out of a backup, checked as a whole before a hub can start on it.",
        operands: [Operand(name: "SRC")],
        options: [
            Option(name: "--data", value: "DIR", help: "the folder to make; it must be missing or empty"),
            Option(name: "--to", value: "SEQ", help: "as it was after this record (default all of it)"),
            Option(
                name: "--checkpoint", value: "FILE",
                help: "the newest checkpoint that the hub published: where the backup covers it, the log keeps its name and key"),
            Option(name: "--archive", value: "DIR", help: "where retention put old segments: they come back into the log"),
            Option(name: "--reason", value: "TEXT", help: "why, for the record about it"), json,
        ],
        example: "signalbox restore /mnt/backup/hub --data /var/lib/signalbox --reason 'the disk was lost'"
    ) { arguments in
        guard let data = arguments.value("--data"), !data.isEmpty else { throw UsageError("--data is missing: the folder to make") }
        let to = try arguments.value("--to").map { text in
            guard let sequence = UInt64(text), sequence > 0 else { throw UsageError("--to takes a record's sequence number") }
            return sequence
        }
        var options = Restore.Options(source: arguments.operands[0], data: data)
        options.to = to
        options.archive = arguments.value("--archive")
        options.reason = arguments.value("--reason")
        options.published = try arguments.value("--checkpoint").map { (name: $0, notes: try notes(in: $0)) }
        let report = try await Restore.run(options) { Terminal.error($0 + "\n") }
        if arguments.has("--json") { return Terminal.line(restored(report)) }
        Terminal.out("Restored \(data) up to record \(report.sequence); \(report.verification.checkpoints) checkpoints fit.\n")
        for loss in report.verification.findings where loss.isLoss { Terminal.out("Of the log in the backup, \(loss.text).\n") }
        if let published = report.published {
            Terminal.out(
                "The log goes on as \(published.origin): it has the checkpoint of \(published.size) records that you gave\(published.isBeyondBackup ? "" : ", which the backup has, too"). "
                    + "That the hub published none after it is your word: if it did, there are two histories under one key now.\n")
        }
        if let origin = report.origin {
            Terminal.out(
                "What was published after the backup is not known, so the log goes on as \(origin), with a new key; record \(report.sequence + 1) says so. "
                    + "Give the key to whoever checks the log ('signalbox audit keys'), and take the old audit.origin out of the config file.\n")
        }
        if report.dropsWitnessKey {
            Terminal.out("The hub was a witness: it gets a new key for that, too, which the hubs that it signs for have to know.\n")
        }
    }

    private static func restored(_ report: Restore.Report) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("sequence", report.sequence)
        json.member("first", report.first)
        json.member("last", report.verification.last)
        json.member("checkpoints", report.verification.checkpoints)
        json.member("provenSize", report.verification.provenSize)
        json.member("manifests", report.verification.manifests)
        json.member("newOrigin", ifPresent: report.origin)
        json.member("previousOrigin", ifPresent: report.previousOrigin)
        json.member("newWitnessKey", report.dropsWitnessKey)
        json.endObject()
        return json.bytes
    }
}
