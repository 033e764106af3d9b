import Dispatch
import EventLog
import Events
import Foundation
import HTTP
import IO
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Deployment

/// An engine over a log of its own, in a folder of its own; its hooks do nothing but fail.
final class EngineBench: Sendable {
    let folder: TemporaryFolder
    let log: EventLog
    let pool = BlockingPool(name: "test", threads: 4)
    let loops: EventLoopGroup

    init() throws {
        folder = try TemporaryFolder()
        log = try folder.openLog()
        loops = try EventLoopGroup(count: 1)
        for name in ["fails", "never-approved"] {
            let path = try folder.write("hooks/" + name, "#!/bin/sh\necho $0\nexit 64\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
    }

    deinit { log.close() }

    /// As a start would find things: folded from the log.
    /// - Parameter configured: the triggers of a config file.
    func engine(configured: [Trigger] = []) throws -> DeploymentEngine {
        var state = DeploymentState()
        var scans = ScanTable()
        for record in try log.read(after: 0, limit: 1_000_000, maxBytes: 1 << 30) {
            try state.apply(record)
            try scans.apply(record)
        }
        var options = DeploymentEngine.Options(directory: folder.path + "/deployments", host: "hub.example", userAgent: "test")
        options.configured = configured
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
        try await append(.imagePushed(Self.change(number, tag: OCI.Tag("v\(number)"))))
    }

    /// Deletes an image, or a tag of it alone; the record's sequence.
    @discardableResult
    func delete(_ number: Int, tag: OCI.Tag? = nil) async throws -> UInt64 {
        try await append(.imageDeleted(Self.change(number, tag: tag)))
    }

    private static func change(_ number: Int, tag: OCI.Tag?) -> ImageChange {
        ImageChange(repository: Sample.app, tag: tag, digest: Sample.digest(number), mediaType: .imageManifest, size: 1)
    }

    @discardableResult
    func append(_ payload: Event.Payload) async throws -> UInt64 {
        let sequence = Mutex(UInt64(0))
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit({ transaction in
                    let time = transaction.time
                    let event = Event(
                        id: .next(now: time), registry: "hub.example", context: Sample.context, payload: payload)
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
    func until(_ condition: (DeploymentEngine) -> Bool) async throws {
        let end = Monotonic.milliseconds + 60_000
        while !condition(self) {
            try #require(Monotonic.milliseconds < end, "waited a minute: \(deployments(DeploymentFilter()))")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    var states: [Deployment.State] { deployments(DeploymentFilter()).reversed().map(\.state) }
}

/// Keeps the one loop of a bench busy until it is ended.
final class LoopHold: Sendable {
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
