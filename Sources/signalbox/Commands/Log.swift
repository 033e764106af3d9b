import EventLog
import JSON
import Server

extension Command {
    private static let data = Option(name: "--data", value: "DIR", help: "the hub's data folder (default ./data)")

    static let logCheck = Command(
        name: "log check", summary: "Read the whole log of a stopped hub and say whether it is sound.",
        options: [data, Option(name: "--json", help: "as a JSON object")],
        example: "signalbox log check --data /var/lib/signalbox"
    ) { arguments in
        let folder = arguments.value("--data") ?? "./data"
        let report = try OfflineLog.check(data: folder)
        if arguments.has("--json") { Terminal.line(json(report)) } else { Terminal.out(text(report)) }
        guard report.damage.isEmpty else {
            throw CommandFailure("the log is damaged; 'signalbox log repair --data \(folder)' mends it")
        }
    }

    private static func text(_ report: LogReport) -> String {
        let summary = "\(report.records) records in \(report.segments.count) segments, \(report.bytes) bytes"
        let state = report.damage.isEmpty ? "sound" : "damaged"
        return ([summary + ": " + state] + report.notes + report.damage).joined(separator: "\n") + "\n"
    }

    private static func json(_ report: LogReport) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("records", report.records)
        json.member("segments", report.segments.count)
        json.member("bytes", report.bytes)
        for (key, texts) in [("notes", report.notes), ("damage", report.damage)] {
            json.key(named: key)
            json.beginArray()
            for text in texts { json.string(text) }
            json.endArray()
        }
        json.endObject()
        return json.bytes
    }

    static let logRepair = Command(
        name: "log repair",
        summary: "Make a damaged log of a stopped hub readable again; what cannot be saved is marked as lost.",
        options: [data], example: "signalbox log repair --data /var/lib/signalbox"
    ) { arguments in
        let done = try await OfflineLog.repair(data: arguments.value("--data") ?? "./data")
        Terminal.out(done.isEmpty ? "The log is sound: nothing was changed.\n" : done.map { $0 + "\n" }.joined())
    }
}
