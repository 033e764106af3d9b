import Audit
import IO
import JSON

/// A file for each hour. What was written and how far it reaches are noted together, so that an export that was interrupted anywhere goes on
/// without a gap and without doubles.
struct FolderSink: ExportSink {
    private let folder: String
    private let format: ExportFormat
    /// Two exports would cut off and write over what the other one wrote.
    private let lock: LockFile
    private var mark: Mark?

    /// How far the export is: the last record that is done, the file that is written to, and how much of that counts.
    private struct Mark {
        var sequence: UInt64
        var file: String
        var length: Int
        var last: ExportedEvent?
    }

    var position: UInt64? { mark?.sequence }
    var last: ExportedEvent? { mark?.last }

    init(_ folder: String, _ format: ExportFormat) throws {
        self.folder = folder
        self.format = format
        try Files.makeDirectories(folder, mode: 0o700)
        lock = try LockFile(folder + "/lock")
        guard let bytes = try Files.read(folder + "/position.json", limit: 1 << 16) else { return }
        let json = try JSONValue.parse(bytes)
        guard let sequence = json["sequence"]?.string.flatMap({ UInt64($0) }), let file = json["file"]?.string,
            let length = json["length"]?.int.flatMap({ Int(exactly: $0) }), !file.contains("/")
        else { throw CommandFailure("\(folder)/position.json is not what an export wrote: remove it to begin anew in an empty folder") }
        guard json["format"]?.string == format.rawValue else {
            throw CommandFailure("\(folder) has an export in the format \(json["format"]?.string ?? "?"): use another folder for \(format.rawValue)")
        }
        let last = ExportedEvent(sequence: json["event"]?["sequence"]?.string, id: json["event"]?["id"]?.string)
        mark = Mark(sequence: sequence, file: file, length: length, last: last)
        try cutBack()
    }

    /// What came after the mark was written again by nobody: it goes.
    private func cutBack() throws {
        guard let mark, !mark.file.isEmpty else { return }
        let file = try File("\(folder)/\(mark.file)", [.read, .write])
        guard try file.size() >= mark.length else {
            throw CommandFailure("\(folder)/\(mark.file) is shorter than what was exported to it: restore it, or begin anew in an empty folder")
        }
        try file.truncate(to: mark.length)
        try file.sync()
        for name in try Files.list(folder) where name.hasPrefix("events-") && name > mark.file { try Files.unlink("\(folder)/\(name)") }
    }

    mutating func take(_ events: [JSONValue], through position: UInt64) async throws -> Bool {
        var next = mark ?? Mark(sequence: 0, file: "", length: 0)
        var out: [UInt8] = []
        for event in events {
            // A clock that was set back does not open a file that is done.
            let name = max(Self.name(event, format), next.file)
            if name != next.file {
                try write(out, to: &next)
                out = format.head
                next.file = name
                next.length = 0
            }
            format.append(event, to: &out)
        }
        try write(out, to: &next)
        next.sequence = position
        next.last = ExportedEvent(events.last) ?? next.last
        try save(next)
        mark = next
        return true
    }

    private static func name(_ event: JSONValue, _ format: ExportFormat) -> String {
        "events-\(event["time"]?.string?.prefix(13) ?? "0000-00-00T00")Z.\(format.fileExtension)"
    }

    private func write(_ bytes: [UInt8], to mark: inout Mark) throws {
        guard !bytes.isEmpty else { return }
        let file = try File("\(folder)/\(mark.file)", mark.length == 0 ? [.write, .create, .truncate] : [.write], mode: 0o600)
        try file.write(bytes, at: mark.length)
        try file.sync()
        mark.length += bytes.count
    }

    private func save(_ mark: Mark) throws {
        var json = JSONWriter()
        json.beginObject()
        json.member("sequence", String(mark.sequence))
        json.member("file", mark.file)
        json.member("length", mark.length)
        json.member("format", format.rawValue)
        if let last = mark.last {
            json.key("event")
            json.beginObject()
            json.member("sequence", String(last.sequence))
            json.member("id", last.id)
            json.endObject()
        }
        json.endObject()
        try Files.replace(folder + "/position.json", with: json.bytes + [0x0A], mode: 0o600)
    }
}
