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
        let sorted = field.sorted(counts.values.map { EventCounts.Value(text: $0.key, count: $0.value) })
        if arguments.has("--json") {
            var json = JSONWriter()
            EventCounts.encode(sorted, total: counts.total, others: counts.others, beginning: counts.beginning, into: &json)
            AuditSource.warn(counts.beginning)
            return Terminal.line(json.bytes)
        }
        var table = Table("COUNT", field.rawValue.uppercased())
        for value in sorted { table.add(String(value.count), value.text.isEmpty ? "(none)" : value.text) }
        if counts.others > 0 { table.add(String(counts.others), "(other values)") }
        table.add(String(counts.total), "(all)")
        Terminal.out(table.text)
        AuditSource.warn(counts.beginning)
    }
}
