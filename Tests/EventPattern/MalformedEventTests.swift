import Testing

@testable import EventPattern

struct MalformedEventTests {
    private static let pattern = #"{"a":{"b":["x",{"numeric":[">",1]}],"c":[{"wildcard":"*z"},{"exists":false}]}}"#

    @Test("bytes that are no event are an error that says where", arguments: [
        ("", 0), ("[]", 0), ("7", 0), ("{", 1), (#"{"a""#, 4), (#"{"a":"#, 5), (#"{"a":{"b":"#, 10), (#"{"a":{"b":"x"#, 10),
        (#"{"a":{"b":nul}}"#, 10), (#"{"a":{"b":01}}"#, 10), (#"{"a":{"b":1.}}"#, 10), (#"{"a":{"b":-}}"#, 10),
        (#"{"a":{"b":"x"}} {}"#, 16), (#"{"a":{"b" "x"}}"#, 10), (#"{"a":{b:1}}"#, 6), (#"{"a":{"b":1,}}"#, 12),
        (#"{"a":{"b":[1,]}}"#, 13), (#"{"a":{"b":[1 2]}}"#, 13), (#"{"z":[[}"#, 5), (#"{"z":,"a":1}"#, 5),
        (#"{"a":{"b":"\x"}}"#, 12), (#"{"a":{"b":"\ud800"}}"#, 13), (#"{"a":{"b":"\u12g4"}}"#, 15), ("{\"a\":{\"b\":\"\n\"}}", 11),
        (#"{"a\q":1}"#, 4),
    ])
    func malformed(_ event: String, _ offset: Int) throws {
        let pattern = try Pattern.parse(Self.pattern)
        do throws(EventError) {
            _ = try pattern.matches(Array(event.utf8))
            Issue.record("accepted")
        } catch {
            #expect(error.offset == offset, "\(error)")
        }
    }

    @Test("nesting without end is refused where it is looked at and skipped where it is not")
    func nesting() throws {
        let pattern = try Pattern.parse(Self.pattern)
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: EventError.self) { try pattern.matches(Array(#"{"a":{"b":\#(deep)}}"#.utf8)) }
        #expect(try pattern.matches(Array(#"{"z":\#(deep),"a":{"b":"x"}}"#.utf8)))
    }

    @Test("damaged events and patterns are an error or an answer, never a trap", arguments: 1...4)
    func fuzz(_ seed: Int) throws {
        var cases = RandomCases(seed: UInt64(seed) + 1_000)
        var session = MatchSession(PatternMatcher([(name: 0, pattern: try Pattern.parse(Self.pattern))]))
        for _ in 0..<2_000 {
            let event = damage(Array(cases.event().utf8), &cases.generator)
            _ = try? session.match(event)
            let pattern = damage(Array(cases.pattern().utf8), &cases.generator)
            _ = try? Pattern.parse(pattern).matches(event)
            let line = #"{"pattern":\#(String(decoding: pattern, as: UTF8.self)),"event":"# + "{}}"
            #expect(PatternLines.answer(line: damage(Array(line.utf8), &cases.generator)).hasPrefix("{\""))
        }
    }

    private func damage(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<generator.below(4) where !bytes.isEmpty {
            let place = generator.below(bytes.count)
            switch generator.below(4) {
            case 0: bytes.remove(at: place)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.insert(generator.pick(Array(#"{}[]",:\0-e.*"#.utf8)), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }
}
