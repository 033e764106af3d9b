import Foundation
import Testing
import TestSupport

@testable import Deployment

/// Random patterns over a small alphabet, as a tree and as text.
private indirect enum Tree {
    case letter(Character)
    case any
    case set([Character], isInverted: Bool)
    case sequence([Tree])
    case choice([Tree])
    case capture(Tree)
    case repetition(Tree, String, ClosedRange<Int>)
    case start, end

    static func random(_ depth: Int, _ random: inout SeededGenerator) -> Tree {
        let letter = "abc".randomElement(using: &random) ?? "a"
        switch Int.random(in: 0..<(depth > 0 ? 12 : 5), using: &random) {
        case 0, 1, 2: return .letter(letter)
        case 3: return .any
        case 4: return .set([letter], isInverted: Bool.random(using: &random))
        case 5, 6: return .sequence((0..<Int.random(in: 0...3, using: &random)).map { _ in self.random(depth - 1, &random) })
        case 7: return .choice((0..<2).map { _ in self.random(depth - 1, &random) })
        case 8, 9: return .capture(self.random(depth - 1, &random))
        case 10: return Bool.random(using: &random) ? .start : .end
        default:
            let (text, counts) = [("*", 0...40), ("+", 1...40), ("?", 0...1), ("{2}", 2...2), ("{1,2}", 1...2), ("{0,1}", 0...1)].randomElement(using: &random) ?? ("*", 0...40)
            return .repetition(self.random(depth - 1, &random), text + (Bool.random(using: &random) ? "?" : ""), counts)
        }
    }

    var text: String {
        switch self {
        case .letter(let letter): String(letter)
        case .any: "."
        case .set(let letters, let isInverted): "[\(isInverted ? "^" : "")\(String(letters))]"
        case .sequence(let parts): "(?:\(parts.map(\.text).joined()))"
        case .choice(let parts): "(?:\(parts.map(\.text).joined(separator: "|")))"
        case .capture(let inner): "(\(inner.text))"
        case .repetition(let inner, let mark, _): "(?:\(inner.text))\(mark)"
        case .start: "^"
        case .end: "$"
        }
    }

    /// Where a match that begins at `start` can end: all places, found without any thought of preference.
    func ends(_ start: Int, _ text: [Character]) -> Set<Int> {
        switch self {
        case .letter(let letter): return start < text.count && text[start] == letter ? [start + 1] : []
        case .any: return start < text.count ? [start + 1] : []
        case .set(let letters, let isInverted): return start < text.count && letters.contains(text[start]) != isInverted ? [start + 1] : []
        case .sequence(let parts): return parts.reduce([start]) { places, part in Set(places.flatMap { part.ends($0, text) }) }
        case .choice(let parts): return Set(parts.flatMap { $0.ends(start, text) })
        case .capture(let inner): return inner.ends(start, text)
        case .repetition(let inner, _, let counts):
            var reached: Set<Int> = counts.lowerBound == 0 ? [start] : []
            var places: Set<Int> = [start]
            for count in 1...max(counts.upperBound, 1) where !places.isEmpty && count <= counts.upperBound {
                places = Set(places.flatMap { inner.ends($0, text) })
                if count >= counts.lowerBound {
                    if places.isSubset(of: reached) { break }
                    reached.formUnion(places)
                }
            }
            return reached
        case .start: return start == 0 ? [start] : []
        case .end: return start == text.count ? [start] : []
        }
    }

    /// Repeats something that can be empty: engines differ in what such groups hold.
    var repeatsNothing: Bool {
        switch self {
        case .letter, .any, .set, .start, .end: false
        case .sequence(let parts), .choice(let parts): parts.contains(where: \.repeatsNothing)
        case .capture(let inner): inner.repeatsNothing
        case .repetition(let inner, _, _): inner.repeatsNothing || !inner.ends(0, []).isEmpty || inner.hasAnchor
        }
    }

    private var hasAnchor: Bool { text.contains("^") || text.contains("$") }
}

@Suite struct ExpressionPropertyTests {
    private func texts(_ random: inout SeededGenerator) -> [String] {
        (0..<6).map { _ in String((0..<Int.random(in: 0...8, using: &random)).map { _ in "abc".randomElement(using: &random) ?? "a" }) }
    }

    @Test("a text matches just where a search through all possibilities finds a match, and begins at the first place")
    func reference() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<3_000 {
            let tree = Tree.random(4, &random)
            guard let expression = try? Expression(tree.text) else { continue }
            for text in texts(&random) {
                let characters = Array(text)
                let start = (0...characters.count).first { !tree.ends($0, characters).isEmpty }
                let match = expression.firstMatch(in: text)?[0]
                #expect(match?.lowerBound == start, "\(tree.text) on \(text)")
                if let match { #expect(tree.ends(match.lowerBound, characters).contains(match.upperBound), "\(tree.text) on \(text)") }
            }
        }
    }

    @Test("groups are those of a backtracking engine")
    func foundation() throws {
        var random = SeededGenerator(seed: 2)
        var compared = 0
        for _ in 0..<3_000 {
            let tree = Tree.random(4, &random)
            guard !tree.repeatsNothing, let expression = try? Expression(tree.text),
                let reference = try? NSRegularExpression(pattern: tree.text, options: .dotMatchesLineSeparators)
            else { continue }
            for text in texts(&random) {
                let expected = reference.firstMatch(in: text, range: NSRange(location: 0, length: text.utf8.count)).map { match in
                    (0..<match.numberOfRanges).map { index -> Range<Int>? in Range(match.range(at: index)) }
                }
                #expect(expression.firstMatch(in: text) == expected, "\(tree.text) on \(text)")
                compared += 1
            }
        }
        #expect(compared > 3_000)
    }

    @Test("random bytes are an expression or an error, never a trap")
    func fuzz() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("ab01(((()))|*+?{},[]^$.\\dDwWsSbBAzxP<>:=!-i_ \u{e9}")
        for _ in 0..<20_000 {
            let pattern = String((0..<Int.random(in: 0...20, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            guard let expression = try? Expression(pattern) else { continue }
            _ = expression.firstMatch(in: "ab01-ba_")
        }
    }

    @Test("patterns that make backtracking engines hang are answered", arguments: [
        "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "^(a?){50}a{50}$", "(.*a){20}$", "(?:a?){200}b",
    ])
    func hostile(pattern: String) throws {
        let expression = try Expression(pattern)
        #expect(!expression.matches(String(repeating: "a", count: 3_000) + "!"))
    }
}
