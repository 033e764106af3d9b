/// Reads one alternative of a range: terms with spaces or commas between them, all of which must hold.
struct RangeParser {
    private var rest: Substring
    /// One of the versions in it is a pre-release.
    private(set) var namesPrerelease = false

    init(_ text: Substring) {
        rest = text
    }

    /// A version of which the end may be missing or `x`.
    private struct Partial {
        var major: NaturalNumber?
        var minor: NaturalNumber?
        var patch: NaturalNumber?
        var prerelease: [SemanticVersion.Identifier] = []

        /// What is missing is 0.
        var floor: SemanticVersion {
            SemanticVersion(major ?? .zero, minor ?? .zero, patch ?? .zero, prerelease: prerelease)
        }

        /// The first version beyond all that begin so: its lowest pre-release, as a bound that leaves out all pre-releases of
        /// what is beyond. Nil where everything begins so.
        var ceiling: SemanticVersion? {
            guard let major else { return nil }
            guard let minor else { return Self.lowest(major.successor, .zero) }
            return Self.lowest(major, minor.successor)
        }

        static func lowest(_ major: NaturalNumber, _ minor: NaturalNumber, _ patch: NaturalNumber = .zero) -> SemanticVersion {
            SemanticVersion(major, minor, patch, prerelease: [.number(.zero)])
        }
    }

    private typealias Term = SemanticRange.Term
    private typealias Invalid = SemanticRange.Invalid

    /// None at all are a range that holds every version.
    mutating func terms() throws(SemanticRange.Invalid) -> [SemanticRange.Term] {
        var terms: [Term] = []
        skipSpace()
        var isApart = true
        while !rest.isEmpty {
            // What `12.3.34~ 1.2.3` means is anybody's guess; `>=1.0<2` is not.
            guard isApart || rest.first == "<" || rest.first == ">" else {
                throw Invalid(reason: "a space or a comma must stand before \"\(rest.prefix(1))\"")
            }
            let mark = operation()
            skipSpace()
            let version = try partial()
            // Leaving out one pre-release does not mean that the others are wanted.
            if mark != "!=", !version.prerelease.isEmpty { namesPrerelease = true }
            isApart = rest.first.map(Self.isSpace) ?? false
            skipSpace()
            if isApart, rest.first == "-" {
                guard mark == nil else { throw Invalid(reason: "no comparison can stand before a range from one version to another") }
                rest = rest.dropFirst()
                guard rest.first.map(Self.isSpace) ?? false else { throw Invalid(reason: "spaces must stand on both sides of the hyphen between two versions") }
                skipSpace()
                let last = try partial()
                if !last.prerelease.isEmpty { namesPrerelease = true }
                terms.append(span(version, last))
                isApart = rest.first.map(Self.isSpace) ?? false
            } else {
                terms.append(term(mark, version))
            }
            if try separator() { isApart = true }
        }
        return terms
    }

