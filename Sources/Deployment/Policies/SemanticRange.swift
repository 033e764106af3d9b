/// Which versions are meant, as npm and Masterminds/semver write it: `^1.2`, `~1.4`, `>=1.0 <2`, `1.x || 3.x`, `1.2 - 1.4`, `!=1.3.1`.
///
/// Pre-releases are meant only by alternatives in which a pre-release is named, such as `>=1.2-0`: nobody gets them by surprise.
struct SemanticRange: Sendable, Hashable {
    let text: String
    private let alternatives: [Alternative]

    static let maximumLength = 1_000

    /// All of its terms must hold.
    private struct Alternative: Sendable, Hashable {
        var terms: [Term]
        var namesPrerelease: Bool

        /// As far as its bounds tell: what `!=` leaves out is not looked at, but for `!=*`.
        var isEmpty: Bool {
            if terms.contains(where: { $0.isInverted && $0.lower == nil && $0.upper == nil }) { return true }
            let bounds = terms.filter { !$0.isInverted }
            let uppers = bounds.compactMap(\.upper)
            var lowers = bounds.compactMap(\.lower)
            // Nothing is below the first of all.
            let zero = SemanticVersion(.zero, .zero, .zero, prerelease: namesPrerelease ? [.number(.zero)] : [])
            lowers.append(Term.Bound(version: zero, isIncluded: true))
            return lowers.contains { lower in
                // Without pre-releases, the first release that it lets in.
                let least = namesPrerelease ? lower : lower.leastRelease
                return uppers.contains { upper in
                    upper.version.precedes(least.version)
                        || (!least.version.precedes(upper.version) && !(least.isIncluded && upper.isIncluded))
                }
            }
        }
    }

    /// Versions between two bounds, or with `isInverted` all others.
    struct Term: Sendable, Hashable {
        var lower: Bound?
        var upper: Bound?
        var isInverted = false

        struct Bound: Sendable, Hashable {
            var version: SemanticVersion
            var isIncluded: Bool

            /// Of a lower bound.
            fileprivate var leastRelease: Bound {
                let isNext = !version.isPrerelease && !isIncluded
                let patch = isNext ? version.patch.successor : version.patch
                return Bound(version: SemanticVersion(version.major, version.minor, patch), isIncluded: true)
            }
        }

        func contains(_ version: SemanticVersion) -> Bool {
            var isBetween = true
            if let lower { isBetween = lower.isIncluded ? !version.precedes(lower.version) : lower.version.precedes(version) }
            if isBetween, let upper {
                isBetween = upper.isIncluded ? !upper.version.precedes(version) : version.precedes(upper.version)
            }
            return isBetween != isInverted
        }
    }

    /// Why it is no range, as a clause about it.
    struct Invalid: Error {
        let reason: String
    }

    init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= Self.maximumLength else { throw Invalid(reason: "it is longer than \(Self.maximumLength) bytes") }
        self.text = text
        var alternatives: [Alternative] = []
        var rest = text[...]
        while let mark = rest.firstRange(of: "||") {
            alternatives.append(try Self.alternative(rest[..<mark.lowerBound]))
            rest = rest[mark.upperBound...]
        }
        alternatives.append(try Self.alternative(rest))
        self.alternatives = alternatives
    }

    private static func alternative(_ text: Substring) throws(Invalid) -> Alternative {
        var parser = RangeParser(text)
        let terms = try parser.terms()
        return Alternative(terms: terms, namesPrerelease: parser.namesPrerelease)
    }

    /// Whether no version is in it, as in `>2 <1`.
    var isEmpty: Bool { alternatives.allSatisfy(\.isEmpty) }

    enum Answer: Equatable {
        case inside
        case outside
        /// It would be inside if pre-releases were meant.
        case prerelease
    }

    func answer(_ version: SemanticVersion) -> Answer {
        var answer = Answer.outside
        for alternative in alternatives where alternative.terms.allSatisfy({ $0.contains(version) }) {
            if !version.isPrerelease || alternative.namesPrerelease { return .inside }
            answer = .prerelease
        }
        return answer
    }
}
