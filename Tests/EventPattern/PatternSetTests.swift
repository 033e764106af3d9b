import TestSupport
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
        set.update(["one": try pattern(#"{"a":["x"]}"#)])
        set.update(["two": try pattern(#"{"a":["y"]}"#)])
        #expect(try session.match(event) == ["one"])
        let replacement = try pattern(#"{"a":[{"prefix":""}]}"#)
        set.update(["two": replacement, "three": replacement])
        #expect(try Set(session.match(event)) == ["one", "two", "three"])
        set.update(["one": nil, "never there": nil])
        #expect(try Set(session.match(event)) == ["two", "three"])
        #expect(set.count == 2)
    }

    @Test("after any changes, few or many, a set matches what its patterns say, also in a session that was made before them")
    func random() throws {
        var generator = SeededGenerator(seed: 5)
        let choices = try ["x", "y", "z"].map { try pattern(#"{"a":["\#($0)"]}"#) }
        let set = PatternSet<Int>()
        var model: [Int: Int] = [:]
        var session = set.makeSession()
        for round in 0..<300 {
            // Few names at first, so that the same ones are changed again and again; then many, so that parts are joined.
            let names = round < 150 ? 8 : 600
            if generator.next() % 10 == 0 {
                let rest = Int(generator.next() % 7)
                set.removeAll { $0 % 7 == rest }
                model = model.filter { $0.key % 7 != rest }
            }
            var changes: [Int: Pattern?] = [:]
            for _ in 0..<(generator.next() % 12) {
                let (name, choice) = (Int(generator.next() % UInt64(names)), Int(generator.next() % 4))
                changes[name] = .some(choice == 3 ? nil : choices[choice])
                model[name] = choice == 3 ? nil : choice
            }
            set.update(changes)
            #expect(set.count == model.count)
            for (choice, value) in ["x", "y", "z"].enumerated() {
                let expected = model.filter { $0.value == choice }.keys.sorted()
                #expect(try session.match(Array(#"{"a":"\#(value)"}"#.utf8)).sorted() == expected)
            }
        }
    }

    @Test("a change among many patterns does not compile all of them")
    func parts() throws {
        let one = try pattern(#"{"a":["x"]}"#)
        let set = PatternSet(Dictionary(uniqueKeysWithValues: (0..<10_000).map { ($0, one) }))
        var compilations = 0
        var last = set.snapshot.base.version
        for name in 10_000..<10_500 {
            set.update([name: one])
            if set.snapshot.base.version != last { compilations += 1 }
            last = set.snapshot.base.version
        }
        // Every 142 changes, which is the square root of twice 10,000.
        #expect(compilations == 3)
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
                    let pattern = round.isMultiple(of: 2) ? odd : nil
                    set.update(["odd": pattern, "third": pattern])
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
