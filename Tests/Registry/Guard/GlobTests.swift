import Testing

@testable import Registry

@Suite struct GlobTests {
    @Test(
        "a pattern matches as it is described",
        arguments: [
            ("app", "app", true), ("app", "apps", false), ("*", "app", true), ("*", "a/b", false), ("**", "a/b/c", true),
            ("*", "", true), ("team/*", "team/app", true), ("team/*", "team/a/b", false), ("team/**", "team/a/b", true),
            ("team/**", "team", false), ("**/app", "app", true), ("**/app", "a/b/app", true), ("**/app", "a/myapp", false),
            ("a/**/b", "a/b", true), ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("a**b", "a/x/b", true),
            ("v*.*", "v1.2.3", true), ("v*.*", "v1", false), ("*-prod", "eu-prod", true), ("*a*a*a", "aaa", true),
            ("*a*a*a", "aa", false), ("prod", "PROD", false), ("a*/b", "ax/b", true), ("a*/b", "a/x/b", false),
        ] as [(String, String, Bool)])
    func described(pattern: String, text: String, expected: Bool) throws {
        #expect(try Glob(pattern).matches(text) == expected)
    }

    @Test("the matcher agrees with a naive one")
    func againstNaive() throws {
        var generator = SeededGenerator(seed: 3)
        let symbols = ["a", "b", "/", "*", "**", "**/"]
        let letters: [Character] = ["a", "b", "/"]
        for _ in 0..<8_000 {
            let pattern = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                symbols[Int.random(in: 0..<symbols.count, using: &generator)]
            }.joined()
            let glob = try Glob(pattern)
            for _ in 0..<10 {
                let text = String((0..<Int.random(in: 0...7, using: &generator)).map { _ in
                    letters[Int.random(in: 0..<3, using: &generator)]
                })
                #expect(glob.matches(text) == naive(Array(pattern)[...], Array(text)[...], startsPart: true), "\(pattern) \(text)")
            }
        }
    }

    @Test("a pattern made to blow up a backtracking matcher is done at once")
    func hostile() throws {
        let glob = try Glob(String(repeating: "*a", count: 127) + "b")
        #expect(!glob.matches(String(repeating: "a", count: 255)))
        let deep = try Glob(String(repeating: "**/", count: 85))
        #expect(!deep.matches(String(repeating: "a/", count: 127)+"a"))
    }

    @Test("what is no pattern is refused", arguments: ["", "a?", "[a]", "a b", "ä", "{a,b}", "a\\*", String(repeating: "a", count: 257)])
    func refused(pattern: String) {
        #expect(throws: Glob.Invalid.self) { try Glob(pattern) }
    }

    private func naive(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>, startsPart: Bool) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        guard first == "*" else {
            return text.first == first && naive(pattern.dropFirst(), text.dropFirst(), startsPart: first == "/")
        }
        let run = pattern.prefix { $0 == "*" }.count
        let rest = pattern.dropFirst(run)
        let ends = text.indices + [text.endIndex]
        if run == 1 {
            return ends.contains { end in
                !text[..<end].contains("/") && naive(rest, text[end...], startsPart: false)
            }
        }
        if startsPart, rest.first == "/" {
            let rest = rest.dropFirst()
            return naive(rest, text, startsPart: true)
                || text.indices.contains { text[$0] == "/" && naive(rest, text[($0 + 1)...], startsPart: true) }
        }
        return ends.contains { naive(rest, text[$0...], startsPart: false) }
    }
}
