/// Random patterns and events over few keys and values, so that they meet often.
struct RandomCases {
    var generator: Generator

    private static let keys = ["a", "b", "c"]
    private static let strings = ["", "a", "b", "ab", "aB", "abab", "ba", "aab", "10.0.0.1", "10.1.2.3", "::1", "é", "É", "*"]
    private static let numbers = ["0", "1", "-1", "1.0", "10e-1", "2.5", "3", "100", "-0.5"]

    init(seed: UInt64) {
        generator = Generator(seed: seed)
    }

    private func quoted(_ text: String) -> String { "\"" + text + "\"" }

    mutating func event() -> String { object(depth: 3) }

    private mutating func object(depth: Int) -> String {
        var texts: [String] = []
        for key in Self.keys where generator.chance(60) {
            // A key with dots stands for a path; no other key of the object begins like it.
            let name = generator.chance(10) ? key + "." + generator.pick(Self.keys) : key
            texts.append(quoted(name) + ":" + value(depth: depth - 1))
        }
        return "{" + texts.shuffled(using: &generator).joined(separator: ", ") + "}"
    }

    private mutating func value(depth: Int) -> String {
        switch generator.below(depth > 0 ? 10 : 5) {
        case 0, 1: return quoted(generator.pick(Self.strings))
        case 2, 3: return generator.pick(Self.numbers)
        case 4: return generator.pick(["true", "false", "null"])
        case 5, 6, 7: return object(depth: depth)
        default:
            let count = generator.below(4)
            return "[" + (0..<count).map { _ in value(depth: depth - 1) }.joined(separator: ",") + "]"
        }
    }

    mutating func pattern() -> String { patternObject(depth: 3, orAllowed: true) }

    private mutating func patternObject(depth: Int, orAllowed: Bool) -> String {
        var texts: [String] = []
        for key in Self.keys where generator.chance(50) {
            texts.append(quoted(key) + ":" + patternValue(depth: depth - 1))
        }
        if orAllowed, generator.chance(25) || texts.isEmpty {
            let branches = (0..<(2 + generator.below(2))).map { _ in patternObject(depth: depth - 1, orAllowed: depth > 2) }
            texts.append(#""$or":["# + branches.joined(separator: ",") + "]")
        }
        if texts.isEmpty { texts.append(quoted(generator.pick(Self.keys)) + ":" + patternValue(depth: 0)) }
        return "{" + texts.joined(separator: ",") + "}"
    }

    private mutating func patternValue(depth: Int) -> String {
        if depth > 0, generator.chance(45) { return patternObject(depth: depth, orAllowed: depth > 1) }
        return "[" + (0...generator.below(2)).map { _ in alternative() }.joined(separator: ",") + "]"
    }

    private mutating func alternative() -> String {
        let text = quoted(generator.pick(Self.strings))
        let number = generator.pick(Self.numbers)
        switch generator.below(14) {
        case 0, 1: return text
        case 2: return number
        case 3: return generator.pick(["true", "false", "null"])
        case 4: return #"{"prefix":\#(text)}"#
        case 5: return #"{"suffix":\#(text)}"#
        case 6: return #"{"\#(generator.pick(["prefix", "suffix"]))":{"equals-ignore-case":\#(text)}}"#
        case 7: return #"{"equals-ignore-case":\#(text)}"#
        case 8: return #"{"wildcard":"\#(generator.pick(["*", "a*", "*b", "a*b", "*a*", "*ab*b", "\\\\*"]))"}"#
        case 9: return #"{"anything-but":[\#(text),\#(quoted(generator.pick(Self.strings)))]}"#
        case 10: return #"{"anything-but":{"\#(generator.pick(["wildcard", "equals-ignore-case"]))":["a","b"]}}"#
        case 11: return #"{"numeric":["\#(generator.pick([">", ">=", "<", "<=", "="]))",\#(number)]}"#
        case 12: return #"{"exists":\#(generator.pick(["true", "false"]))}"#
        default: return #"{"cidr":"\#(generator.pick(["10.0.0.0/8", "10.0.0.0/30", "::/0", "0.0.0.0/0"]))"}"#
        }
    }
}
