import EventLog
import EventPattern
import Events
import Foundation
import JSON
import TestSupport
import Testing

@testable import Deployment

/// What the engine holds triggers to.
@Suite struct EngineTriggerTests {
    @Test("a trigger whose hook is not there, or cannot be run, is refused with those that can; one that goes later fails its runs")
    func missingHook() async throws {
        let bench = try EngineBench()
        try bench.folder.write("hooks/plain", "#!/bin/sh\n")
        let engine = try bench.engine()
        await engine.start()
        for (name, reason) in [("nope", "there is no hook \"nope\""), ("plain", "is not executable: chmod +x")] {
            let trigger = try Sample.trigger(#"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "\#(name)"}}"#)
            let error = await #expect(throws: DeploymentError.self) { try await engine.create(trigger, context: Sample.context) }
            #expect(error?.code == .invalid && error?.pointer == "/target/name")
            let message = error?.message ?? ""
            #expect(message.contains(reason) && message.contains(bench.folder.path + "/hooks"), "\(message)")
            if name == "nope" { #expect(message.hasSuffix("; there are fails, never-approved")) }
        }
        #expect(engine.triggers().isEmpty && bench.log.durableSequence == 0)
        try await engine.create(bench.trigger(), context: Sample.context)
        try FileManager.default.removeItem(atPath: bench.folder.path + "/hooks/fails")
        let id = DeploymentID.event(try await bench.push(1), trigger: "t")
        try await engine.until { $0.deployment(id)?.state == .failed }
        #expect(engine.deployment(id)?.reason.contains("there is no hook \"fails\"") == true)
        await engine.stop(drain: 0)
        // A start does not fail for it.
        let again = try bench.engine()
        #expect(again.triggers().count == 1)
    }

    @Test("an image is for the trigger as it was when the image was pushed, however late it is looked at", arguments: [false, true])
    func versions(isRestarted: Bool) async throws {
        let bench = try EngineBench()
        var engine = try bench.engine()
        func definition(_ tags: String, _ policy: String) -> String {
            #""pattern": {"data": {"tag": [\#(tags)]}}, "policy": "\#(policy)""#
        }
        // Nobody reads the log yet.
        try await engine.create(bench.trigger(definition(#""v1", "v3", "v5""#, "glob:v*")), context: Sample.context)
        let first = try await bench.push(1)
        try await bench.push(2)
        try await engine.update(bench.trigger(definition(#""v2", "v4", "v5""#, "glob:v*")), context: Sample.context)
        try await bench.push(3)
        let fourth = try await bench.push(4)
        try await engine.update(bench.trigger(definition(#""v5", "v6""#, "glob:v6*")), context: Sample.context)
        try await bench.push(5)
        let last = try await bench.push(6)
        if isRestarted { engine = try bench.engine() }
        await engine.start()
        let meant = [first, fourth, last].map { DeploymentID.event($0, trigger: "t") }
        try await engine.until { $0.deployment(meant[2])?.state == .failed && $0.position >= last }
        #expect(Set(engine.deployments(DeploymentFilter()).map(\.id)) == Set(meant))
        #expect(engine.patterns.matcher.count == 1, "old patterns are not kept")
        let state = engine.durableSituation.state
        let (decoded, _) = try DeploymentState.decode(state.encoded(ScanTable()))
        #expect(decoded.encoded(ScanTable()) == state.encoded(ScanTable()))
        #expect(decoded.triggers["t"]?.versions.map(\.since) == state.triggers["t"]?.versions.map(\.since))
        await engine.stop(drain: 0)
    }
}
