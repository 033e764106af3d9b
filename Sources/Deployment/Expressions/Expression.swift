/// A regular expression as RE2 has them, matched in time that is linear in the text: patterns come from users, the tags they meet
/// from strangers, and no pair of them may take more than length of pattern times length of text.
///
/// It works on bytes, and patterns are ASCII, as tags are. Of the matches at the first place where there is one, the one that Perl
/// would choose counts: alternatives from left to right, repetitions greedy unless marked with `?`.
struct Expression: Sendable, Hashable {
    let pattern: String
    let program: Program

    /// The most bytes of a pattern. What it compiles to is bounded too (`Program.maximumLength`).
    static let maximumLength = 1_000

    /// Why a text is no expression: where, and a clause about it.
    struct Invalid: Error, Hashable {
        /// Bytes from the start of the pattern.
        let offset: Int
        let reason: String
    }

    init(_ pattern: String) throws(Invalid) {
        guard pattern.utf8.count <= Self.maximumLength else {
            throw Invalid(offset: Self.maximumLength, reason: "it is longer than \(Self.maximumLength) bytes")
        }
        var parser = ExpressionParser(Array(pattern.utf8))
        let node = try parser.parse()
        self.pattern = pattern
        program = try Program(compiling: node, groups: parser.groups)
    }

    /// The names of its groups, with the number of each; group 0 is the whole match.
    var groups: [String: Int] { program.names }
    var groupCount: Int { program.groupCount }

    static func == (left: Expression, right: Expression) -> Bool { left.pattern == right.pattern }
    func hash(into hasher: inout Hasher) { hasher.combine(pattern) }

    /// Whether it matches anywhere in the text.
    func matches(_ text: String) -> Bool { firstMatch(in: text) != nil }

    /// The first match: for each group what it matched, nil where it took no part.
    func firstMatch(in text: String) -> [Range<Int>?]? {
        Machine.run(program, on: Array(text.utf8))
    }

    /// The texts of the groups of the first match.
    func groups(in text: String) -> [String?]? {
        let bytes = Array(text.utf8)
        return Machine.run(program, on: bytes)?.map { range in range.map { String(decoding: bytes[$0], as: UTF8.self) } }
    }
}
