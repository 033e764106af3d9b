import Audit
import Crypto
import EventLog
import IO
import JSON
import Server

extension Command {
    private static let data = Option(name: "--data", value: "DIR", help: "the hub's data folder (default ./data); the hub must not run")

    static let auditVerify = Command(
        name: "audit verify",
        summary: "Replay the whole log, and hold it to its tree, its checkpoints, the state and the content on disk. Exit code 1: something is wrong; 3: it fits, but no checkpoint proves the last records.",
        options: [
            data,
            Option(name: "--blobs", value: "present|full", help: "look for every blob that a manifest needs, or read and hash each (default present)"),
            Option(name: "--key", value: "VKEY", help: "trust this key of the log and not the ones in the folder; may be repeated", isRepeatable: true),
            Option(name: "--checkpoint", value: "FILE", help: "checkpoints that were kept outside: the log must still fit them; may be repeated", isRepeatable: true),
            HubClient.option, HubClient.authorities,
            Option(name: "--json", help: "as a JSON object"),
        ],
        example: "signalbox audit verify --data /var/lib/signalbox --blobs full --checkpoint /mnt/usb/checkpoint"
    ) { arguments in
        guard ["present", "full"].contains(arguments.value("--blobs") ?? "present") else { throw UsageError("--blobs is present or full") }
        let keys = arguments.values("--key").isEmpty ? nil : try arguments.values("--key").map { try NoteKey($0) }
        let outside = try arguments.values("--checkpoint").flatMap { file in try notes(in: file).map { (name: file, note: $0) } }
        let report: VerifyReport
        if arguments.value("--hub") != nil {
            report = try await RemoteVerifier.run(HubClient(arguments), keys: keys, outside: outside)
        } else {
            report = try OfflineVerification.run(
                data: arguments.value("--data") ?? "./data", trusted: keys, outside: outside, readsBlobs: arguments.value("--blobs") == "full"
            ) { Terminal.error($0 + "\n") }
        }
        if arguments.has("--json") { Terminal.line(json(report)) } else { Terminal.out(text(report)) }
        if let first = report.findings.first { throw CommandFailure("the log cannot be relied on: \(first.text)") }
        if let unproven = report.unprovenText { throw CommandFailure(unproven, exitCode: 3) }
    }

    /// The checkpoints in a file: one, or several with empty lines between them.
    static func notes(in file: String) throws -> [SignedNote] {
        guard let bytes = try Files.read(file, limit: SignedNote.maxListBytes) else { throw CommandFailure("cannot read \(file): there is no such file") }
        do { return try SignedNote.list(parsing: bytes) } catch { throw CommandFailure("\(file): \(error)") }
    }

    private static func text(_ report: VerifyReport) -> String {
        var lines = [
            "records \(report.first) to \(report.last) in \(report.segments) segments, \(report.bytes) bytes; "
                + "\(report.checkpoints) checkpoints fit, the last of \(report.provenSize) records; \(report.manifests) manifests, \(report.blobs) blobs"
        ]
        if report.lost > 0 { lines.append("\(report.lost) records are marked as lost") }
        if report.redacted > 0 { lines.append("personal data was taken out of \(report.redacted) records") }
        lines += report.notes + report.findings.map(\.text)
        if let unproven = report.unprovenText { lines.append(unproven) }
        if report.findings.isEmpty { lines.append(report.unproven == 0 ? "all of it fits" : "the rest fits") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func json(_ report: VerifyReport) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("fits", report.findings.isEmpty)
        json.member("first", report.first)
        json.member("last", report.last)
        json.member("segments", report.segments)
        json.member("bytes", report.bytes)
        json.member("lost", report.lost)
        json.member("redacted", report.redacted)
        json.member("checkpoints", report.checkpoints)
        json.member("provenSize", report.provenSize)
        json.member("unproven", report.unproven)
        json.member("root", ifPresent: report.root.map { Base64.encode($0.bytes) })
        json.member("manifests", report.manifests)
        json.member("blobs", report.blobs)
        json.key("findings")
        json.beginArray()
        for finding in report.findings {
            json.beginObject()
            if let sequence = finding.sequence { json.member("sequence", sequence) }
            json.member("segment", ifPresent: finding.path)
            if let offset = finding.offset { json.member("offset", offset) }
            json.member("what", finding.what)
            json.endObject()
        }
        json.endArray()
        json.key("notes")
        json.beginArray()
        for note in report.notes { json.string(note) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    static let auditRotateKey = Command(
        name: "audit rotate-key", summary: "Give a stopped hub a new key for its checkpoints; the old one signs it in.",
        options: [data], example: "signalbox audit rotate-key --data /var/lib/signalbox"
    ) { arguments in
        let (old, new) = try await OfflineVerification.rotateKey(data: arguments.value("--data") ?? "./data")
        Terminal.out("old \(old)\nnew \(new)\n")
    }
}
