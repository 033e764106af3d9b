package import EventLog
import Events
package import JSON

/// By what events are counted.
package enum CountField: String, Sendable, CaseIterable {
    case type, day, principal, repository, outcome, address, tag
}

/// How many events there are of each value, in bounded memory: with more than `limit` values those that are new count as others.
package struct EventCounts: Sendable {
    package static let limit = 10_000

    package struct Value: Sendable {
        package let text: String
        package fileprivate(set) var count: UInt64

        package init(text: String, count: UInt64) {
            self.text = text
            self.count = count
        }
    }

    package private(set) var total: UInt64 = 0
    /// Events whose value came when there were too many already.
    package private(set) var others: UInt64 = 0
    /// Where the next part goes on, as in `EventPage`; nil at the end.
    package fileprivate(set) var next: UInt64?
    private let field: CountField
    private var slots: [UInt64: Int] = [:]
    private var values: [Value] = []
    /// Drawn anew, so that nobody can choose values that are taken for one.
    private let seed = UInt64.random(in: .min ... .max)

    init(_ field: CountField) {
        self.field = field
    }

    package var sorted: [Value] { field.sorted(values) }

    mutating func add(_ head: RecordHead, _ body: Span<UInt8>) {
        total += 1
        if field == .day { return add(UInt64(bitPattern: head.time.dividedDown(by: 86_400_000))) { String(Timestamp.text(head.time).prefix(10)) } }
        var found: (Range<Int>, Bool)?
        EventWalk.run(body) { candidate, range, escaped in
            if found == nil, candidate == field.walked { found = (range, escaped) }
        }
        guard let (range, escaped) = found else { return add(seed) { "" } }
        if field == .outcome {
            let outcome = Outcome(type: body, range)
            return add(EventTerm.of(.outcome, outcome.rawValue)) { outcome.rawValue }
        }
        add(EventTerm.hash(body, range, seed: seed)) { EventWalk.string(body, range, escaped) }
    }

    private mutating func add(_ key: UInt64, _ text: () -> String) {
        if let slot = slots[key] {
            values[slot].count += 1
        } else if values.count < Self.limit {
            slots[key] = values.count
            values.append(Value(text: text(), count: 1))
        } else {
            others += 1
        }
    }
}

extension CountField {
    /// The most frequent first; days in their order.
    package func sorted(_ values: [EventCounts.Value]) -> [EventCounts.Value] {
        values.sorted { self == .day ? $0.text < $1.text : ($1.count, $0.text) < ($0.count, $1.text) }
    }

    fileprivate var walked: EventWalk.Field {
        switch self {
        case .type, .outcome, .day: .type
        case .principal: .principal
        case .repository: .repository
        case .address: .address
        case .tag: .tag
        }
    }
}

extension EventCounts {
    /// `{"counts": [{"value", "count"}], "total", "others"?, "next"?, "beginning"?}`, of one part or of several put together.
    package static func encode(
        _ sorted: [Value], total: UInt64, others: UInt64, next: UInt64? = nil, beginning: LogBeginning? = nil, into json: inout JSONWriter
    ) {
        json.beginObject()
        json.key("counts")
        json.beginArray()
        for value in sorted {
            json.beginObject()
            json.member("value", value.text)
            json.member("count", value.count)
            json.endObject()
        }
        json.endArray()
        json.member("total", total)
        if others > 0 { json.member("others", others) }
        json.member("next", ifPresent: next.map { String($0) })
        if let beginning {
            json.key("beginning")
            beginning.encode(into: &json)
        }
        json.endObject()
    }
}

extension Int64 {
    fileprivate func dividedDown(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-(self + 1)) / divisor) - 1
    }
}

extension AuditLog {
    /// How many bytes of the log one call counts: a few seconds.
    private static let countBytes = 1 << 30

    /// Counts the events that are meant; `search.limit` does not apply.
    package func counts(_ search: EventSearch, by field: CountField) throws(LogError) -> EventCounts {
        var counts = EventCounts(field)
        let end = try visit(search, maxBytes: Self.countBytes) { head, body in
            counts.add(head, body)
            return true
        }
        if case .at(let position) = end { counts.next = position }
        return counts
    }
}
