import EventPattern
import JSON

/// Which events are meant: conditions on single fields, an event pattern, digests that stand anywhere; all of them have to hold.
package struct EventFilter: Sendable {
    /// A field that can be asked for by value.
    package enum Field: String, Sendable, CaseIterable {
        case id, type, repository, tag, digest, actor, address, request, outcome, mentions

        /// The name in parameters; `principal` says the same as `actor`.
        package init?(name: String) {
            switch name {
            case "principal": self = .actor
            case "requestId": self = .request
            default: self.init(rawValue: name)
            }
        }
    }

    /// Nil where every event is meant.
    private let matcher: PatternMatcher<Int>?
    /// Texts that have to stand in the event, in quotes.
    private let mentions: [[UInt8]]
    /// What an index can be asked.
    let terms: [[UInt64]]

    /// Every event.
    package static let all = EventFilter(matcher: nil, mentions: [], terms: [])

    /// Whatever an index says has one of the terms of each group; whoever asks confirms it.
    static func narrowing(_ terms: [[UInt64]]) -> EventFilter {
        EventFilter(matcher: nil, mentions: [], terms: terms)
    }

    private init(matcher: PatternMatcher<Int>?, mentions: [[UInt8]], terms: [[UInt64]]) {
        self.matcher = matcher
        self.mentions = mentions
        self.terms = terms
    }

    package var isAll: Bool { matcher == nil && mentions.isEmpty }

    /// - Parameters:
    ///   - conditions: several values of one field are alternatives. `*` in a value stands for any characters.
    ///   - pattern: an event pattern, as JSON text.
    package init(_ conditions: [(field: Field, value: String)], pattern: [UInt8]? = nil) throws(AuditError) {
        var patterns: [(Int, Pattern)] = []
        var terms: [[UInt64]] = []
        var fields = FieldConditions()
        var mentions: [String] = []
        for (field, value) in conditions {
            if field == .mentions { mentions.append(value) } else { try fields.add(field, value) }
        }
        for (value, name) in [(fields.pattern, "conditions"), (fields.outcomePattern, "outcome")] {
            guard let value else { continue }
            patterns.append((patterns.count, try Self.parse(value.encoded, name)))
        }
        if let pattern { patterns.append((patterns.count, try Self.parse(pattern, "pattern"))) }
        for (_, pattern) in patterns { terms += PatternTerms.groups(of: pattern) }
        if let refused = fields.outcomeTerms { terms.append(refused) }
        for text in mentions {
            let bytes = Array(text.utf8)
            guard EventTerms.isDigest(bytes.span, 0..<bytes.count) else {
                throw AuditError(.invalid, "\"mentions\" must be a whole digest such as sha256:...", pointer: "mentions")
            }
            terms.append([EventTerm.of(.digest, text)])
        }
        matcher = patterns.isEmpty ? nil : PatternMatcher(patterns.map { (name: $0.0, pattern: $0.1) })
        self.mentions = mentions.map { Array("\"\($0)\"".utf8) }
        self.terms = terms
    }

    private static func parse(_ bytes: [UInt8], _ name: String) throws(AuditError) -> Pattern {
        do throws(PatternError) {
            return try Pattern.parse(bytes)
        } catch {
            let place = error.pointer.isEmpty ? "" : "at \(error.pointer) "
            throw AuditError(.invalid, "the pattern \(place)is not valid: \(error.reason)", pointer: name)
        }
    }

    /// Matches one event after another; for one thread.
    package struct Session: ~Copyable {
        private var session: MatchSession<Int>?
        private let count: Int
        private let mentions: [[UInt8]]

        package init(_ filter: EventFilter) {
            session = filter.matcher.map { MatchSession($0) }
            count = filter.matcher?.count ?? 0
            mentions = filter.mentions
        }

        /// Whether an event is meant; a record that is not one never is.
        package mutating func matches(_ event: Span<UInt8>) -> Bool {
            if count > 0, (try? session?.match(event).count) != count { return false }
            for text in mentions where !contains(event, text) { return false }
            return true
        }

        private func contains(_ event: Span<UInt8>, _ text: [UInt8]) -> Bool {
            unsafe event.withUnsafeBytes { unsafe ByteSearch.first(text, in: $0) != nil }
        }
    }
}
