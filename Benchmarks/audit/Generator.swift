import Crypto
import Dispatch
import EventLog
import Events
import Foundation
import OCI
import Synchronization

/// Makes a log as a busy registry would: a year of pushes, of deletions of what they replace, and of refusals, through the real engine.
/// Every manifest is there and every record follows on those before it, so that a hub can start on it and it can be verified.
struct Generator {
    static let start: Int64 = 1_735_689_600_000
    static let year: Int64 = 31_536_000_000
    /// How many tags a repository has at most: about as many manifests are there at any time.
    static let tags = 50

    let records: Int
    private var random = SplitMix(state: 42)
    private var repositories: [Repository]
    private let people: [Actor]
    private let clock = Clock()
    private var number = 0

    private struct Repository {
        let name: RepositoryName
        var isThere = false
        var tags: [Digest?] = Array(repeating: nil, count: Generator.tags)
    }

    private struct Step {
        let payload: Event.Payload
        let context: EventContext
        var manifest: [UInt8] = []
    }

    final class Clock: Sendable {
        let time = Mutex(Generator.start)
    }

    init(records: Int) {
        self.records = records
        repositories = (0..<2_000).compactMap { RepositoryName("org\($0 % 40)/team\($0 % 200)/service-\($0)") }.map { Repository(name: $0) }
        people = (0..<300).map { .user($0 < 200 ? "ci/pipeline-\($0)" : "person\($0)@example.com") }
    }

    /// A few repositories have most of the pushes.
    private mutating func skewed(_ count: Int) -> Int {
        let unit = Double(random.next() >> 11) / Double(1 << 53)
        return min(count - 1, Int(unit * unit * unit * Double(count)))
    }

    private mutating func context(_ method: String) -> EventContext {
        let who = skewed(people.count)
        return EventContext(actor: people[who], request: RequestInfo(
            id: String(random.next(), radix: 16) + String(random.next(), radix: 16), address: "10.\(who % 8).\(who % 200).\(1 + who % 250)",
            userAgent: who < 200 ? "docker/27.5.1 go/go1.22.11 os/linux arch/amd64" : "skopeo/1.18.0", method: method))
    }

    private func manifest(_ number: Int) -> [UInt8] {
        Array("""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:\(Blobs.emptyConfig)","size":2},"layers":[],"annotations":{"org.opencontainers.image.revision":"\(number)"}}
            """.utf8)
    }

    /// What one request brings, as one transaction.
    private mutating func steps() -> [Step] {
        number += 1
        let place = skewed(repositories.count)
        let slot = skewed(Self.tags)
        let (name, tag) = (repositories[place].name, Tag(slot == 0 ? "latest" : "v1.\(slot)"))
        var steps: [Step] = []
        if !repositories[place].isThere {
            repositories[place].isThere = true
            steps.append(Step(payload: .repositoryCreated(name), context: context("PUT")))
        }
        let bytes = manifest(number)
        guard let digest = Digest(.sha256, bytes: hash(.sha256, bytes)) else { return steps }
        let old = repositories[place].tags[slot]
        if let old, random.next() % 100 < 4 {
            steps.append(Step(payload: .tagRejected(TagRejection(
                repository: name, tag: tag, action: .overwrite, currentDigest: old, attemptedDigest: digest, reason: .tagImmutable,
                rule: "releases")), context: context("PUT")))
            return steps
        }
        repositories[place].tags[slot] = digest
        let change = ImageChange(
            repository: name, tag: tag, digest: digest, mediaType: .imageManifest,
            artifactType: "application/vnd.oci.empty.v1+json", size: Int64(bytes.count), previousDigest: old)
        steps.append(Step(payload: .imagePushed(change), context: context("PUT"), manifest: bytes))
        if let old {
            let gone = ImageChange(
                repository: name, tag: nil, digest: old, mediaType: .imageManifest,
                artifactType: "application/vnd.oci.empty.v1+json", size: Int64(bytes.count))
            steps.append(Step(payload: .imageDeleted(gone), context: context("DELETE")))
        }
        return steps
    }

    mutating func run(into directory: String) throws -> EventLog {
        var options = EventLog.Options(directory: directory)
        let clock = clock
        options.clock = { clock.time.withLock { $0 } }
        let log = try EventLog.open(options, replayAfter: 0) { _ in }
        let room = DispatchSemaphore(value: 16)
        var made = 0
        while made < records {
            clock.time.withLock { $0 = Self.start + Self.year / Int64(records) * Int64(made) }
            var batch: [Step] = []
            while batch.count < 64, made + batch.count < records { batch += steps() }
            made += batch.count
            let steps = batch
            room.wait()
            try log.commit({ transaction in
                let time = transaction.time
                for step in steps {
                    let event = Event(id: .next(now: time), registry: "registry.example.com", context: step.context, payload: step.payload)
                    transaction.append(attachment: step.manifest) { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                }
            }, whenDurable: { _ in room.signal() })
        }
        for _ in 0..<16 { room.wait() }
        for _ in 0..<16 { room.signal() }
        return log
    }
}

/// The one blob that all manifests need.
enum Blobs {
    static let emptyConfig = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

    static func write(_ folder: String) throws {
        let directory = folder + "/blobs/sha256"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: directory + "/" + emptyConfig))
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
