import JSON

/// What an index can be asked on behalf of an event pattern: for a field whose every alternative is known to the letter (or, for names,
/// up to a part's end), the terms of which an event must have one. Whatever is not sure is left out, so that no match is missed.
enum PatternTerms {
    static func groups(of pattern: JSONValue) -> [[UInt64]] {
        var groups: [[UInt64]] = []
        func add(_ list: JSONValue?, _ term: (JSONValue) -> UInt64?) {
            guard let alternatives = list?.array, !alternatives.isEmpty else { return }
            let terms = alternatives.map(term)
            guard terms.allSatisfy({ $0 != nil }) else { return }
            groups.append(terms.compactMap { $0 })
        }
        add(pattern["type"]) { name($0, whole: .type, part: .family, separator: ".") }
        add(pattern["id"]) { exact($0, .id) }
        let data = pattern["data"]
        add(data?["repository"]) { name($0, whole: .repository, part: .folder, separator: "/") }
        add(data?["tag"]) { exact($0, .tag) }
        add(data?["digest"]) { digest($0) }
        add(data?["actor"]?["name"]) { exact($0, .principal) }
        add(data?["request"]?["id"]) { exact($0, .request) }
        add(data?["request"]?["address"]) { exact($0, .address) }
        return groups
    }

    private static func exact(_ value: JSONValue, _ kind: EventTerm.Kind) -> UInt64? {
        value.string.map { EventTerm.of(kind, $0) }
    }

    /// The index has digests of the usual lengths only.
    private static func digest(_ value: JSONValue) -> UInt64? {
        guard let text = value.string else { return nil }
        let bytes = Array(text.utf8)
        return EventTerms.isDigest(bytes.span, 0..<bytes.count) ? EventTerm.of(.digest, text) : nil
    }

    /// A name, or the part before the last separator of what stands to the letter in front of the first wildcard.
    private static func name(
        _ value: JSONValue, whole: EventTerm.Kind, part: EventTerm.Kind, separator: Character
    ) -> UInt64? {
        if let text = value.string { return EventTerm.of(whole, text) }
        guard let object = value.object, object.count == 1 else { return nil }
        guard let text = object["prefix"]?.string ?? object["wildcard"]?.string else { return nil }
        // A backslash escapes in a wildcard; names have none.
        guard !text.contains("\\") else { return nil }
        let literal = text.prefix { $0 != "*" }
        guard let end = literal.lastIndex(of: separator) else { return nil }
        let name = literal[..<end]
        // What nearly all types begin with is not in the index.
        if part == .family, name.count(where: { $0 == separator }) < EventTerms.familyDots { return nil }
        return EventTerm.of(part, String(name))
    }
}