    private static func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }

    private mutating func skipSpace() {
        rest = rest.drop(while: Self.isSpace)
    }

    /// Whether there is a comma.
    private mutating func separator() throws(SemanticRange.Invalid) -> Bool {
        skipSpace()
        guard rest.first == "," else { return false }
        rest = rest.dropFirst()
        skipSpace()
        guard !rest.isEmpty else { throw Invalid(reason: "nothing follows the last comma") }
        return true
    }

    private mutating func operation() -> String? {
        for mark in [">=", "<=", "!=", "~>", "=>", "=<", ">", "<", "=", "^", "~"] where rest.hasPrefix(mark) {
            rest = rest.dropFirst(mark.count)
            return mark
        }
        return nil
    }

    private mutating func partial() throws(SemanticRange.Invalid) -> Partial {
        let word = rest.prefix { !Self.isSpace($0) && $0 != "," && !"<>=!^~".contains($0) }
        rest = rest[word.endIndex...]
        let shown = word.prefix(60)
        let invalid = Invalid(reason: word.isEmpty ? "a version is missing" : "\"\(shown)\" is not a version or the beginning of one")
        let text = word.hasPrefix("v") ? word.dropFirst() : word
        let (bare, build) = SemanticVersion.cut(text, at: "+")
        if let build {
            guard build.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(SemanticVersion.isIdentifier) else { throw invalid }
        }
        let (core, prerelease) = SemanticVersion.cut(bare, at: "-")
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { throw invalid }
        var numbers: [NaturalNumber] = []
        var isOpen = false
        for part in parts {
            if ["x", "X", "*"].contains(part) {
                isOpen = true
            } else {
                guard !isOpen, let number = SemanticVersion.number(part) else { throw invalid }
                numbers.append(number)
            }
        }
        var version = Partial(
            major: numbers.first, minor: numbers.count > 1 ? numbers[1] : nil, patch: numbers.count > 2 ? numbers[2] : nil)
        if let prerelease {
            guard let identifiers = SemanticVersion.identifiers(prerelease) else { throw invalid }
            version.prerelease = identifiers
        }
        return version
    }

    private func term(_ mark: String?, _ version: Partial) -> Term {
        let floor = version.floor
        let isWhole = version.patch != nil
        switch mark {
        case ">":
            // Beyond all that begin so; nothing is beyond everything.
            guard !isWhole else { return Term(lower: .init(version: floor, isIncluded: false)) }
            guard let ceiling = version.ceiling else { return Term(isInverted: true) }
            return Term(lower: .init(version: version.prerelease.isEmpty ? Self.release(ceiling) : ceiling, isIncluded: true))
        case ">=", "=>": return Term(lower: .init(version: floor, isIncluded: true))
        case "<":
            guard !isWhole, version.prerelease.isEmpty else { return Term(upper: .init(version: floor, isIncluded: false)) }
            return Term(upper: .init(version: Partial.lowest(floor.major, floor.minor), isIncluded: false))
        case "<=", "=<":
            guard !isWhole else { return Term(upper: .init(version: floor, isIncluded: true)) }
            return Term(upper: version.ceiling.map { .init(version: $0, isIncluded: false) })
        case "^": return between(floor, caretCeiling(version))
        case "~", "~>": return between(floor, version.ceiling)
        case "!=":
            // As Masterminds has it, !=4.1-alpha leaves out that pre-release and nothing else.
            let isOne = !version.prerelease.isEmpty && version.minor != nil
            var term = isOne ? only(floor) : exactly(version)
            term.isInverted = true
            return term
        default: return exactly(version)
        }
    }

    private static func release(_ version: SemanticVersion) -> SemanticVersion {
        SemanticVersion(version.major, version.minor, version.patch)
    }

    private func exactly(_ version: Partial) -> Term {
        version.patch == nil ? between(version.floor, version.ceiling) : only(version.floor)
    }

    private func only(_ version: SemanticVersion) -> Term {
        Term(lower: .init(version: version, isIncluded: true), upper: .init(version: version, isIncluded: true))
    }

    private func between(_ floor: SemanticVersion, _ ceiling: SemanticVersion?) -> Term {
        Term(
            lower: ceiling == nil ? nil : .init(version: floor, isIncluded: true),
            upper: ceiling.map { .init(version: $0, isIncluded: false) })
    }

    /// What leaves the first number that is not 0 as it is.
    private func caretCeiling(_ version: Partial) -> SemanticVersion? {
        guard let major = version.major else { return nil }
        if major != .zero || version.minor == nil { return Partial.lowest(major.successor, .zero) }
        let minor = version.minor ?? .zero
        if minor != .zero || version.patch == nil { return Partial.lowest(major, minor.successor) }
        return Partial.lowest(major, minor, (version.patch ?? .zero).successor)
    }

    private func span(_ from: Partial, _ to: Partial) -> Term {
        let upper: Term.Bound? =
            to.patch != nil ? .init(version: to.floor, isIncluded: true) : to.ceiling.map { .init(version: $0, isIncluded: false) }
        return Term(lower: .init(version: from.floor, isIncluded: true), upper: upper)
    }
}
