import JSON
import Testing

@testable import Deployment

@Suite struct TriggerTests {
    private static func trigger(_ members: String) -> String {
        #"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}, \#(members)}"#
    }

    @Test("what is wrong is refused with its place", arguments: [
        (#"{"environment": "e", "target": {"type": "hook", "name": "x"}}"#, "/name"),
        (#"{"name": "a/b", "environment": "e", "target": {"type": "hook", "name": "x"}}"#, "/name"),
        (#"{"name": "t", "environment": "../e", "target": {"type": "hook", "name": "x"}}"#, "/environment"),
        (#"{"name": "t", "environment": "e"}"#, "/target"),
        (#"{"name": "t", "environment": "e", "target": {"type": "rocket"}}"#, "/target/type"),
        (trigger(#""concurency": "queue""#), "/concurency"),
        (trigger(#""concurrency": "all""#), "/concurrency"),
        (trigger(#""concurrency": {"parallel": 0}"#), "/concurrency/parallel"),
        (trigger(#""pattern": {"type": "x"}"#), "/pattern/type"),
        (trigger(#""policy": {"semver": "^^1"}"#), "/policy/semver"),
        (trigger(#""gates": {"signature": {"key": "k"}}"#), "/gates/signature"),
        (trigger(#""gates": {"aprovals": {}}"#), "/gates/aprovals"),
        (trigger(#""gates": {"approvals": {"count": 0}}"#), "/gates/approvals/count"),
        (trigger(#""gates": {"approvals": {"count": 3, "from": ["a", "b"]}}"#), "/gates/approvals/count"),
        (trigger(#""gates": {"approvals": {"from": ["a", "a"]}}"#), "/gates/approvals/from"),
        (trigger(#""gates": {"scan": {}}"#), "/gates/scan"),
        (trigger(#""gates": {"scan": {"maxSeverity": "huge"}}"#), "/gates/scan/maxSeverity"),
        (trigger(#""gates": {"scan": {"maxCounts": {"critical": -1}}}"#), "/gates/scan/maxCounts/critical"),
        (trigger(#""gates": {"soak": {"environment": "e", "time": 5}}"#), "/gates/soak/environment"),
        (trigger(#""gates": {"soak": {"environment": "s"}}"#), "/gates/soak/time"),
        (trigger(#""gates": {"promotedFrom": "e"}"#), "/gates/promotedFrom"),
        (trigger(#""gates": {"windows": []}"#), "/gates/windows"),
        (trigger(#""debounce": {"cap": 5}"#), "/debounce/quiet"),
        (trigger(#""debounce": {"quiet": 10, "cap": 5}"#), "/debounce/cap"),
        (trigger(#""timeout": 0"#), "/timeout"),
        (trigger(#""timeout": "soon""#), "/timeout"),
        (trigger(#""retry": {"attempts": 99}"#), "/retry/attempts"),
        (trigger(#""onFailure": "panic""#), "/onFailure"),
        (trigger(#""onInterrupted": "panic""#), "/onInterrupted"),
        (trigger(#""allowDowngrade": "yes""#), "/allowDowngrade"),
        ("[]", ""),
    ])
    func refused(text: String, pointer: String) throws {
        let json = try JSONValue.parse(text)
        let error = try #require(throws: DeploymentError.self) { try Trigger(json) }
        #expect(error.pointer == pointer, "\(error)")
        #expect(error.code == .invalid)
        let placed = try #require(throws: DeploymentError.self) { try Trigger(json, at: "/triggers/3") }
        #expect(placed.pointer == "/triggers/3" + pointer, "\(placed)")
    }

    @Test("a name in the path holds, and must not be contradicted")
    func names() throws {
        let json = try JSONValue.parse(#"{"environment": "e", "target": {"type": "hook", "name": "x"}}"#)
        #expect(try Trigger(json, name: "given").name == "given")
        #expect(throws: DeploymentError.self) { try Trigger(JSONValue.parse(Self.trigger(#""timeout": 5"#)), name: "other") }
    }

    @Test("the fingerprint is the definition's, whatever the order of its members, and not the name's")
    func fingerprint() throws {
        let one = try Sample.trigger(#"{"name": "a", "environment": "e", "timeout": 5, "target": {"type": "hook", "name": "x"}}"#)
        let two = try Sample.trigger(#"{"target": {"name": "x", "type": "hook"}, "timeout": 5, "name": "b", "environment": "e"}"#)
        let other = try Sample.trigger(#"{"name": "a", "environment": "e", "timeout": 6, "target": {"type": "hook", "name": "x"}}"#)
        #expect(one.fingerprint == two.fingerprint && one.fingerprint != other.fingerprint)
    }

    @Test("lengths of time", arguments: [
        ("5", 5_000), ("0", 0), (#""90s""#, 90_000), (#""10m""#, 600_000), (#""1h30m""#, 5_400_000), (#""7d""#, 604_800_000),
        (#""366d""#, 31_622_400_000), (#""367d""#, nil), (#""30m1h""#, nil), (#""1h1h""#, nil), (#""5""#, nil), (#""m""#, nil), (#""""#, nil),
        (#""1.5h""#, nil), ("-1", nil), ("1.5", nil), (#""99999999999999999999d""#, nil), ("true", nil), (#""1d24""#, nil),
    ])
    func spans(text: String, milliseconds: Int64?) throws {
        #expect(TimeSpan.milliseconds(try JSONValue.parse(text)) == milliseconds)
        if let milliseconds { #expect(TimeSpan.milliseconds(.string(TimeSpan.text(milliseconds))) == milliseconds) }
    }

    @Test("delays between attempts double up to an hour, or stay at what is longer")
    func delays() {
        let short = Trigger.Retry(attempts: 20, delay: 30_000)
        #expect((1...9).map { short.delay(after: $0) } == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600].map { $0 * 1000 })
        #expect(Trigger.Retry(attempts: 20, delay: 7_200_000).delay(after: 5) == 7_200_000)
        #expect(Trigger.Retry(attempts: 20, delay: 0).delay(after: .max) == 0)
    }
}
