import EventLog
import Events
import OCI
import Synchronization
import TestSupport

@testable import Audit

/// A log of random events over a few repositories, tags, people and days.
struct SampleLog {
    let folder: TemporaryFolder
    let log: EventLog
    let audit: AuditLog
    private let time = Time()

    final class Time: Sendable {
        let value = Mutex(Int64(1_700_000_000_000))
    }

    init(segmentBytes: Int = 30_000) throws {
        folder = try TemporaryFolder()
        var options = EventLog.Options(directory: folder.path + "/log")
        options.segmentBytes = segmentBytes
        options.preallocateBytes = 0
        let time = time
        options.clock = { time.value.withLock { $0 } }
        log = try EventLog.open(options, replayAfter: 0) { _ in }
        audit = AuditLog(log)
    }

    static let repositories = ["team/app", "team/web", "prod/shop/app", "prod/shop/db", "prod/app", "lone"]
    static let people = ["anonymous", "ann", "bob \"the\" builder", "ci/bot"]
    static let addresses = ["10.0.0.1", "10.0.1.7", "192.0.2.9"]

    static func digest(_ number: Int) -> String {
        let hex = String(number, radix: 16)
        return "sha256:" + String(repeating: "a", count: 64 - hex.count) + hex
    }

    func append(_ payload: Event.Payload, by actor: String = "ann", from address: String = "10.0.0.1", request: String = "r") async throws {
        let context = EventContext(
            actor: .user(actor), request: RequestInfo(id: request, address: address, userAgent: "test", method: "PUT"))
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do {
                try log.commit { transaction in
                    let time = transaction.time
                    let event = Event(id: .next(now: time), registry: "r.example", context: context, payload: payload)
                    transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                } whenDurable: { continuation.resume(with: $0.mapError { $0 as any Error }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func wait(_ milliseconds: Int64) { time.value.withLock { $0 += milliseconds } }

    func fill(_ count: Int, using random: inout SeededGenerator) async throws {
        for _ in 0..<count {
            wait(Int64.random(in: -1_000...4_000_000, using: &random))
            let repository = try pick(Self.repositories, &random)
            let change = ImageChange(
                repository: try name(repository), tag: Tag("v\(Int.random(in: 0..<9, using: &random))"),
                digest: try digest(Int.random(in: 0..<20, using: &random)), mediaType: .imageManifest, size: 7,
                previousDigest: Bool.random(using: &random) ? try digest(Int.random(in: 0..<20, using: &random)) : nil)
            let payload: Event.Payload = switch Int.random(in: 0..<6, using: &random) {
            case 0: .imageDeleted(change)
            case 1: .repositoryCreated(change.repository)
            case 2:
                .tagRejected(TagRejection(
                    repository: change.repository, tag: change.tag, action: .overwrite, currentDigest: change.previousDigest,
                    attemptedDigest: change.digest, reason: .tagImmutable, rule: "g"))
            case 3: .guardCreated(GuardSettings(name: "g", repositories: ["**"], tags: ["*"]))
            default: .imagePushed(change)
            }
            try await append(
                payload, by: pick(Self.people, &random), from: pick(Self.addresses, &random),
                request: "r\(Int.random(in: 0..<50, using: &random))")
        }
    }

    func name(_ text: String) throws -> RepositoryName {
        guard let name = RepositoryName(text) else { throw AuditError(.invalid, text) }
        return name
    }

    func digest(_ number: Int) throws -> Digest {
        guard let digest = Digest(Self.digest(number)) else { throw AuditError(.invalid, "\(number)") }
        return digest
    }

    private func pick<T>(_ list: [T], _ random: inout SeededGenerator) throws -> T {
        guard let element = list.randomElement(using: &random) else { throw AuditError(.invalid, "empty") }
        return element
    }
}
