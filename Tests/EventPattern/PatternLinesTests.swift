import JSON
import Testing

@testable import EventPattern

struct PatternLinesTests {
    @Test("a line is answered with whether the event matches", arguments: [
        (#"{"pattern": {"a": ["x"]}, "event": {"a": "x"}}"#, true),
        (#"{"event": {"a": "y"}, "pattern": {"a": ["x"]}, "id": 7}"#, false),
        (#"  {"pattern":{"a":[{"prefix":"\u0078"}]},"event":{"a":"xy"}}  "#, true),
    ])
    func answers(_ line: String, _ matches: Bool) {
        #expect(PatternLines.answer(line: line) == #"{"match": \#(matches)}"#)
    }

    @Test("a line that cannot be answered is answered with the reason", arguments: [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", "pattern and event"),
        (#"{"event":{}}"#, "no pattern"),
        (#"{"pattern":{"a":[1]}}"#, "no event"),
        (#"{"pattern":{"a":[1]},"event":{},"event":{}}"#, "more than one event"),
        (#"{"pattern":{"a":[1]},"event":[]}"#, "event"),
        (#"{"pattern":"x","event":{}}"#, "a pattern is an object"),
        (#"{"pattern":{"a":[{"prefix":1}]},"event":{}}"#, "/a/0/prefix"),
        (#"{"pattern":{"a":[1]},"event":{"a":"\uD800"}}"#, "surrogate"),
        (String(repeating: "[", count: 10_000), "nested"),
    ])
    func errors(_ line: String, _ words: String) throws {
        let answer = try JSONValue.parse(PatternLines.answer(line: line))
        #expect(answer.object?.count == 1)
        #expect(answer["error"]?.string?.contains(words) == true, "\(answer)")
    }

    @Test("bytes that are not UTF-8 and lines beyond the bound are answered too")
    func odd() {
        #expect(PatternLines.answer(line: [0xFF, 0x00]).hasPrefix(#"{"error":"#))
        #expect(PatternLines.answer(line: [UInt8](#"{"pattern":{"a":[1]},"event":{"a":""#.utf8) + [0xC3, 0x28] + [UInt8]("\"}}".utf8)).contains("UTF-8"))
        let long = [UInt8](repeating: 0x20, count: PatternLines.maximumLength + 1)
        #expect(PatternLines.answer(line: long).contains("at most"))
    }
}
