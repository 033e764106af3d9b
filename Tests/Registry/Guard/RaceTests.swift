import EventLog
import Events
import OCI
import Testing

@testable import Registry

@Suite struct RaceTests {
    @Test("of 64 racers for one protected new tag exactly one wins, in every round")
    func race() async throws {
        let fixture = try RegistryFixture {
            $0.guards = [GuardSettings(name: "all", repositories: ["**"], tags: ["*"])]
        }
        let images = (0..<64).map { Sample.image("\($0)") }
        for round in 0..<40 {
            let winners = await withTaskGroup(of: Digest?.self) { group in
                for image in images {
                    group.addTask { try? await fixture.push(image, "r\(round)").digest }
                }
                return await group.reduce(into: [Digest]()) { if let digest = $1 { $0.append(digest) } }
            }
            #expect(winners.count == 1)
            #expect(fixture.digest(of: "r\(round)") == winners.first)
        }
        let events = try fixture.events.map(\.payload.type)
        #expect(events.filter { $0 == .imagePushed }.count == 40)
        #expect(events.filter { $0 == .tagRejected }.count == 40 * 63)
        #expect(try fixture.records.map(\.sequence) == Array(1...UInt64(events.count)))
    }

    @Test("pushers of many tags that overlap win all of theirs or none")
    func overlapping() async throws {
        let fixture = try RegistryFixture {
            $0.guards = [GuardSettings(name: "all", repositories: ["**"], tags: ["*"])]
        }
        for round in 0..<20 {
            await withTaskGroup(of: Void.self) { group in
                for racer in 0..<16 {
                    group.addTask {
                        let bytes = Sample.image("\(round)-\(racer)")
                        let tags = (0..<4).map { "r\(round)-\((racer + $0 * 5) % 16)" }
                        let won = (try? await fixture.push(bytes, bytes.digest.description, tags: tags)) != nil
                        let set = tags.filter { fixture.digest(of: $0) == bytes.digest }
                        #expect(set == (won ? tags : []))
                    }
                }
            }
        }
    }

    @Test("readers never see what is not on disk, and never a part of a transaction")
    func durability() async throws {
        let fixture = try RegistryFixture()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    let state = fixture.registry.ledger.durable
                    #expect(state.sequence <= fixture.log.durableSequence)
                    let repository = state.repositories["team/app".asName]
                    #expect(repository?.tags["a".asTag] == repository?.tags["b".asTag])
                    await Task.yield()
                }
            }
            await withTaskGroup(of: Void.self) { pushers in
                for pusher in 0..<8 {
                    pushers.addTask {
                        for turn in 0..<50 {
                            let bytes = Sample.image("\(pusher)-\(turn)")
                            _ = try? await fixture.push(bytes, "a", tags: ["b"])
                            // Answered, so at least this far is on disk.
                            let name = "team/app".asName
                            #expect((try? fixture.registry.entry(.digest(bytes.digest), in: name)) != nil)
                        }
                    }
                }
            }
            group.cancelAll()
        }
        #expect(fixture.registry.ledger.sequenced == fixture.registry.ledger.durable)
    }

    @Test("a push of what another is just pushing is answered when that is on disk")
    func samePush() async throws {
        let fixture = try RegistryFixture()
        for round in 0..<50 {
            let bytes = Sample.image("\(round)")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        _ = try? await fixture.push(bytes, "t")
                        #expect(fixture.digest(of: "t") == bytes.digest)
                    }
                }
            }
        }
        #expect(try fixture.records.count == 51)
    }
}
