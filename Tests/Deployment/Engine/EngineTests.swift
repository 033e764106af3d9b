import Dispatch
import EventLog
import EventPattern
import Events
import Foundation
import HTTP
import IO
import JSON
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Deployment

/// An engine over a log of its own, in a folder of its own; its hooks do nothing but fail.
private final class Bench: Sendable {
    let folder: TemporaryFolder
    let log: EventLog
    let pool = BlockingPool(name: "test", threads: 4)
    let loops: EventLoopGroup

    init() throws {
        folder = try TemporaryFolder()
        var options = EventLog.Options(directory: folder.path + "/log")
        options.preallocateBytes = 64 << 10
        log = try EventLog.open(options, replayAfter: 0) { _ in }
        loops = try EventLoopGroup(count: 1)
        for name in ["fails", "never-approved"] {
            let path = try folder.write("hooks/" + name, "#!/bin/sh\necho $0\nexit 64\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }

    deinit { log.close() }

    /// As a start would find things: folded from the log.
    func engine() throws -> DeploymentEngine {
        var state = DeploymentState()
        var scans = ScanTable()
        for record in try log.read(after: 0, limit: 1_000_000, maxBytes: 1 << 30) {
            try state.apply(record)
            try scans.apply(record)
        }
        let options = DeploymentEngine.Options(directory: folder.path + "/deployments", host: "hub.example", userAgent: "test")
        let factory = TargetFactory(
            hooksFolder: folder.path + "/hooks", secrets: SecretValues(), policy: .publicOnly, userAgent: "test", loops: loops,
            pool: pool)
        return try DeploymentEngine(
            options: options, state: state, scans: scans, log: log, pool: pool, loops: loops, factory: factory)
    }

    /// Its hook fails: that is as good as any other end.
    func trigger(_ members: String = "") throws -> Trigger {
        try Sample.trigger(
            #"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "fails"}\#(members.isEmpty ? "" : ", " + members)}"#)
    }

    /// Pushes an image; the record's sequence.
    @discardableResult
    func push(_ number: Int) async throws -> UInt64 {
        let tag = Tag("v\(number)")
        let change = ImageChange(
            repository: Sample.app, tag: tag, digest: Sample.digest(number), mediaType: .imageManifest, size: 1)
        let sequence = Mutex(UInt64(0))
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit({ transaction in
                    let time = transaction.time
                    let event = Event(
                        id: .next(now: time), registry: "hub.example", context: Sample.context, payload: .imagePushed(change))
                    let place = transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                    sequence.withLock { $0 = place }
                }, whenDurable: { continuation.resume(with: $0.mapError { $0 as any Error }) })
            } catch {
                continuation.resume(throwing: error)
            }
        }
        return sequence.withLock { $0 }
    }
}

extension DeploymentEngine {
    /// Waits until a condition holds; a minute is for a machine that is very busy.
    fileprivate func until(_ condition: (DeploymentEngine) -> Bool) async throws {
        let end = Monotonic.milliseconds + 60_000
        while !condition(self) {
            try #require(Monotonic.milliseconds < end, "waited a minute: \(deployments(DeploymentFilter()))")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    fileprivate var states: [Deployment.State] { deployments(DeploymentFilter()).reversed().map(\.state) }
}

/// Keeps the one loop of a bench busy until it is ended.
private final class LoopHold: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    init(_ loops: EventLoopGroup) {
        let (begun, semaphore) = (DispatchSemaphore(value: 0), semaphore)
        Task(executorPreference: loops.next()) {
            begun.signal()
            Self.wait(semaphore)
        }
        begun.wait()
    }

    func end() { semaphore.signal() }

    private static func wait(_ semaphore: DispatchSemaphore) { semaphore.wait() }
}

@Suite struct EngineTests {
    @Test("a trigger takes what is pushed after it, once, also when its records are read again after a crash")
    func once() async throws {
        let bench = try Bench()
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
        try PositionFile(directory: bench.folder.path + "/deployments").save(0)
        let again = try bench.engine()
        await again.start()
        let last = try await bench.push(4)
        try await again.until { $0.states.count == 3 && $0.states.allSatisfy { !$0.isLive } && $0.position >= last }
        #expect(Set(again.deployments(DeploymentFilter()).map(\.id)).isSuperset(of: ids))
        await again.stop(drain: 0)
    }

    @Test("what is fetched from the log by a new engine is what the last one had")
    func replay() async throws {
        let bench = try Bench()
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
        #expect(again.trigger("t")?.trigger?.fingerprint == engine.trigger("t")?.trigger?.fingerprint)
    }

    @Test("when the log takes nothing, a request fails and nothing is changed or started")
    func closedLog() async throws {
        let bench = try Bench()
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
        #expect(engine.states == [.waiting] && engine.trigger("t") != nil)
        #expect(engine.deployments(DeploymentFilter()).first?.approvals == [])
        await engine.stop(drain: 0)
    }

    @Test("events that a debounce holds are read again after the hub's end")
    func debounce() async throws {
        let bench = try Bench()
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
        let bench = try Bench()
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
            let bench = try Bench()
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
        let bench = try Bench()
        let engine = try bench.engine()
        let trigger = try Sample.trigger(
            #"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x", "environment": {"A": {"secret": "none"}}}}"#)
        let error = await #expect(throws: DeploymentError.self) { try await engine.create(trigger, context: Sample.context) }
        #expect(error?.pointer == "/target")
        #expect(engine.triggers().isEmpty && bench.log.durableSequence == 0)
    }

    @Test("a trigger whose hook is not there, or cannot be run, is refused with those that can; one that goes later fails its runs")
    func missingHook() async throws {
        let bench = try Bench()
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
        let bench = try Bench()
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

    @Test("the limit on triggers holds")
    func limit() async throws {
        let bench = try Bench()
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
