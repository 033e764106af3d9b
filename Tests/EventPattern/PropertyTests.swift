import Testing

@testable import EventPattern

struct PropertyTests {
    @Test("random patterns match random events as the plainest reading of the language says", arguments: 1...8)
    func againstNaive(_ seed: Int) throws {
        var cases = RandomCases(seed: UInt64(seed))
        for _ in 0..<40 {
            let texts = (0..<20).map { _ in cases.pattern() }
            let patterns = try texts.enumerated().map { (name: $0.offset, pattern: try Pattern.parse($0.element)) }
            var session = MatchSession(PatternMatcher(patterns))
            for _ in 0..<20 {
                let event = cases.event()
                let bytes = Array(event.utf8)
                let names = Set(try session.match(bytes))
                for (name, pattern) in patterns {
                    let expected = try NaiveMatcher.matches(pattern, bytes)
                    #expect(names.contains(name) == expected, "\(texts[name]) against \(event)")
                }
            }
        }
    }

    @Test("globs match as their steps say, in a table of any size", arguments: [0, 64, 400, 1 << 20])
    func globs(_ capacity: Int) throws {
        var generator = Generator(seed: UInt64(capacity) + 1)
        for _ in 0..<30 {
            var automaton = GlobAutomaton(fields: 2)
            var globs: [Glob] = []
            for _ in 0..<12 {
                let glob = randomGlob(&generator)
                automaton.insert(glob, field: globs.count % 2, atom: UInt32(globs.count))
                globs.append(glob)
            }
            automaton.finish()
            var machine = GlobMachine(automaton, capacity: capacity, patience: 100)
            for _ in 0..<60 {
                let text = (0..<generator.below(12)).map { _ in generator.pick(Array("abAB".utf8)) }
                for field in 0..<2 {
                    var fired: Set<UInt32> = []
                    machine.run(text.span, 0..<text.count, field: field) { fired.insert($0) }
                    for (atom, glob) in globs.enumerated() where atom % 2 == field {
                        let expected = NaiveMatcher.matches(glob.steps[...], text[...])
                        #expect(fired.contains(UInt32(atom)) == expected, "\(glob) on \(text)")
                    }
                }
            }
        }
    }

    private func randomGlob(_ generator: inout Generator) -> Glob {
        var steps: [Glob.Step] = []
        for _ in 0..<(1 + generator.below(5)) {
            switch generator.below(4) {
            case 0 where steps.last != .star: steps.append(.star)
            case 1: steps.append(.oneOf([Array("a".utf8), Array("AB".utf8)]))
            default: steps.append(.byte(generator.pick(Array("ab".utf8))))
            }
        }
        return Glob(steps: steps)
    }

    @Test("a number's key orders as the number does")
    func decimalOrder() {
        var generator = Generator(seed: 7)
        for _ in 0..<5_000 {
            let pair = (0..<2).map { _ in Int64.random(in: -2_000...2_000, using: &generator) }
            let texts = pair.map { value in
                // The same number written in one of several ways.
                switch generator.below(4) {
                case 0: "\(value)"
                case 1: "\(value).0"
                case 2: "\(value)000e-3"
                default: "\(value)E+0"
                }
            }
            let keys = texts.map { DecimalKey(Array($0.utf8)) }
            #expect((keys[0] < keys[1]) == (pair[0] < pair[1]), "\(texts)")
            #expect((keys[0] == keys[1]) == (pair[0] == pair[1]), "\(texts)")
        }
    }

    @Test("a number lies in the ranges that contain it")
    func ranges() throws {
        var generator = Generator(seed: 11)
        func end() -> NumericRange.End? {
            guard generator.chance(80) else { return nil }
            return NumericRange.End(key: DecimalKey(Array("\(generator.below(30))".utf8)), included: generator.chance(50))
        }
        for _ in 0..<100 {
            let ranges = (0..<generator.below(40)).map { _ in NumericRange(low: end(), high: end()) }
            let index = RangeIndex(ranges.enumerated().map { ($0.element, UInt32($0.offset)) })
            for value in -1...31 {
                let key = DecimalKey(Array("\(value)".utf8))
                var found: [UInt32] = []
                index.forEachContaining(key.bytes) { found.append($0) }
                let expected = ranges.indices.filter { number in
                    let range = ranges[number]
                    let aboveLow = range.low.map { $0.key < key || $0.key == key && $0.included } ?? true
                    let belowHigh = range.high.map { key < $0.key || $0.key == key && $0.included } ?? true
                    return aboveLow && belowHigh
                }
                #expect(found.sorted() == expected.map(UInt32.init))
            }
        }
    }
}
