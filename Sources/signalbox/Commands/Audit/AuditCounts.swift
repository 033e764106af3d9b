import Audit
import JSON

/// `audit query --count-by`.
enum AuditCounts {
    static let fields = CountField.allCases.map(\.rawValue).joined(separator: ", ")

    static func show(_ name: String, _ arguments: Arguments, _ command: Command) async throws {
        guard let field = CountField(rawValue: name) else { throw UsageError("--count-by takes one of \(fields)", command) }
        guard arguments.value("--limit") == nil, !arguments.has("--oldest-first") else {
            throw UsageError("--count-by counts everything that is meant: it takes neither --limit nor --oldest-first", command)
        }
        let counts = try await AuditSource(arguments).counts(AuditConditions.parameters(arguments), by: field)
        let sorted = counts.values.sorted { field == .day ? $0.key < $1.key : ($1.value, $0.key) < ($0.value, $1.key) }
        if arguments.has("--json") { return Terminal.line(json(sorted, others: counts.others, total: counts.total)) }
        var table = Table("COUNT", field.rawValue.uppercased())
        for (value, count) in sorted { table.add(String(count), value.isEmpty ? "(none)" : value) }
        if counts.others > 0 { table.add(String(counts.others), "(other values)") }
        table.add(String(counts.total), "(all)")
        Terminal.out(table.text)
    }

    /// As the API answers.
    private static func json(_ counts: [(key: String, value: UInt64)], others: UInt64, total: UInt64) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("counts")
        json.beginArray()
        for (value, count) in counts {
            json.beginObject()
            json.member("value", value)
            json.member("count", count)
            json.endObject()
        }
        json.endArray()
        json.member("total", total)
        if others > 0 { json.member("others", others) }
        json.endObject()
        return json.bytes
    }
}
