import Crypto
import OCI
import Testing

@testable import Registry

@Suite struct SnapshotTests {
    @Test("a snapshot reads back as the state it was taken of, with digests of both kinds, and encodes the same again")
    func roundTrip() async throws {
        let fixture = try RegistryFixture { $0.allowSparse = true }
        var commands = RandomCommands(seed: 5)
        for _ in 0..<200 { await commands.run(on: fixture) }
        let bytes = Sample.image("long")
        let digest = try #require(Digest(.sha512, bytes: hash(.sha512, bytes)))
        try await fixture.push(bytes, digest.description)
        let snapshot = fixture.registry.snapshot()
        let encoded = snapshot.encode()
        let state = try RegistryState(snapshot: encoded)
        #expect(state == fixture.registry.ledger.durable)
        #expect(state.sequence == snapshot.sequence)
        #expect(RegistrySnapshot(state: state).encode() == encoded)
    }

    @Test("a snapshot does not change with what happens after it")
    func frozen() async throws {
        let fixture = try RegistryFixture()
        try await fixture.push(Sample.image("a"), "1.0")
        let snapshot = fixture.registry.snapshot()
        let before = snapshot.encode()
        try await fixture.push(Sample.image("b"), "1.0")
        #expect(snapshot.encode() == before)
    }

    @Test("an empty state has a snapshot too")
    func empty() throws {
        let encoded = RegistrySnapshot(state: RegistryState()).encode()
        #expect(try RegistryState(snapshot: encoded) == RegistryState())
    }

    @Test("a damaged snapshot is an error or a state, never a trap")
    func damage() async throws {
        let fixture = try RegistryFixture { $0.allowSparse = true }
        var commands = RandomCommands(seed: 6)
        for _ in 0..<60 { await commands.run(on: fixture) }
        let encoded = fixture.registry.snapshot().encode()
        for end in stride(from: 0, to: encoded.count, by: 11) {
            #expect(throws: RegistryError.self) { try RegistryState(snapshot: Array(encoded[..<end])) }
        }
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            var bytes = encoded
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = try? RegistryState(snapshot: bytes)
        }
        #expect(throws: RegistryError.self) { try RegistryState(snapshot: encoded + [0]) }
    }
}
