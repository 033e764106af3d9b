import Testing

@testable import Deployment

@Suite struct ExpressionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let pattern: String
        let text: String
        /// Of the first match: each group's text; nil where it took no part. Nil where nothing matches.
        let groups: [String?]?
        var testDescription: String { "\(pattern) on \(text)" }

        init(_ pattern: String, _ text: String, _ groups: [String?]?) {
            self.pattern = pattern
            self.text = text
            self.groups = groups
        }
    }

    @Test("the match is the one that RE2 finds", arguments: [
        Case("", "abc", [""]), Case("abc", "xabcx", ["abc"]), Case("abc", "ab", nil), Case("a|ab", "ab", ["a"]), Case("ab|a", "ab", ["ab"]),
        Case("(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"]), Case("a*", "aaa", ["aaa"]), Case("a*?", "aaa", [""]), Case("a+?", "aaa", ["a"]),
        Case("(a+)(a*)", "aaa", ["aaa", "aaa", ""]), Case("(a+?)(a*)", "aaa", ["aaa", "a", "aa"]), Case("a??b", "ab", ["ab"]),
        Case("^a", "ba", nil), Case("a$", "ab", nil), Case("^$", "", [""]), Case("\\Aab\\z", "ab", ["ab"]), Case("(?m)^b$", "a\nb\nc", ["b"]),
        Case("a.c", "a\nc", nil), Case("(?s)a.c", "a\nc", ["a\nc"]), Case("(?i)AbC", "aBc", ["aBc"]), Case("(?i:a)b", "AB", nil), Case("(?i:a)b", "Ab", ["Ab"]),
        Case("(?i)[^a]", "A", nil), Case("a(?i)b", "aB", ["aB"]), Case("(?:a(?i)b)c", "aBC", nil), Case("(?U)a+", "aaa", ["a"]), Case("(?U)a+?", "aaa", ["aaa"]),
        Case("[a-c]+", "xbcax", ["bca"]), Case("[^a-c]+", "abxyc", ["xy"]), Case("[]a]+", "]a]", ["]a]"]), Case("[^]a]", "]ab", ["b"]), Case("[a-]+", "a-", ["a-"]),
        Case("[\\d.]+", "v1.25-x", ["1.25"]), Case("[[:digit:]]+", "v12", ["12"]), Case("[[:^digit:]]+", "12ab", ["ab"]), Case("[[:alpha:]_]+", "1a_b", ["a_b"]),
        Case("\\w+\\W\\w+", "a_1-b", ["a_1-b"]), Case("\\S+\\s\\S+", "a b", ["a b"]), Case("\\D+", "12ab", ["ab"]), Case("\\x41\\x{42}", "AB", ["AB"]),
        Case("\\bfoo\\b", "a foo b", ["foo"]), Case("\\bfoo\\b", "afoo", nil), Case("\\Boo", "foo", ["oo"]), Case("\\.", "a.b", ["."]), Case("\\\\", "\\", ["\\"]),
        Case("a{2}", "aaa", ["aa"]), Case("a{2,}", "aaa", ["aaa"]), Case("a{1,2}", "aaa", ["aa"]), Case("a{0}", "aaa", [""]), Case("a{1,2}?", "aaa", ["a"]),
        Case("a{,2}", "a{,2}", ["a{,2}"]), Case("a{x", "a{x", ["a{x"]), Case("(ab){2}", "abab", ["abab", "ab"]), Case("x{0,3}y", "xxxxy", ["xxxy"]),
        Case("(?<year>\\d+)-(?P<rest>.*)", "2024-x", ["2024-x", "2024", "x"]), Case("(a)|(b)", "b", ["b", nil, "b"]), Case("(a|(b))*", "ab", ["ab", "b", "b"]),
        Case("(a*)*", "b", ["", ""]), Case("(a*)+", "b", ["", ""]), Case("(|a)*", "aa", ["", ""]), Case("(|a)+", "aa", ["", ""]), Case("(a|b)*?c", "abc", ["abc", "b"]),
        Case("(a*)(a|b)*", "aab", ["aab", "aa", "b"]), Case("(?:)", "x", [""]), Case("a||b", "b", [""]), Case("(|a)b", "ab", ["ab", "a"]), Case("()", "", ["", ""]),
        Case("^main-[a-f0-9]+-(?<ts>[0-9]+)$", "main-0af-17", ["main-0af-17", "17"]),
    ])
    func matches(_ example: Case) throws {
        #expect(try Expression(example.pattern).groups(in: example.text) == example.groups)
    }

    @Test("groups have names")
    func names() throws {
        let expression = try Expression("(?<a>x)(y)(?P<b_1>z)")
        #expect(expression.groups == ["a": 1, "b_1": 3])
        #expect(expression.groupCount == 4)
    }

    @Test("what is no expression, or none that can be matched in linear time, is refused with its place", arguments: [
        ("(", 0), (")", 0), ("a)", 1), ("[", 0), ("[a", 0), ("[z-a]", 1), ("[\\d-z]", 1), ("[[:no:]]", 1), ("*", 0), ("a**", 2), ("a+*", 2), ("a{2}{3}", 4), ("+a", 0), ("|*", 1),
        ("{2}", 0), ("a{1001}", 1), ("a{3,2}", 1), ("a{99999999999999999999}", 1), ("\\", 0), ("a\\", 1), ("\\q", 0), ("(a)\\1", 3), ("\\k<a>", 0), ("(?=a)", 0), ("(?!a)", 0),
        ("(?<=a)", 0), ("(?<!a)", 0), ("(?>a)", 0), ("a++", 2), ("(?<>a)", 3), ("(?<a>x)(?<a>y)", 7), ("(?<a", 3), ("(?z)", 0), ("(?i", 0), ("\\x4", 0), ("\\xFF", 0), ("\\x{110}", 0),
        ("é", 0), ("a\u{80}", 1), (String(repeating: "a", count: 1001), 1000),
    ])
    func refuses(pattern: String, offset: Int) {
        let error = #expect(throws: Expression.Invalid.self) { try Expression(pattern) }
        #expect(error?.offset == offset, "\(error?.reason ?? "")")
    }

    @Test("small patterns that would be large programs, or take long to compile, are refused at once", arguments: [
        "((a{100}){100}){100}", "(?:(?:(?:(?:a{0}){1000}){1000}){1000}){1000}", "(((((a{0}){1000}){1000}){1000}){1000}){1000}",
        String(repeating: "(?:", count: 200) + String(repeating: ")", count: 200), String(repeating: "(", count: 500), String(repeating: "()", count: 33),
    ])
    func bounds(pattern: String) {
        #expect(throws: Expression.Invalid.self) { try Expression(pattern) }
    }

    @Test("a glob is anchored at both ends and takes nothing but what tags are made of")
    func globs() throws {
        #expect(try TagGlob("a*b").matches("a.b.b"))
        #expect(try !TagGlob("a*b").matches("a.bc"))
        #expect(try !TagGlob("a.b").matches("axb"))
        for pattern in ["", "a+", "[a]", "é", "a/b", "a b"] { #expect(throws: Expression.Invalid.self) { try TagGlob(pattern) } }
    }
}
