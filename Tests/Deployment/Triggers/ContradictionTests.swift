import EventPattern
import JSON
import OCI
import TestSupport
import Testing

@testable import Deployment

/// Triggers that no push can meet say so.
@Suite struct ContradictionTests {
    private func contradictions(_ members: String) throws -> [String] {
        try Sample.trigger(#"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}, \#(members)}"#).contradictions
    }

    @Test("a policy that no tag can meet is a problem of its trigger", arguments: [
        #"{"semver": ">2 <1"}"#, #"{"semver": ">*"}"#, #"{"semver": "<0.0.0"}"#, #"{"semver": "!=*"}"#, #"{"semver": "1.2.3 1.2.4"}"#, #"{"semver": ">1.2.3 <1.2.4"}"#,
        #"{"semver": ">2 <1 || <*"}"#, #"{"semver": "<0.0.0-0"}"#, #"{"semver": ">1.2.3-a <1.2.3-a"}"#,
        #""regex:/""#, #""regex:^-""#, #""regex:^$""#, #""regex:^[.]v""#, #""regex:a$b""#, #""regex:a^b""#, #""regex: ""#, #""regex:^a{129}""#, #""regex:$.""#,
        #""glob:.*""#, #""glob:-v1""#, #"{"newest": true, "filter": "^release/"}"#, #"{"alphabetical": "asc", "filter": "\\s"}"#,
    ])
    func policies(policy: String) throws {
        let found = try contradictions(#""policy": \#(policy)"#)
        #expect(found.count == 1 && found[0].hasPrefix("\"policy\" means no tag that there can be: "), "\(found)")
    }

    @Test("a policy that some tag can meet is none", arguments: [
        (#"{"semver": "*"}"#, "1.0.0"), (#"{"semver": ">1.2.3 <=1.2.4"}"#, "1.2.4"), (#"{"semver": "<0.0.0-1"}"#, "0.0.0-0"),
        (#"{"semver": ">2 <1 || 3"}"#, "3.0.0"), (#"{"semver": ">=1.2.3-a <1.2.3"}"#, "1.2.3-b"), (#"{"semver": "<=0.0.0"}"#, "0.0.0"),
        (#""regex:^v?\\d+$""#, "1"), (#""regex:""#, "a"), (#""regex:x*""#, "a"), (#""regex:[.]$""#, "a."), (#""regex:^a{128}$""#, nil), (#""regex:(?m)^a$""#, "a"), (#""regex:\\ba\\b""#, "a"),
        (#""regex:-""#, "a-"), (#""glob:*.*""#, "a.b"), (#""glob:?""#, "a"),
    ] as [(String, String?)])
    func possible(policy: String, tag: String?) throws {
        #expect(try contradictions(#""policy": \#(policy)"#) == [])
        guard let tag else { return }
        #expect(try ImagePolicy(JSONValue.parse(policy)).admits(tag).isYes)
    }

    @Test("what is said to have no tag matches none of many random ones")
    func random() throws {
        var random = SeededGenerator(seed: 5)
        let atoms = ["a", "b", ".", "[^a]", "^", "$", "-", "/", "\\b", "\\d", "[.-]", "(?:a|/)", "b?", "/*"]
        let letters = Array("ab01.-_")
        var without = 0
        for _ in 0..<3_000 {
            let pattern = (0..<Int.random(in: 1...4, using: &random)).map { _ in atoms.randomElement(using: &random) ?? "" }.joined()
            guard let expression = try? Expression(pattern) else { continue }
            let tags = (0..<40).map { _ in String((0..<Int.random(in: 1...4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }) }
            let isMet = tags.contains { Tag($0) != nil && expression.matches($0) }
            if !expression.matchesSomeTag {
                without += 1
                #expect(!isMet, "\(pattern)")
            }
        }
        #expect(without > 100)
    }

    @Test("a pattern that no push of a tag can meet is a problem of its trigger, and says which field", arguments: [
        (#"{"type": ["io.signalbox.image.deleted"]}"#, "type"), (#"{"type": [{"anything-but": {"prefix": "io."}}]}"#, "type"),
        (#"{"detail": {"repository": ["a"]}}"#, "detail.repository"), (#"{"data": {"repo": ["a"]}}"#, "data.repo"), (#"{"data": {"tag": [{"exists": false}]}}"#, "data.tag"),
        (#"{"specversion": ["0.3"]}"#, "specversion"), (#"{"data": {"$or": [{"x": [1]}, {"y": [1]}]}}"#, "data.x"),
    ])
    func patterns(pattern: String, field: String) throws {
        let found = try contradictions(#""pattern": \#(pattern)"#)
        #expect(found == ["\"pattern\" matches no push of a tag, as it asks of \(field) what none has: no image is ever meant"])
    }

    @Test("a pattern that some push can meet is none", arguments: [
        #"{"type": [{"prefix": "io.signalbox.image."}]}"#, #"{"data": {"subject": [{"exists": false}]}}"#, #"{"data": {"nothing": [{"exists": false}]}}"#,
        #"{"data": {"$or": [{"x": [1]}, {"tag": ["v1"]}]}}"#, #"{"data": {"platforms": ["linux/amd64"], "actor": {"name": ["ci"]}}}"#, #"{"source": [{"prefix": "/"}], "data.tag": ["a"]}"#,
        #"{"data": {"x": ["a", {"exists": false}]}}"#,
    ])
    func possiblePatterns(pattern: String) throws {
        #expect(try contradictions(#""pattern": \#(pattern)"#) == [])
    }

    @Test("tags of the pattern that the policy does not mean are a problem; one that it does is none")
    func patternAgainstPolicy() throws {
        func found(_ tags: String) throws -> [String] {
            try contradictions(#""policy": {"semver": "^2"}, "pattern": {"data": {"tag": [\#(tags)]}}"#)
        }
        #expect(try found(#""1.0.0", "latest""#) == ["\"policy\" means none of the tags that \"pattern\" asks for: 1.0.0 is not in the range ^2"])
        #expect(try found(#""1.0.0", "2.1.0""#) == [] && found(#""1.0.0", {"prefix": "2."}"#) == [])
    }

    @Test("it is listed with the trigger, and does not keep it from being made")
    func listed() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        try await engine.create(bench.trigger(#""policy": {"semver": ">2 <1"}"#), context: Sample.context)
        let problems = await engine.triggers().map(\.problems)
        #expect(problems == [["\"policy\" means no tag that there can be: no version is in the range >2 <1"]])
        await engine.stop(drain: 0)
    }
}
