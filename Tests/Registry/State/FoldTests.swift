import EventLog
import Events
import OCI
import Testing

@testable import Registry

@Suite struct FoldTests {
    @Test("after random commands the state is the same from the log alone and from any snapshot and the rest of it", arguments: [1, 2, 3])
    func replay(seed: UInt64) async throws {
        let fixture = try RegistryFixture { $0.allowSparse = true }
        var commands = RandomCommands(seed: seed)
        var snapshots: [[UInt8]] = []
        for step in 0..<400 {
            await commands.run(on: fixture)
            if step % 80 == 0 { snapshots.append(fixture.registry.snapshot().encode()) }
        }
        let live = fixture.registry.ledger.durable
        #expect(live.repositories.count > 1)
        fixture.log.close()
        let replayed = try RegistryFixture(folder: fixture.folder, ownsFolder: false)
        #expect(replayed.registry.ledger.durable == live)
        replayed.log.close()
        for snapshot in snapshots {
            let resumed = try RegistryFixture(folder: fixture.folder, snapshot: snapshot, ownsFolder: false)
            #expect(resumed.registry.ledger.durable == live)
            resumed.log.close()
        }
    }

    @Test("the indexes of a repository follow from its manifests and tags")
    func derived() async throws {
        let fixture = try RegistryFixture { $0.allowSparse = true }
        var commands = RandomCommands(seed: 9)
        for _ in 0..<400 { await commands.run(on: fixture) }
        fixture.registry.ledger.durable.repositories.forEach { _, repository in
            var rebuilt = RepositoryContent()
            repository.manifests.forEach { rebuilt.setManifest($0, $1) }
            repository.tags.forEach { rebuilt.setTag($0, to: $1) }
            #expect(RepositoryState(rebuilt) == repository)
        }
    }

    @Test("a record that cannot follow stops the replay, unless damage took some before it")
    func doubt() throws {
        let change = ImageChange(
            repository: "team/app".asName, tag: "v1".asTag, digest: "x".asDigest, mediaType: .imageManifest, size: 1)
        let payloads: [Event.Payload] = [.imagePushed(change), .imageDeleted(change)]
        for payload in payloads {
            var state = RegistryState()
            #expect(throws: RegistryError.self) { try state.apply(payload, manifest: nil, sequence: 1) }
            try state.apply(.repositoryCreated("team/app".asName), manifest: nil, sequence: 1)
            #expect(throws: RegistryError.self) { try state.apply(payload, manifest: nil, sequence: 2) }
            state.hasGaps = true
            try state.apply(payload, manifest: nil, sequence: 2)
            #expect(state.repositories["team/app".asName]?.tags.isEmpty == true)
        }
    }

    @Test("records of later versions are passed over, damaged ones are not")
    func foreignRecords() throws {
        let folder = try RegistryFixture()
        let bodies = [
            #"{"specversion":"1.0","id":"x","type":"io.signalbox.image.sung","data":{}}"#, #"{"specversion":"1.0"}"#, "",
        ]
        for body in bodies {
            _ = try folder.log.commit { $0.append { _, out in out.append(contentsOf: body.utf8) } } whenDurable: { _ in }
        }
        folder.log.close()
        let records = try folder.records
        var state = RegistryState()
        try state.apply(records[0])
        #expect(throws: RegistryError.self) { try state.apply(records[1]) }
        #expect(throws: RegistryError.self) { try state.apply(records[2]) }
    }
}

/// Commands as clients could send them, many of which make no sense.
struct RandomCommands {
    private var generator: SeededGenerator
    private var pushed: [Digest] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func run(on fixture: RegistryFixture) async {
        let repository = pick(["a", "b/c", "team/app"])
        let tag = "t\(Int.random(in: 0..<12, using: &generator))"
        let context = RegistryFixture.context
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<9:
            let bytes = manifest()
            pushed.append(bytes.digest)
            let extra = (0..<Int.random(in: 0..<3, using: &generator)).map { "x\($0)" }
            let reference = Bool.random(using: &generator) ? tag : bytes.digest.description
            _ = try? await fixture.push(bytes, reference, tags: extra, to: repository)
        case 9..<12: try? await fixture.delete(tag, from: repository)
        case 12..<17: try? await fixture.delete(digest().description, from: repository)
        case 17:
            let settings = GuardSettings(name: pick(["g", "h"]), repositories: [pick(["a", "b/*", "**"])], tags: [pick(["t1", "t2*", "x*"])])
            _ = try? await fixture.registry.putGuard(settings, context: context)
        case 18: try? await fixture.registry.deleteGuard(named: pick(["g", "h"]), context: context)
        default: _ = try? await fixture.push([0], tag, to: repository)
        }
    }

    private mutating func manifest() -> [UInt8] {
        let name = "\(Int.random(in: 0..<25, using: &generator))"
        let children = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in digest() }
        if Int.random(in: 0..<3, using: &generator) == 0 { return Sample.index(name, children: children) }
        let layers = (0..<Int.random(in: 0..<5, using: &generator)).map { _ in "l\(Int.random(in: 0..<9, using: &generator))" }
        return Sample.image(name, layers: layers, subject: Bool.random(using: &generator) ? digest() : nil)
    }

    private mutating func digest() -> Digest { pushed.randomElement(using: &generator) ?? "none".asDigest }
    private mutating func pick(_ texts: [String]) -> String { texts.randomElement(using: &generator) ?? "" }
}
