import EventLog
import EventPattern
import Events
import Foundation
import IO
import JSON
import OCI
import Synchronization
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
        let none = await engine.triggers()
        #expect(none.isEmpty && bench.log.durableSequence == 0)
        try await engine.create(bench.trigger(), context: Sample.context)
        let made = await engine.trigger("t")
        #expect(made?.problems == [])
        try FileManager.default.removeItem(atPath: bench.folder.path + "/hooks/fails")
        let id = DeploymentID.event(try await bench.push(1), trigger: "t")
        try await engine.until { $0.deployment(id)?.state == .failed }
        #expect(engine.deployment(id)?.reason.contains("there is no hook \"fails\"") == true)
        await engine.stop(drain: 0)
        // A start does not fail for it.
        let again = try bench.engine()
        let listed = await again.triggers()
        #expect(listed.count == 1)
        let problem = try #require(listed.first?.problems.first)
        #expect(problem.contains("there is no hook \"fails\"") && problem.hasSuffix("; there are never-approved"), "\(problem)")
        let trigger = try bench.trigger()
        let obstacle = await again.obstacle(of: trigger)
        let change = ImageChange(
            repository: Sample.app, tag: Tag("v9"), digest: Sample.digest(9), mediaType: .imageManifest, size: 1)
        let explanation = again.explain(
            trigger, change, event: Array(#"{"type": "io.signalbox.image.pushed"}"#.utf8), sequence: .max, time: 0, actor: "ci",
            obstacle: obstacle)
        #expect(explanation.verdict == "would not deploy (target): it would fail: \(problem)")
    }

    @Test("a trigger that this version cannot read is said at the start and in the list, and takes no pushes")
    func unreadable() async throws {
        let bench = try EngineBench()
        var definition = JSONObject()
        definition["environment"] = .string("e")
        definition["later"] = .string("x")
        try await bench.append(.trigger(TriggerChange(.created, name: "t", definition: definition)))
        let said = Mutex<[String]>([])
        let engine = try Diagnostics.$sink.withValue({ _, line in said.withLock { $0.append(line) } }) { try bench.engine() }
        let lines = said.withLock { $0 }
        #expect(lines.contains { $0.hasPrefix("trigger t takes no pushes: this version cannot read it (") && $0.contains("later") }, "\(lines)")
        let view = await engine.trigger("t")
        #expect(view?.trigger == nil && view?.problems.count == 1)
        await engine.start()
        let pushed = try await bench.push(1)
        try await engine.until { $0.position >= pushed }
        #expect(engine.deployments(DeploymentFilter()).isEmpty)
        await engine.stop(drain: 0)
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
        #expect(engine.patterns.count == 1, "old patterns are not kept")
        let state = engine.durableSituation.state
        let (decoded, _) = try DeploymentState.decode(state.encoded(ScanTable()))
        #expect(decoded.encoded(ScanTable()) == state.encoded(ScanTable()))
        #expect(decoded.triggers["t"]?.versions.map(\.since) == state.triggers["t"]?.versions.map(\.since))
        await engine.stop(drain: 0)
    }

    @Test("pushes among changes of a trigger are for what it was at that moment, with a reader at their heels", arguments: 0..<4)
    func changesAmongPushes(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let bench = try EngineBench()
        let engine = try bench.engine()
        let definitions = ["1", "2"].map { digit in
            #""concurrency": "queue", "gates": {"approvals": {}}, "pattern": {"data": {"tag": [{"wildcard": "v*\#(digit)*"}]}}"#
        }
        if seed.isMultiple(of: 2) { await engine.start() }
        var digit = 0
        // So many are known however far behind the reader is.
        var changes = seed.isMultiple(of: 2) ? DeploymentState.TriggerEntry.versionLimit : .max
        try await engine.create(bench.trigger(definitions[digit]), context: Sample.context)
        var meant: Set<String> = []
        var last: UInt64 = 0
        for number in 1...60 {
            if changes > 0, Int.random(in: 0..<3, using: &random) == 0 {
                changes -= 1
                digit = 1 - digit
                try await engine.update(bench.trigger(definitions[digit]), context: Sample.context)
            }
            last = try await bench.push(number)
            if String(number).contains(digit == 0 ? "1" : "2") { meant.insert(DeploymentID.event(last, trigger: "t")) }
        }
        if !seed.isMultiple(of: 2) { await engine.start() }
        try await engine.until { $0.position >= last }
        let made = Set(engine.deployments(DeploymentFilter()).map(\.id))
        if seed.isMultiple(of: 2) {
            #expect(made == meant)
        } else {
            // Of more changes than are known, the oldest known definition stands for those before.
            let known = try #require(engine.durableSituation.state.triggers["t"]?.versions.first?.since)
            func after(_ ids: Set<String>) -> Set<String> { ids.filter { UInt64($0.split(separator: "_")[1]) ?? 0 > known } }
            #expect(after(made) == after(meant))
        }
        await engine.stop(drain: 0)
    }

    @Test("what was pushed before a pause is taken however quickly the pause ends, and what was pushed in it is not", arguments: [false, true])
    func pauses(isRestarted: Bool) async throws {
        let bench = try EngineBench()
        var engine = try bench.engine()
        // Nobody reads the log yet.
        try await engine.create(bench.trigger(#""concurrency": "queue""#), context: Sample.context)
        var meant: [UInt64] = []
        for number in 0..<4 {
            meant.append(try await bench.push(3 * number))
            try await engine.setPaused(true, trigger: "t", context: Sample.context)
            try await bench.push(3 * number + 1)
            try await engine.setPaused(false, trigger: "t", context: Sample.context)
        }
        meant.append(try await bench.push(100))
        if isRestarted { engine = try bench.engine() }
        await engine.start()
        let ids = meant.map { DeploymentID.event($0, trigger: "t") }
        let last = meant[4]
        try await engine.until { $0.position >= last && $0.states.count == 5 && $0.states.allSatisfy { $0 == .failed } }
        #expect(Set(engine.deployments(DeploymentFilter()).map(\.id)) == Set(ids))
        await engine.stop(drain: 0)
    }

    @Test("of more pauses than are remembered, the oldest count as one")
    func manyPauses() {
        var pause = Pause()
        for number in 0..<(UInt64(Pause.limit) + 2) {
            pause.pause(at: 10 * number + 1)
            pause.pause(at: 10 * number + 2)
            pause.resume(at: 10 * number + 5)
            pause.resume(at: 10 * number + 8)
        }
        #expect(pause.spans.count == Pause.limit && !pause.isPaused)
        #expect(!pause.covers(0) && pause.covers(7) && pause.covers(24) && !pause.covers(27))
        #expect(!pause.covers(10 * UInt64(Pause.limit) + 8))
    }

    @Test("a trigger of the config file that is changed and changed back is another revision, and one that stays is not")
    func configuredRevisions() throws {
        let folder = try TemporaryFolder()
        let revisions = ConfiguredRevisions(directory: folder.path)
        func update(_ timeouts: [Int?], at sequence: UInt64) throws -> [String: UInt64] {
            var triggers: [String: Trigger] = [:]
            for (name, timeout) in zip(["a", "b"], timeouts) {
                guard let timeout else { continue }
                triggers[name] = try Sample.trigger(
                    #"{"name": "\#(name)", "environment": "e", "timeout": \#(timeout), "target": {"type": "hook", "name": "x"}}"#)
            }
            return try revisions.update(triggers, at: sequence)
        }
        #expect(try update([1, 1], at: 10) == ["a": 10, "b": 10])
        #expect(try update([1, 2], at: 20) == ["a": 10, "b": 20])
        #expect(try update([1, 1], at: 30) == ["a": 10, "b": 30])
        #expect(try update([1, nil], at: 40) == ["a": 10])
        #expect(try update([1, 1], at: 50) == ["a": 10, "b": 50])
        try folder.write(ConfiguredRevisions.name, "{")
        #expect(try update([1, 1], at: 60) == ["a": 60, "b": 60])
    }

    @Test("as many triggers as a config file may have keep their revisions")
    func manyConfiguredRevisions() throws {
        let folder = try TemporaryFolder()
        let revisions = ConfiguredRevisions(directory: folder.path)
        let trigger = try Sample.trigger(#"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}}"#)
        let start = String(repeating: "n", count: 58)
        let triggers = Dictionary(uniqueKeysWithValues: (100_000..<200_000).map { (start + String($0), trigger) })
        #expect(try revisions.update(triggers, at: 1).allSatisfy { $0.value == 1 })
        #expect(try revisions.update(triggers, at: 2).allSatisfy { $0.value == 1 })
    }

    @Test("a trigger whose windows are over is refused when it is made, and shown as such in the config file")
    func windowsThatAreOver() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        let trigger = try bench.trigger(#""gates": {"windows": {"from": "2020-01-01", "until": "2020-01-02"}}"#)
        let error = await #expect(throws: DeploymentError.self) { try await engine.create(trigger, context: Sample.context) }
        #expect(error?.code == .invalid && error?.pointer == "/gates/windows")
        #expect(error?.message == "\"gates/windows\" lets nothing be deployed ever: none of them opens any more")
        await engine.stop(drain: 0)
        let configured = try bench.engine(configured: [trigger])
        let view = await configured.trigger("t")
        #expect(view?.problems == error.map { [$0.message] })
    }
}
