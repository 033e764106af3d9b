package import JSON
import Events

/// How exported events are written: one a line.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// As they are in the log.
    case jsonl
    /// RFC 4180, with a line of names first.
    case csv
    /// CloudTrail's records.
    case cloudtrail
    /// OCSF's class API Activity.
    case ocsf

    /// What a file begins with.
    package var head: [UInt8] { self == .csv ? CSVFormat.head : [] }

    package var fileExtension: String { self == .csv ? "csv" : "jsonl" }

    /// Appends an event with its line's end; nothing for what this format has no form for.
    package func append(_ event: JSONValue, to out: inout [UInt8]) {
        switch self {
        case .jsonl: out += event.encoded
        case .csv: return CSVFormat.append(event, to: &out)
        case .cloudtrail:
            guard let record = CloudTrailRecord(event, time: Self.time(event)) else { return }
            var json = JSONWriter()
            record.encode(into: &json)
            out += json.bytes
        case .ocsf: out += OCSFFormat.encode(event)
        }
        out.append(0x0A)
    }

    /// Unix milliseconds; 0 where it has none.
    package static func time(_ event: JSONValue) -> Int64 {
        event["time"]?.string.flatMap { Timestamp.parse($0) } ?? 0
    }
}
