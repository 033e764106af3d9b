import Testing
import TestSupport

@testable import Deployment

@Suite struct SemanticVersionTests {
    /// From the regular expression's test page that semver.org links to.
    static let valid = [
        "0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta", "1.1.2+meta-valid", "1.0.0-alpha", "1.0.0-beta",
        "1.0.0-alpha.beta", "1.0.0-alpha.beta.1", "1.0.0-alpha.1", "1.0.0-alpha0.valid", "1.0.0-alpha.0valid",
        "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", "1.0.0-rc.1+build.1", "2.0.0-rc.1+build.123", "1.2.3-beta",
        "10.2.3-DEV-SNAPSHOT", "1.2.3-SNAPSHOT-123", "1.0.0", "2.0.0", "1.1.7", "2.0.0+build.1848", "2.0.1-alpha.1227",
        "1.0.0-alpha+beta", "1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "1.2.3----R-S.12.9.1--.12+meta", "1.2.3----RC-SNAPSHOT.12.9.1--.12",
        "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "99999999999999999999999.999999999999999999.99999999999999999", "1.0.0-0A.is.legal",
    ]
    static let invalid = [
        "1", "1.2", "1.2.3-0123", "1.2.3-0123.0123", "1.1.2+.123", "+invalid", "-invalid", "-invalid+invalid", "-invalid.01", "alpha",
        "alpha.beta", "alpha.beta.1", "alpha.1", "alpha+beta", "alpha_beta", "alpha.", "alpha..", "beta", "1.0.0-alpha_beta", "-alpha.",
        "1.0.0-alpha..", "1.0.0-alpha..1", "1.0.0-alpha...1", "1.0.0-alpha....1", "1.0.0-alpha.....1", "1.0.0-alpha......1",
        "1.0.0-alpha.......1", "01.1.1", "1.01.1", "1.1.01", "1.2", "1.2.3.DEV", "1.2-SNAPSHOT", "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
        "1.2-RC-SNAPSHOT", "-1.0.3-gamma+b7718", "+justmeta", "9.8.7+meta+meta", "9.8.7-whatever+meta+meta",
        "99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1--------------------------------..12",
        "", "v", "vv1.2.3", "1.2.3 ", " 1.2.3", "1.2.3-", "1.2.3+", "1.2.3-é", "1.2.٣", "-1.2.3",
    ]

    @Test("semver.org's valid versions are read, with and without a v", arguments: valid)
    func reads(text: String) {
        #expect(SemanticVersion(text) != nil)
        #expect(SemanticVersion("v" + text) == SemanticVersion(text))
    }

    @Test("semver.org's invalid versions are not", arguments: invalid)
    func refuses(text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    /// Each list from the lowest to the highest: the specification's own examples (section 11) and what follows from its rules.
    @Test("versions are in the specification's order", arguments: [
        ["1.0.0", "2.0.0", "2.1.0", "2.1.1"],
        ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
        ["v9.0.0", "v10.0.0", "v10.0.1-0", "v10.0.1"],
        ["1.0.0-0", "1.0.0-1", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000", "1.0.0--", "1.0.0-0a", "1.0.0-A", "1.0.0-a"],
        ["9223372036854775807.0.0", "9223372036854775808.0.0", "18446744073709551616.0.0", "99999999999999999999999.0.0"],
    ])
    func order(texts: [String]) throws {
        let versions = try texts.map { try #require(SemanticVersion($0)) }
        for (index, version) in versions.enumerated() {
            for (other, later) in versions.enumerated() { #expect(version.precedes(later) == (index < other), "\(texts[index]) \(texts[other])") }
        }
    }

    @Test("build metadata has no part in the order")
    func build() throws {
        let versions = try ["1.0.0", "1.0.0+a", "1.0.0+b"].map { try #require(SemanticVersion($0)) }
        for left in versions { for right in versions { #expect(!left.precedes(right)) } }
    }

    @Test("the order is one: of any three versions, none comes before itself in a circle")
    func total() throws {
        var random = SeededGenerator(seed: 11)
        func version() throws -> SemanticVersion {
            let numbers = (0..<3).map { _ in Int.random(in: 0...2, using: &random) }.map { "\($0)" }.joined(separator: ".")
            let words = ["", "-0", "-1", "-a", "-a.1", "-a.b", "-b", "-10", "-1.0"]
            return try #require(SemanticVersion(numbers + (words.randomElement(using: &random) ?? "")))
        }
        for _ in 0..<3_000 {
            let (a, b, c) = (try version(), try version(), try version())
            #expect(!(a.precedes(b) && b.precedes(a)))
            #expect((a == b) == (!a.precedes(b) && !b.precedes(a)))
            if a.precedes(b), b.precedes(c) { #expect(a.precedes(c)) }
        }
    }

    @Test("a number of any length has a successor and an order")
    func naturalNumbers() throws {
        func number(_ text: String) throws -> NaturalNumber { try #require(NaturalNumber(text)) }
        for (text, next) in [("0", "1"), ("9", "10"), ("99", "100"), ("109", "110"), (String(repeating: "9", count: 100), "1" + String(repeating: "0", count: 100))] {
            #expect(try number(text).successor == number(next))
            #expect(try number(text) < number(next))
        }
        #expect(try number("007") == number("7"))
        #expect(NaturalNumber("") == nil)
        #expect(NaturalNumber("-1") == nil)
        #expect(NaturalNumber("1a") == nil)
    }
}
