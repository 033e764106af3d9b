/// A pattern as instructions for `Machine`.
struct Program: Sendable {
    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ByteSet] = []
    let names: [String: Int]
    let groupCount: Int

    /// The most instructions. A bounded repetition is as many copies, so that short patterns can be large programs.
    static let maximumLength = 4_000
    /// Nodes that are compiled, copies counted: a repetition of nothing has no instructions and still takes time.
    private var steps = 0
    private static let maximumSteps = 50_000

    enum Instruction: Sendable {
        /// Takes one byte of the set with that index.
        case byte(Int)
        /// Goes on at both, the first one preferred.
        case split(Int, Int)
        case jump(Int)
        /// Notes the place in the text.
        case save(Int)
        case assert(ExpressionNode.Assertion)
        case match
    }

    init(compiling node: ExpressionNode, groups: ExpressionParser.Groups) throws(Expression.Invalid) {
        names = groups.names
        groupCount = groups.count
        try emit(.save(0))
        try compile(node)
        try emit(.save(1))
        try emit(.match)
    }

    private mutating func emit(_ instruction: Instruction) throws(Expression.Invalid) {
        guard instructions.count < Self.maximumLength else { throw Self.tooLarge }
        instructions.append(instruction)
    }

    private static let tooLarge = Expression.Invalid(offset: 0, reason: "its repetitions make it larger than \(maximumLength) steps")

    /// Depth is bounded by the parser's.
    private mutating func compile(_ node: ExpressionNode) throws(Expression.Invalid) {
        steps += 1
        guard steps <= Self.maximumSteps else { throw Self.tooLarge }
        switch node {
        case .empty: break
        case .bytes(let set):
            let index = sets.firstIndex(of: set) ?? sets.count
            if index == sets.count { sets.append(set) }
            try emit(.byte(index))
        case .assertion(let kind): try emit(.assert(kind))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .alternatives(let choices): try compile(choices[...])
        case .group(let number, let inner):
            try emit(.save(2 * number))
            try compile(inner)
            try emit(.save(2 * number + 1))
        case .repetition(let inner, let minimum, let maximum, let isGreedy):
            try repeated(inner, minimum, maximum, isGreedy)
        }
    }

    /// Each choice is tried before those after it.
    private mutating func compile(_ choices: ArraySlice<ExpressionNode>) throws(Expression.Invalid) {
        var ends: [Int] = []
        for choice in choices.dropLast() {
            let fork = instructions.count
            try emit(.split(fork + 1, 0))
            try compile(choice)
            ends.append(instructions.count)
            try emit(.jump(0))
            instructions[fork] = .split(fork + 1, instructions.count)
        }
        if let last = choices.last { try compile(last) }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func repeated(_ node: ExpressionNode, _ minimum: Int, _ maximum: Int?, _ isGreedy: Bool) throws(Expression.Invalid) {
        for _ in 0..<minimum { try compile(node) }
        guard let maximum else { return try star(node, isGreedy) }
        var forks: [Int] = []
        for _ in minimum..<maximum {
            forks.append(instructions.count)
            try emit(.split(0, 0))
            try compile(node)
        }
        for fork in forks { instructions[fork] = Self.split(into: fork + 1, past: instructions.count, isGreedy) }
    }

    private mutating func star(_ node: ExpressionNode, _ isGreedy: Bool) throws(Expression.Invalid) {
        let fork = instructions.count
        try emit(.split(0, 0))
        try compile(node)
        if node.canBeEmpty {
            // One round and perhaps more: a round that takes nothing leads out, and is preferred where the pattern prefers it.
            let back = instructions.count
            try emit(.split(0, 0))
            instructions[back] = Self.split(into: fork + 1, past: back + 1, isGreedy)
        } else {
            try emit(.jump(fork))
        }
        instructions[fork] = Self.split(into: fork + 1, past: instructions.count, isGreedy)
    }

    private static func split(into: Int, past: Int, _ isGreedy: Bool) -> Instruction {
        isGreedy ? .split(into, past) : .split(past, into)
    }
}
