import EventPattern
import IO

/// What an index can be asked on behalf of an event pattern: for a field of which all that it can be is known to the letter (or, for names,
/// up to a part's end), the terms of which an event must have one. Whatever is not sure is left out, so that no match is missed.
enum PatternTerms {
    /// Looking up more than these in every segment costs more than it saves.
    private static let limit = 1_000

    static func groups(of pattern: Pattern) -> [[UInt64]] {
        var groups: [[UInt64]] = []
        func add(_ path: String, _ term: (Pattern.Value) -> UInt64?) {
            guard let values = pattern.values(of: path), !values.isEmpty, values.count <= limit else { return }
            let terms = values.compactMap(term)
            if terms.count == values.count { groups.append(Array(Set(terms))) }
        }
        add("type") { name($0, whole: .type, part: .family, separator: ".") }
        add("id") { exact($0, .id) }
        add("data.repository") { name($0, whole: .repository, part: .folder, separator: "/") }
        add("data.tag") { exact($0, .tag) }
        add("data.digest") { digest($0) }
        add("data.actor.name") { exact($0, .principal) }
        add("data.request.id") { exact($0, .request) }
        add("data.request.address") { address($0) }
        return groups
    }

    private static func exact(_ value: Pattern.Value, _ kind: EventTerm.Kind) -> UInt64? {
        guard case .text(let text) = value else { return nil }
        return EventTerm.of(kind, text)
    }

    /// Where a request came from stands in an event as `IPAddress` writes it, however it is asked for.
    private static func address(_ value: Pattern.Value) -> UInt64? {
        guard case .address(let bytes) = value else { return exact(value, .address) }
        return IPAddress(bytes: bytes).map { EventTerm.of(.address, $0.description) }
    }

    /// The index has digests of the usual lengths only.
    private static func digest(_ value: Pattern.Value) -> UInt64? {
        guard case .text(let text) = value else { return nil }
        let bytes = Array(text.utf8)
        return EventTerms.isDigest(bytes.span, 0..<bytes.count) ? EventTerm.of(.digest, text) : nil
    }

    /// A name, or the part before the last separator of how it begins.
    private static func name(
        _ value: Pattern.Value, whole: EventTerm.Kind, part: EventTerm.Kind, separator: Character
    ) -> UInt64? {
        guard case .beginning(let text) = value else { return exact(value, whole) }
        guard let end = text.lastIndex(of: separator) else { return nil }
        let name = text[..<end]
        // What nearly all types begin with is not in the index.
        if part == .family, name.count(where: { $0 == separator }) < EventTerms.familyDots { return nil }
        return EventTerm.of(part, String(name))
    }
}
