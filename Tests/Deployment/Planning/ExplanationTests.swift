import Events
import OCI
import Testing

@testable import Deployment

/// What is told of events that were looked at long ago.
@Suite struct ExplanationTests {
    @Test("an event that came to nothing is explained as if it came now, and one that became a deployment names that")
    func past() throws {
        var world = try World([#"{"name": "t", "environment": "e", "policy": {"semver": "*"}, "target": {"type": "hook", "name": "x"}}"#])
        let id = try #require(try world.push(2, "t", tag: "2.0.0"))
        let taken = world.pushes
        try world.end(id)
        #expect(try world.push(1, "t", tag: "1.9.9") == nil)
        let refused = world.pushes
        try world.end(try #require(try world.push(3, "t", tag: "2.0.1")))
        func order(_ number: Int, _ tag: String, _ sequence: UInt64) throws -> Explanation.Step? {
            let version = ImageVersion(tag: tag, digest: Sample.digest(number), pushed: world.situation.now)
            let candidate = Candidate(
                trigger: "t", repository: Sample.app, version: version, sequence: sequence, time: world.situation.now, actor: "ci")
            let event = Array(#"{"type":"io.signalbox.image.pushed"}"#.utf8)
            return world.situation.explain(candidate, event, try #require(world.situation.trigger("t"))).steps.first { $0.name == "order" }
        }
        let past = try order(1, "1.9.9", refused)
        #expect(past?.outcome == .stop && past?.reason.contains("1.9.9 is older than 2.0.1") == true, "\(past?.reason ?? "")")
        let done = try order(2, "2.0.0", taken)
        #expect(done?.outcome == .stop && done?.reason == "this event became a deployment already: \(id) (succeeded)")
    }
}
