import Testing

@testable import EventPattern

/// Patterns and events made to be expensive. With anything exponential in them these tests would not end.
@Suite(.timeLimit(.minutes(5)))
struct AdversarialTests {
    private func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test("a wildcard of many stars on a text that almost matches")
    func stars() throws {
        let wildcard = String(repeating: "*a", count: 1_000) + "*b"
        let pattern = try Pattern.parse(#"{"a":[{"wildcard":"\#(wildcard)"}]}"#)
        #expect(try !pattern.matches(Array(#"{"a":"\#(text(20_000))"}"#.utf8)))
        #expect(try pattern.matches(Array(#"{"a":"\#(text(20_000))b"}"#.utf8)))
    }

    @Test("a suffix of which every place stays possible, beyond what the table can hold")
    func suffix() throws {
        let pattern = try Pattern.parse(#"{"a":[{"suffix":"\#(text(2_000))b"}]}"#)
        #expect(try !pattern.matches(Array(#"{"a":"\#(text(5_000))"}"#.utf8)))
        #expect(try pattern.matches(Array(#"{"a":"\#(text(5_000))b"}"#.utf8)))
    }

    @Test("many wildcards whose states multiply")
    func products() throws {
        // Seen together, "an a stands n places before the end" for many n has two to the n-th states.
        var patterns: [(name: Int, pattern: Pattern)] = []
        for distance in 0..<60 {
            let forms = (0..<distance).map { _ in "x" }.joined()
            patterns.append((distance, try Pattern.parse(#"{"a":[{"wildcard":"*a*\#(forms)"},{"wildcard":"*\#(forms)a*b"}]}"#)))
        }
        var session = MatchSession(PatternMatcher(patterns))
        var generator = Generator(seed: 3)
        for _ in 0..<20 {
            let value = String(decoding: (0..<2_000).map { _ in generator.pick(Array("axb".utf8)) }, as: UTF8.self)
            let names = Set(try session.match(Array(#"{"a":"\#(value)"}"#.utf8)))
            #expect(names.contains(0) == value.contains("a"))
        }
    }

    @Test("long runs that all stay possible, with a table too small for their states")
    func runs() throws {
        let runs = (1..<40).map { #"{"wildcard":"*\#(text($0))*\#(text(40 - $0))x"}"# }.joined(separator: ",")
        let pattern = try Pattern.parse(#"{"a":[\#(runs)]}"#)
        #expect(try !pattern.matches(Array(#"{"a":"\#(text(8_000))"}"#.utf8)))
        #expect(try pattern.matches(Array(#"{"a":"\#(text(8_000))x"}"#.utf8)))
    }

    @Test("arrays of objects do not multiply: many fields in many arrays of many elements")
    func arrays() throws {
        let fields = (0..<12).map { #""f\#($0)":{"x":["yes"],"y":["never"]}"# }.joined(separator: ",")
        let elements = (0..<300).map { _ in #"{"x":"yes"}"# }.joined(separator: ",")
        let arrays = (0..<12).map { #""f\#($0)":[\#(elements),{"y":"never"}]"# }.joined(separator: ",")
        let pattern = try Pattern.parse("{\(fields)}")
        #expect(try !pattern.matches(Array("{\(arrays)}".utf8)))
        let whole = arrays.replacing(#"{"y":"never"}"#, with: #"{"x":"yes","y":"never"}"#)
        #expect(try pattern.matches(Array("{\(whole)}".utf8)))
    }

    @Test("fields that all match in many ways are walked once")
    func paths() throws {
        let values = (0..<20).map { #"{"prefix":"\#(text($0))"}"# }.joined(separator: ",")
        let fields = (0..<60).map { #""f\#($0)":[\#(values)]"# }.joined(separator: ",")
        let event = (0..<60).map { #""f\#($0)":["\#(text(50))","\#(text(49))","b"]"# }.joined(separator: ",")
        let pattern = try Pattern.parse("{\(fields),\"last\":[\"x\"]}")
        #expect(try !pattern.matches(Array("{\(event)}".utf8)))
        #expect(try pattern.matches(Array("{\(event),\"last\":\"x\"}".utf8)))
    }

    @Test("the largest pattern that is allowed compiles")
    func largest() throws {
        let branches = (0..<31).map { #"{"b\#($0)":["\#($0)"]}"# }.joined(separator: ",")
        let pattern = try Pattern.parse(#"{"p":{"$or":[\#(branches)]},"q":{"$or":[\#(branches)]},"t":[1]}"#)
        #expect(pattern.alternatives.count == 961)
        #expect(try pattern.matches(Array(#"{"p":{"b30":"30"},"q":{"b0":"0"},"t":1}"#.utf8)))
        #expect(try !pattern.matches(Array(#"{"p":{"b30":"30"},"q":{"b0":"1"},"t":1}"#.utf8)))
    }
}
