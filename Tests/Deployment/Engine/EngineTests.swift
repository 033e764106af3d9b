import EventLog
import Events
import HTTP
import IO
import JSON
import OCI
import TestSupport
import Testing

@testable import Deployment

@Suite struct EngineTests {
    @Test("a trigger takes what is pushed after it, once, also when its records are read again after a crash")
    func once() async throws {
        let bench = try EngineBench()
        try await bench.push(1)
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(), context: Sample.context)
        let second = try await bench.push(2)
        let durable = try await bench.push(3)
        try await engine.until { $0.states.count == 2 && $0.states.allSatisfy { !$0.isLive } && $0.position >= durable }
        let ids = Set(engine.deployments(DeploymentFilter()).map(\.id))
        #expect(ids.contains(DeploymentID.event(second, trigger: "t")) && ids.contains(DeploymentID.event(durable, trigger: "t")))
        await engine.stop(drain: 0)

        // A power cut may lose the newest positions.
        try ProgressFiles(directory: bench.folder.path + "/deployments").save(Progress(decided: 0), isWhole: false)
        let again = try bench.engine()
        await again.start()
        let last = try await bench.push(4)
        try await again.until { $0.states.count == 3 && $0.states.allSatisfy { !$0.isLive } && $0.position >= last }
        #expect(Set(again.deployments(DeploymentFilter()).map(\.id)).isSuperset(of: ids))
        await again.stop(drain: 0)
    }

    @Test("what is fetched from the log by a new engine is what the last one had")
    func replay() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""gates": {"approvals": {}}"#), context: Sample.context)
        let last = try await bench.push(1)
        try await engine.until { $0.states == [.waiting] && $0.position >= last }
        let id = try #require(engine.deployments(DeploymentFilter()).first?.id)
        try await engine.approve(id, comment: "go", context: Sample.context)
        try await engine.until { $0.states == [.failed] }
        await engine.stop(drain: 0)
        let again = try bench.engine()
        #expect(again.deployments(DeploymentFilter()) == engine.deployments(DeploymentFilter()))
        let (before, after) = (await engine.trigger("t"), await again.trigger("t"))
        #expect(after?.trigger != nil && after?.trigger?.fingerprint == before?.trigger?.fingerprint)
    }

    @Test("when the log takes nothing, a request fails and nothing is changed or started")
    func closedLog() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""gates": {"approvals": {}}"#), context: Sample.context)
        let last = try await bench.push(1)
        try await engine.until { $0.states == [.waiting] && $0.position >= last }
        let id = try #require(engine.deployments(DeploymentFilter()).first?.id)
        bench.log.close()
        let error = await #expect(throws: DeploymentError.self) { try await engine.approve(id, context: Sample.context) }
        #expect(error?.code == .unavailable)
        await #expect(throws: DeploymentError.self) { try await engine.delete(trigger: "t", context: Sample.context) }
        let trigger = await engine.trigger("t")
        #expect(engine.states == [.waiting] && trigger != nil)
        #expect(engine.deployments(DeploymentFilter()).first?.approvals == [])
        await engine.stop(drain: 0)
    }

    @Test("events that a debounce holds are read again after the hub's end")
    func debounce() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""debounce": {"quiet": "1h"}"#), context: Sample.context)
        let first = try await bench.push(1)
        try await bench.push(2)
        try await engine.until { $0.position >= first - 1 }
        #expect(engine.position < first, "its first record is needed again")
        #expect(engine.states == [])
        await engine.stop(drain: 0)
        let again = try bench.engine()
        await again.start()
        #expect(again.position < first && again.states == [])
        // Without a quiet time an event counts at once.
        try await again.update(bench.trigger(), context: Sample.context)
        let last = DeploymentID.event(try await bench.push(3), trigger: "t")
        try await again.until { $0.deployment(last)?.state == .failed }
        await again.stop(drain: 0)
    }

    @Test("events that a debounce holds are looked at again when their trigger changes")
    func debounceOfChangedTrigger() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""debounce": {"quiet": "1h"}"#), context: Sample.context)
        let other = #"{"name": "u", "environment": "f", "target": {"type": "hook", "name": "fails"}}"#
        try await engine.create(Sample.trigger(other), context: Sample.context)
        let first = try await bench.push(1)
        // One record is taken for all triggers, in the order of their names.
        try await engine.until { $0.deployment(DeploymentID.event(first, trigger: "u")) != nil }
        #expect(engine.deployment(DeploymentID.event(first, trigger: "t")) == nil)
        try await engine.update(bench.trigger(), context: Sample.context)
        try await engine.until { $0.deployment(DeploymentID.event(first, trigger: "t"))?.state == .failed }
        await engine.stop(drain: 0)
    }

    @Test("a run is of the definition that it was decided with, whatever becomes of its trigger before the target is called")
    func definitionAtLaunch() async throws {
        for isDeleted in [false, true] {
            let bench = try EngineBench()
            let engine = try bench.engine()
            await engine.start()
            try await engine.create(bench.trigger(#""gates": {"approvals": {}}"#), context: Sample.context)
            let last = try await bench.push(1)
            try await engine.until { $0.states == [.waiting] && $0.position >= last }
            let id = try #require(engine.deployments(DeploymentFilter()).first?.id)
            let hold = LoopHold(bench.loops)
            try await engine.approve(id, context: Sample.context)
            // Its start is on disk, and the loop that calls the target is held.
            try await engine.until { $0.states == [.running] }
            if isDeleted {
                try await engine.delete(trigger: "t", context: Sample.context)
            } else {
                let other = try Sample.trigger(
                    #"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "never-approved"}}"#)
                try await engine.update(other, context: Sample.context)
            }
            hold.end()
            try await engine.until { $0.states == [.failed] }
            let reason = try #require(engine.deployment(id)?.reason)
            #expect(reason.contains("fails") && !reason.contains("never-approved"), "\(reason)")
            await engine.stop(drain: 0)
        }
    }

    @Test("a trigger whose target needs a secret that is not there is refused")
    func missingSecret() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        let trigger = try Sample.trigger(
            #"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x", "environment": {"A": {"secret": "none"}}}}"#)
        let error = await #expect(throws: DeploymentError.self) { try await engine.create(trigger, context: Sample.context) }
        #expect(error?.pointer == "/target")
        let triggers = await engine.triggers()
        #expect(triggers.isEmpty && bench.log.durableSequence == 0)
    }

    @Test("the limit on triggers holds")
    func limit() async throws {
        let bench = try EngineBench()
        var options = DeploymentEngine.Options(directory: bench.folder.path + "/d", host: "h", userAgent: "t")
        options.triggerLimit = 1
        let factory = TargetFactory(
            hooksFolder: bench.folder.path + "/hooks", secrets: SecretValues(), policy: .publicOnly, userAgent: "test", loops: bench.loops,
            pool: bench.pool)
        let engine = try DeploymentEngine(
            options: options, state: DeploymentState(), scans: ScanTable(), log: bench.log, pool: bench.pool, loops: bench.loops,
            factory: factory)
        try await engine.create(bench.trigger(), context: Sample.context)
        let other = try Sample.trigger(#"{"name": "u", "environment": "e", "target": {"type": "hook", "name": "fails"}}"#)
        let error = await #expect(throws: DeploymentError.self) { try await engine.create(other, context: Sample.context) }
        #expect(error?.code == .tooMany)
        await engine.stop(drain: 0)
    }
}
