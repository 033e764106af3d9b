import OCI
import Testing

@testable import EventLog
@testable import Registry

@Suite struct LedgerTests {
    @Test("a push that the log refuses leaves no trace, whether it opened a batch or came into one")
    func refusals() async throws {
        let fixture = try RegistryFixture(maxRecordBytes: 4000)
        let padding = String(repeating: "x", count: 4000)
        await #expect(throws: RegistryError.self) { try await fixture.push(Sample.image(padding), "first") }
        #expect(fixture.registry.ledger.sequenced == RegistryState())
        // Of several that gather while one is written, each may be the first.
        for round in 0..<40 {
            await withTaskGroup(of: Void.self) { group in
                for racer in 0..<8 {
                    group.addTask {
                        let isRefused = (racer + round) % 3 == 0
                        let image = Sample.image(isRefused ? padding + "\(racer)" : "\(round)-\(racer)")
                        let pushed = try? await fixture.push(image, "r\(round)-\(racer)", tags: racer % 2 == 0 ? ["more-\(racer)"] : [])
                        #expect((pushed == nil) == isRefused)
                        #expect((fixture.digest(of: "r\(round)-\(racer)") == nil) == isRefused)
                    }
                }
            }
        }
        let live = fixture.registry.ledger.durable
        #expect(live == fixture.registry.ledger.sequenced)
        fixture.log.close()
        let replayed = try RegistryFixture(folder: fixture.folder, ownsFolder: false)
        #expect(replayed.registry.ledger.durable == live)
        replayed.log.close()
    }
}
