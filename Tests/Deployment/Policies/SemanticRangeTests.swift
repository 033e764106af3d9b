import Testing

@testable import Deployment

@Suite struct SemanticRangeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let range: String
        let inside: [String]
        let outside: [String]
        var testDescription: String { range }
    }

    @Test("a range holds what npm and Masterminds say it holds", arguments: [
        Case(range: "*", inside: ["0.0.0", "9.9.9"], outside: ["1.0.0-rc.1"]),
        Case(range: "x", inside: ["0.0.0"], outside: []),
        Case(range: "1.2.3", inside: ["1.2.3", "v1.2.3", "1.2.3+b"], outside: ["1.2.4", "1.2.3-rc.1"]),
        Case(range: "=1.2.3", inside: ["1.2.3"], outside: ["1.2.2"]),
        Case(range: "1", inside: ["1.0.0", "1.9.9"], outside: ["0.9.9", "2.0.0", "1.0.0-a"]),
        Case(range: "1.x", inside: ["1.0.0", "1.9.9"], outside: ["2.0.0"]),
        Case(range: "1.2.*", inside: ["1.2.0", "1.2.99"], outside: ["1.3.0"]),
        Case(range: "1.2", inside: ["1.2.0", "1.2.7"], outside: ["1.3.0", "1.1.9"]),
        Case(range: "^1.2", inside: ["1.2.0", "1.99.0"], outside: ["1.1.9", "2.0.0", "2.0.0-alpha", "1.3.0-alpha"]),
        Case(range: "^1.2.3", inside: ["1.2.3", "1.3.0"], outside: ["1.2.2", "2.0.0"]),
        Case(range: "^0.2.3", inside: ["0.2.3", "0.2.9"], outside: ["0.3.0", "0.2.2"]),
        Case(range: "^0.0.3", inside: ["0.0.3"], outside: ["0.0.4", "0.0.2"]),
        Case(range: "^0.0", inside: ["0.0.0", "0.0.9"], outside: ["0.1.0"]),
        Case(range: "^0", inside: ["0.0.1", "0.9.0"], outside: ["1.0.0"]),
        Case(range: "^1.x", inside: ["1.0.0", "1.5.0"], outside: ["2.0.0"]),
        Case(range: "~1.4", inside: ["1.4.0", "1.4.9"], outside: ["1.5.0", "1.3.9"]),
        Case(range: "~1.4.2", inside: ["1.4.2", "1.4.9"], outside: ["1.5.0", "1.4.1"]),
        Case(range: "~1", inside: ["1.0.0", "1.9.0"], outside: ["2.0.0"]),
        Case(range: "~>1.4.2", inside: ["1.4.3"], outside: ["1.5.0"]),
        Case(range: "~0.0.1", inside: ["0.0.1", "0.0.9"], outside: ["0.1.0"]),
        Case(range: ">=1.0 <2", inside: ["1.0.0", "1.9.9"], outside: ["0.9.0", "2.0.0", "2.0.0-rc.1", "1.5.0-rc.1"]),
        Case(range: ">=1.0<2", inside: ["1.5.0"], outside: ["2.0.0"]),
        Case(range: "1.2.3 - 2.0,<1.5", inside: ["1.4.0"], outside: ["1.5.0"]),
        Case(range: "12.3.34 ~ 12.3.1", inside: ["12.3.34"], outside: ["12.3.35"]),
        Case(range: ">= 1.0, < 2", inside: ["1.5.0"], outside: ["2.0.0"]),
        Case(range: ">1.2", inside: ["1.3.0", "2.0.0"], outside: ["1.2.9", "1.2.0"]),
        Case(range: ">1", inside: ["2.0.0"], outside: ["1.9.9"]),
        Case(range: ">1.2.3", inside: ["1.2.4"], outside: ["1.2.3"]),
        Case(range: "<=1.2", inside: ["1.2.9", "0.1.0"], outside: ["1.3.0"]),
        Case(range: "<=1.2.3", inside: ["1.2.3"], outside: ["1.2.4"]),
        Case(range: "<1.2", inside: ["1.1.9"], outside: ["1.2.0"]),
        Case(range: ">*", inside: [], outside: ["0.0.0", "99.0.0"]),
        Case(range: "<*", inside: [], outside: ["0.0.0", "99.0.0"]),
        Case(range: ">=*", inside: ["0.0.0", "99.0.0"], outside: []),
        Case(range: "!=1.3.1 1.3", inside: ["1.3.0", "1.3.2"], outside: ["1.3.1", "1.4.0"]),
        Case(range: "!=1.3.x", inside: ["1.2.9", "1.4.0"], outside: ["1.3.0", "1.3.9"]),
        Case(range: "1.x || 3.x", inside: ["1.0.0", "3.9.0"], outside: ["2.0.0", "4.0.0"]),
        Case(range: "<1||>=2 <2.5||^9.1", inside: ["0.9.0", "2.4.9", "9.1.0"], outside: ["1.0.0", "2.5.0", "9.0.9"]),
        Case(range: "1.2.3 - 2.3.4", inside: ["1.2.3", "2.3.4"], outside: ["1.2.2", "2.3.5"]),
        Case(range: "1.2 - 2.3", inside: ["1.2.0", "2.3.9"], outside: ["1.1.9", "2.4.0"]),
        Case(range: "1 - 2", inside: ["1.0.0", "2.9.9"], outside: ["3.0.0"]),
        Case(range: ">=1.2-0", inside: ["1.2.0-alpha", "1.2.0", "2.0.0-rc.1"], outside: ["1.1.9", "1.1.9-z"]),
        Case(range: ">=1.2.3-beta.2", inside: ["1.2.3-beta.2", "1.2.3-beta.11", "1.2.3", "1.9.0-a"], outside: ["1.2.3-beta.1", "1.2.3-alpha"]),
        Case(range: "^1.2.3-beta", inside: ["1.2.3-beta", "1.3.0-alpha", "1.9.9"], outside: ["2.0.0-alpha", "2.0.0", "1.2.3-alpha"]),
        Case(range: ">=1.0.0-0 <2", inside: ["1.5.0-rc.1"], outside: ["2.0.0-rc.1"]),
        Case(range: ">=1.0.0-0 <2.0.0", inside: ["2.0.0-rc.1"], outside: ["2.0.0"]),
        Case(range: "1.2.3-rc.1 - 1.3", inside: ["1.2.3-rc.1", "1.3.9"], outside: ["1.2.3-alpha", "1.4.0-0"]),
        Case(range: ">=1.0 !=1.2.0-rc.1", inside: ["1.2.0"], outside: ["1.3.0-rc.1"]),
        Case(range: "", inside: ["0.0.0", "9.9.9"], outside: ["1.0.0-rc.1"]),
        Case(range: " ", inside: ["1.0.0"], outside: ["1.0.0-rc.1"]),
        Case(range: "||", inside: ["1.3.4"], outside: ["1.0.0-rc.1"]),
        Case(range: "1 ||", inside: ["1.0.0", "2.0.0"], outside: ["1.0.0-rc.1"]),
        Case(range: "*-0", inside: ["1.2.3-alpha.1", "0.0.0-0", "4.5.6"], outside: []),
        Case(range: "x-0", inside: ["0.0.1-alpha", "1.2.3"], outside: []),
        Case(range: "1.x-0", inside: ["1.0.0-0", "1.0.0-rc.1", "1.9.0-a", "1.9.9"], outside: ["0.9.9", "2.0.0-0", "2.0.0-rc.1", "2.0.0"]),
        Case(range: "1.x.x-0", inside: ["1.0.0-rc.1", "1.9.9"], outside: ["2.0.0-rc.1"]),
        Case(range: "1.2.x-0", inside: ["1.2.0-rc.1", "1.2.9-a"], outside: ["1.3.0-rc.1", "1.3.0"]),
        Case(range: "1.2-0", inside: ["1.2.0-rc.1", "1.2.9"], outside: ["1.3.0-0", "1.1.9"]),
        Case(range: "1.x-beta", inside: ["1.0.0-beta.1", "1.0.0-rc.1"], outside: ["1.0.0-alpha"]),
        Case(range: "^1.x-0", inside: ["1.0.0-rc.1", "1.5.0"], outside: ["2.0.0-rc.1"]),
        Case(range: "^1.2.x-alpha", inside: ["1.2.0-beta", "1.9.0"], outside: ["1.1.1-beta1", "2.0.0-a"]),
        Case(range: "~1.1-alpha", inside: ["1.1.1-beta"], outside: ["1.2.0-beta"]),
        Case(range: "^*-0", inside: ["0.0.1-a", "9.0.0"], outside: []),
        Case(range: ">=*-0", inside: ["0.0.0-0", "9.0.0-a"], outside: []),
        Case(range: "<=1.x-0", inside: ["1.9.9-a", "0.1.0-alpha"], outside: ["2.0.0-rc.1", "2.0.0"]),
        Case(range: "<=1.1-a", inside: ["0.1.0-alpha", "1.1.9"], outside: ["1.2.0-a"]),
        Case(range: "<0-z", inside: ["0.0.0-alpha"], outside: ["0.0.0"]),
        Case(range: ">0-0", inside: ["1.0.0", "1.0.0-a"], outside: ["0.0.1-alpha", "0.0.0-alpha", "0.9.0"]),
        Case(range: ">0.0-0", inside: ["0.1.0"], outside: ["0.0.1-alpha"]),
        Case(range: ">0.0.0-0", inside: ["0.0.0-alpha"], outside: ["0.0.0-0"]),
        Case(range: ">1.x-0", inside: ["2.0.0-rc.1"], outside: ["1.9.9"]),
        Case(range: "!=4.1-alpha", inside: ["4.1.0"], outside: ["4.1.0-alpha", "4.1.1-alpha"]),
        Case(range: "!=1.x-0 *-0", inside: ["2.0.0-a", "0.9.0"], outside: ["1.0.0-a", "1.9.9"]),
        Case(range: "1.x-0 - 2.x-0", inside: ["1.0.0-a", "2.9.9-a"], outside: ["3.0.0-a", "3.0.0"]),
        Case(range: "x - 1.x", inside: ["0.9.7", "1.9.9"], outside: ["2.0.0"]),
        Case(range: "1.x - x", inside: ["1.9.7", "99.0.0"], outside: ["0.9.0"]),
        Case(range: "<\t2.0.0", inside: ["0.2.9"], outside: ["2.0.0"]),
        Case(range: "1.2.3\t-\t2.3.4", inside: ["2.3.4"], outside: ["2.3.5"]),
        Case(range: ">=99999999999999999999", inside: ["99999999999999999999.0.0"], outside: ["99999999999999999998.0.0"]),
        Case(range: "^99999999999999999999", inside: ["99999999999999999999.5.0"], outside: ["100000000000000000000.0.0"]),
    ])
    func holds(_ example: Case) throws {
        let range = try SemanticRange(example.range)
        for text in example.inside { #expect(range.answer(try #require(SemanticVersion(text))) == .inside, "\(text)") }
        for text in example.outside { #expect(range.answer(try #require(SemanticVersion(text))) != .inside, "\(text)") }
    }

    @Test("what is no range is refused", arguments: [
        ",", "1 || ,", "a", "*-", "x-01", "1.x-", "1.x-0.1..2", "1.x.3-0", ">", ">=", "1.2.3.4", "1..2", "01.2.3", "1.02", "1.x.3", "x.1", "^", "~x.1", "1.2.3-", "1.2.3-01", "1.2.3-a..b",
        "12.3.34~ 1.2.3", "^1^2", "1.2.3=1.2.3", "1!=1.3", "1.2 - 2.0^1", "^1.2,", "1 -", "1 - ", "- 1", "1 -2", ">1 - 2", "latest", "1.2.3-é", ">=1.0 and <2", "(1)", "==1", "><1",
        String(repeating: "1 ", count: 600),
    ])
    func refuses(text: String) {
        #expect(throws: SemanticRange.Invalid.self) { try SemanticRange(text) }
    }
}
