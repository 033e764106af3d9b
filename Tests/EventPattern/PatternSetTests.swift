import Testing

@testable import EventPattern

struct PatternSetTests {
    private func pattern(_ text: String) throws -> Pattern { try Pattern.parse(text) }

    @Test("a session sees patterns that were added, replaced and removed after it was made")
    func changes() throws {
        let set = PatternSet<String>()
        var session = set.makeSession()
        let event = Array(#"{"a":"x"}"#.utf8)
        #expect(try session.match(event) == [])
        set.set(try pattern(#"{"a":["x"]}"#), for: "one")
        set.set(try pattern(#"{"a":["y"]}"#), for: "two")
        #expect(try session.match(event) == ["one"])
        let replacement = try pattern(#"{"a":[{"prefix":""}]}"#)
        set.update { patterns in
            patterns["two"] = replacement
            patterns["three"] = replacement
        }
        #expect(try Set(session.match(event)) == ["one", "two", "three"])
        set.remove("one")
        set.remove("never there")
        #expect(try Set(session.match(event)) == ["two", "three"])
        #expect(set.matcher.count == 2)
    }

    @Test("matching goes on while patterns change, and every answer is that of one of the sets")
    func concurrently() async throws {
        let set = PatternSet(["even": try pattern(#"{"a":["x"]}"#)])
        let odd = try pattern(#"{"a":["x"],"b":["y"]}"#)
        let event = Array(#"{"a":"x","b":"y"}"#.utf8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var session = set.makeSession()
                    for _ in 0..<2_000 {
                        let names = try session.match(event).sorted()
                        // One update brings two and takes two.
                        #expect(names == ["even"] || names == ["even", "odd", "third"], "\(names)")
                    }
                }
            }
            group.addTask {
                for round in 0..<500 {
                    set.update { patterns in
                        patterns["odd"] = round.isMultiple(of: 2) ? odd : nil
                        patterns["third"] = round.isMultiple(of: 2) ? odd : nil
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("names of many patterns come once each, whatever the alternatives")
    func names() throws {
        let or = try pattern(#"{"$or":[{"a":["x"]},{"b":["y"]},{"a":["x"],"b":["y"]}]}"#)
        let matcher = PatternMatcher((0..<50).map { (name: $0, pattern: or) })
        #expect(try matcher.match(Array(#"{"b":"y","a":"x"}"#.utf8)).sorted() == Array(0..<50))
        #expect(try PatternMatcher<Int>([]).match(Array("{}".utf8)) == [])
    }

    @Test("nothing of one event is left in the next, also after an error")
    func sessions() throws {
        var session = MatchSession(PatternMatcher([(name: 1, pattern: try pattern(#"{"a":["x"],"b":[{"exists":false}]}"#))]))
        #expect(try session.match(Array(#"{"a":"x"}"#.utf8)) == [1])
        #expect(try session.match(Array(#"{"b":"x"}"#.utf8)) == [])
        #expect(throws: EventError.self) { try session.match(Array(#"{"a":"x","b":"y","#.utf8)) }
        #expect(try session.match(Array("{}".utf8)) == [])
        #expect(try session.match(Array(#"{"a":["y","x"]}"#.utf8)) == [1])
    }
}
