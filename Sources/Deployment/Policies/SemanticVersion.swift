/// A version as Semantic Versioning 2.0.0 has it, with its precedence (section 11).
struct SemanticVersion: Sendable, Hashable {
    var major: NaturalNumber
    var minor: NaturalNumber
    var patch: NaturalNumber
    /// Empty for a release.
    var prerelease: [Identifier] = []
    /// Has no part in precedence.
    var build = ""

    enum Identifier: Sendable, Hashable {
        case number(NaturalNumber)
        case word(String)
    }

    init(_ major: NaturalNumber, _ minor: NaturalNumber, _ patch: NaturalNumber, prerelease: [Identifier] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    /// Nil for anything that the grammar does not allow, but for a `v` in front.
    init?(_ text: some StringProtocol) {
        let text = text.hasPrefix("v") ? String(text.dropFirst()) : String(text)
        let (rest, build) = Self.cut(text[...], at: "+")
        let (core, prerelease) = Self.cut(rest, at: "-")
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, let major = Self.number(numbers[0]), let minor = Self.number(numbers[1]),
            let patch = Self.number(numbers[2])
        else { return nil }
        self.init(major, minor, patch)
        if let prerelease {
            guard let identifiers = Self.identifiers(prerelease) else { return nil }
            self.prerelease = identifiers
        }
        if let build {
            guard build.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isIdentifier) else { return nil }
            self.build = String(build)
        }
    }

    /// What stands before the mark, and after it where there is one.
    static func cut(_ text: Substring, at mark: Character) -> (Substring, Substring?) {
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }

    /// A number without zeros at the front.
    static func number(_ text: Substring) -> NaturalNumber? {
        guard text.utf8.count == 1 || text.first != "0" else { return nil }
        return NaturalNumber(text)
    }

    static func identifiers(_ text: Substring) -> [Identifier]? {
        var identifiers: [Identifier] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard isIdentifier(part) else { return nil }
            if NaturalNumber(part) != nil {
                guard let number = number(part) else { return nil }
                identifiers.append(.number(number))
            } else {
                identifiers.append(.word(String(part)))
            }
        }
        return identifiers
    }

    static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    var isPrerelease: Bool { !prerelease.isEmpty }
}

extension SemanticVersion {
    /// True where `other` comes after this one. Two versions that differ in build metadata only are neither before nor after.
    func precedes(_ other: SemanticVersion) -> Bool {
        if major != other.major { return major < other.major }
        if minor != other.minor { return minor < other.minor }
        if patch != other.patch { return patch < other.patch }
        if prerelease.isEmpty || other.prerelease.isEmpty { return !prerelease.isEmpty && other.prerelease.isEmpty }
        for (mine, theirs) in zip(prerelease, other.prerelease) where mine != theirs {
            switch (mine, theirs) {
            case (.number(let mine), .number(let theirs)): return mine < theirs
            case (.word(let mine), .word(let theirs)): return mine.utf8.lexicographicallyPrecedes(theirs.utf8)
            case (.number, .word): return true
            case (.word, .number): return false
            }
        }
        return prerelease.count < other.prerelease.count
    }
}
