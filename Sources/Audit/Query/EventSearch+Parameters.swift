extension EventSearch {
    package static let maximumLimit = 1_000

    /// The names that `init(parameters:)` knows.
    package static let parameterNames =
        ["after", "before", "limit", "order", "since", "until", "pattern", "principal", "requestId"] + EventFilter.Field.allCases.map(\.rawValue)

    /// Reads a question as the API and the command line write it: names and values. An error's pointer is the name at fault.
    package init(parameters: [(name: String, value: String)], now: Int64) throws(AuditError) {
        self.init()
        var conditions: [(EventFilter.Field, String)] = []
        var pattern: [UInt8]?
        for (name, value) in parameters {
            switch name {
            case "after": after = try Self.sequence(name, value)
            case "before": before = try Self.sequence(name, value)
            case "limit":
                guard let count = Int(value), (1...Self.maximumLimit).contains(count) else {
                    throw Self.bad(name, "must be a whole number from 1 to \(Self.maximumLimit)")
                }
                limit = count
            case "order":
                guard ["asc", "desc"].contains(value) else { throw Self.bad(name, "must be asc or desc") }
                isAscending = value == "asc"
            case "since": since = try Self.time(name, value, now)
            case "until": until = try Self.time(name, value, now)
            case "pattern":
                guard pattern == nil else { throw Self.bad(name, "stands twice") }
                pattern = Array(value.utf8)
            default:
                guard let field = EventFilter.Field(name: name) else {
                    throw Self.bad(name, "is not a known parameter; allowed: \(Self.parameterNames.joined(separator: ", "))")
                }
                conditions.append((field, value))
            }
        }
        let types = conditions.filter { $0.0 == .type }
        isAboutPulls = !types.isEmpty && types.allSatisfy { [Pull.type, Pull.lostType].contains($0.1) }
        filter = try EventFilter(conditions, pattern: pattern)
    }

    private static func sequence(_ name: String, _ value: String) throws(AuditError) -> UInt64 {
        guard let number = UInt64(value) else { throw bad(name, "must be a sequence number") }
        return number
    }

    private static func time(_ name: String, _ value: String, _ now: Int64) throws(AuditError) -> Int64 {
        guard let time = QueryTime.parse(value, now: now) else {
            throw bad(name, "must be a time such as 2026-01-31T12:00:00Z, a day, or how long ago: 90s, 15m, 24h, 7d, 4w")
        }
        return time
    }

    private static func bad(_ name: String, _ reason: String) -> AuditError {
        AuditError(.invalid, "\"\(name)\" \(reason)", pointer: name)
    }
}
