import EventLog
import Events
import JSON
import OCI
import Testing

@testable import Registry

@Suite struct GuardTests {
    static let protected = GuardSettings(name: "prod", repositories: ["team/*"], tags: ["v*"], except: ["v*-dev"])

    @Test("a protected tag is set once; moving it is refused, told apart and recorded")
    func overwrite() async throws {
        let fixture = try RegistryFixture { $0.guards = [Self.protected] }
        try await fixture.push(Sample.image("a"), "v1")
        try await fixture.push(Sample.image("a"), "v1")
        let error = await #expect(throws: RegistryError.self) { try await fixture.push(Sample.image("b"), "v1") }
        #expect(error?.reason == .denied)
        let first = try #require(error?.errors.first)
        #expect(first.code == .denied)
        #expect(first.message.contains("immutable"))
        #expect(first.detail?.object?.members.map(\.key) == ["reason", "tag", "currentDigest", "attemptedDigest", "rule"])
        #expect(first.detail?["reason"]?.string == "TAG_IMMUTABLE")
        #expect(first.detail?["currentDigest"]?.string == Sample.image("a").digest.description)
        #expect(first.detail?["attemptedDigest"]?.string == Sample.image("b").digest.description)
        #expect(first.detail?["rule"]?.string == "prod")
        #expect(try fixture.story.last == "tag.rejected team/app:v1")
        #expect(fixture.digest(of: "v1") == Sample.image("a").digest)
        #expect(throws: RegistryError.self) {
            try fixture.registry.entry(.digest(Sample.image("b").digest), in: "team/app".asName)
        }
    }

    @Test("what no pattern covers, and what is excepted, moves freely")
    func notCovered() async throws {
        let fixture = try RegistryFixture { $0.guards = [Self.protected] }
        for name in ["a", "b"] {
            try await fixture.push(Sample.image(name), "v1-dev")
            try await fixture.push(Sample.image(name), "latest")
            try await fixture.push(Sample.image(name), "v1", to: "other")
            try await fixture.push(Sample.image(name), "v1", to: "team/deep/app")
        }
        try await fixture.delete("v1-dev")
    }

    @Test("of many tags none is set where a guard protects one")
    func allOrNothing() async throws {
        let fixture = try RegistryFixture { $0.guards = [Self.protected] }
        try await fixture.push(Sample.image("a"), "v1")
        let bytes = Sample.image("b")
        await expect(.denied, .denied) {
            try await fixture.push(bytes, bytes.digest.description, tags: ["new", "v1", "latest"])
        }
        #expect(try fixture.story.count == 3)
        #expect(fixture.digest(of: "new") == nil)
        #expect(fixture.digest(of: "latest") == nil)
    }

    @Test("a protected tag cannot be removed, neither by its name nor with its manifest")
    func delete() async throws {
        let fixture = try RegistryFixture { $0.guards = [Self.protected] }
        try await fixture.push(Sample.image("a"), "v1", tags: ["free"])
        await expect(.denied, .denied) { try await fixture.delete("v1") }
        await expect(.denied, .denied) { try await fixture.delete(Sample.image("a").digest.description) }
        try await fixture.delete("free")
        #expect(try fixture.story.filter { $0 == "tag.rejected team/app:v1" }.count == 2)
    }

    @Test("what a protected tag reaches through indexes cannot be deleted, however deep")
    func children() async throws {
        let fixture = try RegistryFixture { $0.guards = [Self.protected] }
        let image = Sample.image("a")
        let inner = Sample.index("inner", children: [image.digest])
        let outer = Sample.index("outer", children: [inner.digest])
        for bytes in [image, inner] { try await fixture.push(bytes, bytes.digest.description) }
        try await fixture.push(outer, "v1")
        for bytes in [image, inner, outer] {
            await expect(.denied, .denied) { try await fixture.delete(bytes.digest.description) }
        }
        let free = Sample.image("free")
        try await fixture.push(free, free.digest.description)
        try await fixture.delete(free.digest.description)
    }

    @Test("each protection stands for itself")
    func protections() async throws {
        let fixture = try RegistryFixture {
            $0.guards = [
                GuardSettings(name: "keep", repositories: ["**"], tags: ["keep"], protect: [.delete]),
                GuardSettings(name: "once", repositories: ["**"], tags: ["once"], protect: [.overwrite]),
            ]
        }
        try await fixture.push(Sample.image("a"), "keep", tags: ["once"])
        try await fixture.push(Sample.image("b"), "keep")
        await expect(.denied, .denied) { try await fixture.delete("keep") }
        await expect(.denied, .denied) { try await fixture.push(Sample.image("b"), "once") }
        try await fixture.delete("once")
    }

    @Test("a guard that cannot decide refuses")
    func undecided() async throws {
        let fixture = try RegistryFixture()
        try await fixture.push(Sample.image("a"), "v1")
        // As a later version's settings would be after a step back.
        var state = fixture.registry.ledger.durable
        let odd = GuardSettings(name: "odd", repositories: ["team/{a,b}"], tags: ["v?"])
        try state.apply(.guardCreated(odd), manifest: nil, sequence: 99)
        let guards = GuardSet(configured: [], made: state.guards)
        let expected = GuardSet.Refusal(reason: .guardUndecided, rule: "odd")
        #expect(guards.refusal(.overwrite, "team/app".asName, "v1".asTag) == expected)
        let decision = DeleteDecision(name: "team/app".asName, state: state, guards: guards).tag("v1".asTag)
        #expect(throws: RegistryError.self) { try decision.answer.get() }
        #expect(decision.changes.count == 1)
    }

    @Test("an index of endless ancestors cannot be decided, so it stays")
    func endless() throws {
        var content = RepositoryContent()
        let manifest = try Manifest(parsing: Sample.index("x", children: ["child".asDigest]), contentType: nil)
        for index in 0...GuardedManifest.maximumSteps {
            let entry = ManifestEntry(manifest, size: 1, missing: [], sequence: 1)
            content.setManifest("\(index)".asDigest, entry)
        }
        let repository = RepositoryState(content)
        let guards = GuardSet(configured: [Guard(Self.protected)], made: SortedMap())
        let search = GuardedManifest(guards: guards, name: "team/app".asName, repository: repository)
        #expect(search.refusal(toDelete: "child".asDigest)?.refusal.reason == .guardUndecided)
        let free = GuardedManifest(guards: guards, name: "other".asName, repository: repository)
        #expect(free.refusal(toDelete: "child".asDigest) == nil)
    }

    @Test("guards made over the API work at once, and their changes are records")
    func settings() async throws {
        let fixture = try RegistryFixture { $0.guards = [Self.protected] }
        let registry = fixture.registry
        let context = RegistryFixture.context
        var rule = GuardSettings(name: "all", repositories: ["**"], tags: ["*"])
        #expect(try await registry.putGuard(rule, context: context) == .created)
        #expect(try await registry.putGuard(rule, context: context) == .unchanged)
        try await fixture.push(Sample.image("a"), "x", to: "any/where")
        await expect(.denied, .denied) { try await fixture.push(Sample.image("b"), "x", to: "any/where") }
        rule.tags = ["y"]
        #expect(try await registry.putGuard(rule, context: context) == .updated)
        try await fixture.push(Sample.image("b"), "x", to: "any/where")
        #expect(registry.guards().map(\.settings.name) == ["prod", "all"])
        #expect(registry.guards().map(\.isConfigured) == [true, false])
        #expect(registry.guardRule(named: "all")?.settings == rule)
        try await registry.deleteGuard(named: "all", context: context)
        #expect(registry.guardRule(named: "all") == nil)
        await expect(.notFound, .unsupported) { try await registry.deleteGuard(named: "all", context: context) }
        await expect(.conflict, .unsupported) { try await registry.putGuard(Self.protected, context: context) }
        await expect(.conflict, .unsupported) { try await registry.deleteGuard(named: "prod", context: context) }
        #expect(try fixture.story.filter { $0.hasPrefix("guard.") } == [
            "guard.created guards/all", "guard.updated guards/all", "guard.deleted guards/all",
        ])
    }

    static let badSettings: [(GuardSettings, String)] = [
        (GuardSettings(name: "", repositories: ["*"], tags: ["*"]), "name"),
        (GuardSettings(name: "a/b", repositories: ["*"], tags: ["*"]), "name"),
        (GuardSettings(name: String(repeating: "a", count: 65), repositories: ["*"], tags: ["*"]), "name"),
        (GuardSettings(name: "a", repositories: [], tags: ["*"]), "repositories"),
        (GuardSettings(name: "a", repositories: ["*"], tags: []), "tags"),
        (GuardSettings(name: "a", repositories: ["*", "a?"], tags: ["*"]), "repositories/1"),
        (GuardSettings(name: "a", repositories: ["*"], tags: ["*"], except: [""]), "except/0"),
        (GuardSettings(name: "a", repositories: ["*"], tags: ["*"], protect: []), "protect"),
        (GuardSettings(name: "a", repositories: ["*"], tags: ["*"], protect: [.delete, .delete]), "protect"),
        (GuardSettings(name: "a", repositories: Array(repeating: "*", count: 101), tags: ["*"]), "repositories"),
    ]

    @Test("settings that protect nothing or cannot be understood are refused with the field", arguments: badSettings)
    func checks(settings: GuardSettings, pointer: String) throws {
        let problem = #expect(throws: GuardSettings.Problem.self) { try settings.check() }
        #expect(problem?.pointer == pointer)
        #expect(throws: RegistryError.self) { try RegistryFixture { $0.guards = [settings] } }
    }
}
