/// Picks out of a tag what its version is, such as the number in `main-a1b2c3-1700000000`: a regular expression that the tag must
/// match, and a text made of its groups (`$name`, `${name}`, `$1`, `$$` for a dollar). Without such a text the version is the whole tag.
struct TagFilter: Sendable, Hashable {
    let expression: Expression
    private let parts: [Part]?

    static let maximumExtract = 256

    private enum Part: Sendable, Hashable {
        case literal(String)
        case group(Int)
    }

    /// Why it cannot be used, as a clause.
    struct Invalid: Error {
        let reason: String
        let isAboutExtract: Bool
    }

    init(pattern: String, extract: String?) throws(Invalid) {
        do {
            expression = try Expression(pattern)
        } catch {
            throw Invalid(reason: "is no regular expression: at byte \(error.offset), \(error.reason)", isAboutExtract: false)
        }
        guard let extract else {
            parts = nil
            return
        }
        guard extract.utf8.count <= Self.maximumExtract else {
            throw Invalid(reason: "is longer than \(Self.maximumExtract) bytes", isAboutExtract: true)
        }
        parts = try Self.parse(extract, expression)
    }

    private static func parse(_ extract: String, _ expression: Expression) throws(Invalid) -> [Part] {
        var parts: [Part] = []
        var rest = extract[...]
        while let mark = rest.firstIndex(of: "$") {
            if mark > rest.startIndex { parts.append(.literal(String(rest[..<mark]))) }
            rest = rest[mark...].dropFirst()
            if rest.first == "$" {
                parts.append(.literal("$"))
                rest = rest.dropFirst()
                continue
            }
            let isBraced = rest.first == "{"
            if isBraced { rest = rest.dropFirst() }
            let name = rest.prefix { $0.asciiValue.map { ByteSet.word.contains($0) } ?? false }
            rest = rest[name.endIndex...]
            if isBraced {
                guard rest.first == "}" else { throw Invalid(reason: "has a ${ that does not close", isAboutExtract: true) }
                rest = rest.dropFirst()
            }
            guard let group = expression.groups[String(name)] ?? Int(name).flatMap({ (0..<expression.groupCount).contains($0) ? $0 : nil })
            else { throw Invalid(reason: "names \"$\(name)\", but the filter has no such group", isAboutExtract: true) }
            parts.append(.group(group))
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        return parts
    }

    /// What the policy looks at; nil where the tag does not match.
    func value(of tag: String) -> String? {
        guard let parts else { return expression.matches(tag) ? tag : nil }
        guard let groups = expression.groups(in: tag) else { return nil }
        return parts.map { part in
            switch part {
            case .literal(let text): text
            case .group(let number): groups[number] ?? ""
            }
        }.joined()
    }
}
