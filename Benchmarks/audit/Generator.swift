import Dispatch
import EventLog
import Events
import Foundation
import OCI
import Synchronization

/// Makes a log as a busy registry would: a year of pushes, deletions, refusals and deployments, through the real engine.
struct Generator {
    static let start: Int64 = 1_735_689_600_000
    static let year: Int64 = 31_536_000_000

    let records: Int
    private var random = SplitMix(state: 42)
    private let repositories: [RepositoryName]
    private let people: [Actor]
    private let clock = Clock()

    final class Clock: Sendable {
        let time = Mutex(Generator.start)
    }

    init(records: Int) {
        self.records = records
        repositories = (0..<2_000).compactMap { RepositoryName("org\($0 % 40)/team\($0 % 200)/service-\($0)") }
        people = (0..<300).map { .user($0 < 200 ? "ci/pipeline-\($0)" : "person\($0)@example.com") }
    }

    /// A few repositories have most of the pushes.
    private mutating func skewed(_ count: Int) -> Int {
        let unit = Double(random.next() >> 11) / Double(1 << 53)
        return min(count - 1, Int(unit * unit * unit * Double(count)))
    }

    private mutating func digest() -> Digest {
        var hex = "sha256:"
        for _ in 0..<4 {
            let word = String(random.next(), radix: 16)
            hex += String(repeating: "0", count: 16 - word.count) + word
        }
        return Digest(hex) ?? Digest("sha256:" + String(repeating: "0", count: 64))!
    }

    private mutating func payload(_ number: Int) -> (Event.Payload, String) {
        let repository = repositories[skewed(repositories.count)]
        let tag = Tag(number % 5 == 0 ? "v\(number / 40_000).\(number / 400 % 100).\(number % 400)" : "build-\(number)")
        let change = ImageChange(
            repository: repository, tag: tag, digest: digest(), mediaType: .imageManifest,
            artifactType: "application/vnd.oci.image.config.v1+json", size: 1_000 + Int64(random.next() % 4_000),
            previousDigest: number % 3 == 0 ? digest() : nil)
        switch random.next() % 100 {
        case 0..<70: return (.imagePushed(change), "PUT")
        case 70..<88: return (.imageDeleted(change), "DELETE")
        case 88..<91:
            return (
                .tagRejected(TagRejection(
                    repository: repository, tag: tag, action: .overwrite, currentDigest: digest(), attemptedDigest: change.digest,
                    reason: .tagImmutable, rule: "releases")), "PUT")
        case 91: return (.repositoryCreated(repository), "PUT")
        default: return (.imagePushed(change), "PUT")
        }
    }

    mutating func run(into directory: String) throws -> EventLog {
        var options = EventLog.Options(directory: directory)
        let clock = clock
        options.clock = { clock.time.withLock { $0 } }
        let log = try EventLog.open(options, replayAfter: 0) { _ in }
        let room = DispatchSemaphore(value: 16)
        var number = 0
        while number < records {
            let batch = min(64, records - number)
            clock.time.withLock { $0 = Self.start + Self.year / Int64(records) * Int64(number) }
            var events: [(Event.Payload, EventContext)] = []
            for offset in 0..<batch {
                let (payload, method) = payload(number + offset)
                let who = skewed(people.count)
                let request = RequestInfo(
                    id: String(random.next(), radix: 16) + String(random.next(), radix: 16), address: "10.\(who % 8).\(who % 200).\(1 + who % 250)",
                    userAgent: who < 200 ? "docker/27.5.1 go/go1.22.11 os/linux arch/amd64" : "skopeo/1.18.0", method: method)
                events.append((payload, EventContext(actor: people[who], request: request)))
            }
            room.wait()
            try log.commit({ transaction in
                let time = transaction.time
                for (payload, context) in events {
                    let event = Event(id: .next(now: time), registry: "registry.example.com", context: context, payload: payload)
                    transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                }
            }, whenDurable: { _ in room.signal() })
            number += batch
        }
        for _ in 0..<16 { room.wait() }
        for _ in 0..<16 { room.signal() }
        return log
    }
}

struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
