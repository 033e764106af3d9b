import Events
import OCI
import Testing

@testable import Deployment

@Suite struct DebouncerTests {
    private let trigger: Trigger

    init() throws {
        trigger = try Sample.trigger(
            #"{"name": "t", "environment": "e", "debounce": {"quiet": 10, "cap": 25}, "policy": {"semver": "*"}, "target": {"type": "hook", "name": "x"}}"#)
    }

    private func candidate(_ sequence: UInt64, _ tag: String, at seconds: Int64, _ repository: String = "team/app") throws -> Candidate {
        Candidate(
            trigger: "t", repository: try #require(RepositoryName(repository)),
            version: ImageVersion(tag: tag, digest: Sample.digest(Int(sequence)), pushed: seconds * 1000), sequence: sequence,
            time: seconds * 1000, actor: "ci")
    }

    @Test("events within the quiet time are one, the newest of them, and the window's first record is still needed")
    func quiet() throws {
        var debouncer = Debouncer()
        #expect(debouncer.add(try candidate(1, "1.0.0", at: 100), trigger).isEmpty)
        #expect(debouncer.add(try candidate(2, "1.2.0", at: 105), trigger).isEmpty)
        #expect(debouncer.add(try candidate(3, "1.1.0", at: 109), trigger).isEmpty)
        #expect(debouncer.open.values.min() == 1 && debouncer.nextEnd == 119_000)
        #expect(debouncer.take(due: 118_999).isEmpty)
        #expect(debouncer.take(due: 119_000).map { $0.map(\.sequence) } == [[2, 3, 1]])
        #expect(debouncer.open == [:] && debouncer.nextEnd == nil)
    }

    @Test("a window is given up when its trigger is another or no more")
    func stale() throws {
        var debouncer = Debouncer()
        #expect(debouncer.giveUpStale { _ in nil } == [:])
        let first = try candidate(1, "1.0.0", at: 100)
        for definition in ["another", nil] {
            _ = debouncer.add(first, trigger)
            #expect(debouncer.giveUpStale { _ in trigger.fingerprint } == [:] && debouncer.open == [first.debounceKey: 1])
            #expect(debouncer.giveUpStale { _ in definition } == [first.debounceKey: 1] && debouncer.open == [:])
        }
    }

    @Test("an image that is deleted meanwhile is left out, and a window of nothing else is gone")
    func deleted() throws {
        var debouncer = Debouncer()
        for (sequence, tag) in [(1, "1.0.0"), (2, "1.2.0")] { _ = debouncer.add(try candidate(UInt64(sequence), tag, at: 100), trigger) }
        debouncer.forget(Sample.digest(2), in: try #require(RepositoryName("team/web")))
        debouncer.forget(Sample.digest(2), in: Sample.app)
        #expect(debouncer.take(due: 200_000).map { $0.map(\.sequence) } == [[1]])
        _ = debouncer.add(try candidate(3, "1.3.0", at: 300), trigger)
        debouncer.forget(Sample.digest(3), in: Sample.app)
        #expect(debouncer.nextEnd == nil && debouncer.open == [:])
    }

    @Test("a stream of events ends at the cap")
    func cap() throws {
        var debouncer = Debouncer()
        for second in Int64(0)...2 {
            #expect(debouncer.add(try candidate(UInt64(second + 1), "1.\(second).0", at: 100 + second * 9), trigger).isEmpty)
        }
        #expect(debouncer.nextEnd == 125_000)
        #expect(debouncer.add(try candidate(4, "1.9.0", at: 126), trigger).map { $0.first?.sequence } == [3], "the window was over by then")
        #expect(debouncer.open.values.min() == 4)
    }

    @Test("the same records make the same windows, also when they are read late and at once")
    func repeatable() throws {
        let records = try [(1, 100), (2, 104), (3, 120), (4, 121), (5, 140)].map { sequence, time in
            try candidate(UInt64(sequence), "1.0.\(sequence)", at: Int64(time))
        }
        var live = Debouncer()
        var taken: [UInt64] = []
        for record in records {
            taken += live.take(due: record.time).compactMap { $0.first?.sequence }
            taken += live.add(record, trigger).compactMap { $0.first?.sequence }
        }
        taken += live.take(due: .max).compactMap { $0.first?.sequence }
        var late = Debouncer()
        var again = records.flatMap { late.add($0, trigger) }.compactMap { $0.first?.sequence }
        again += late.take(due: .max).compactMap { $0.first?.sequence }
        #expect(taken == [2, 4, 5] && again == taken)
    }

    @Test("repositories do not put off each other, and a trigger without debounce does not wait")
    func apart() throws {
        var debouncer = Debouncer()
        _ = debouncer.add(try candidate(1, "1.0.0", at: 100), trigger)
        _ = debouncer.add(try candidate(2, "1.0.0", at: 105, "team/web"), trigger)
        #expect(debouncer.take(due: 110_000).map { $0.map(\.sequence) } == [[1]])
        let direct = try Sample.trigger(#"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}}"#)
        #expect(debouncer.add(try candidate(3, "1.0.0", at: 106), direct).map { $0.map(\.sequence) } == [[3]])
    }

    @Test("a clock that is set back makes no trouble")
    func clock() throws {
        var debouncer = Debouncer()
        _ = debouncer.add(try candidate(1, "1.0.0", at: 100), trigger)
        #expect(debouncer.add(try candidate(2, "1.0.1", at: 50), trigger).isEmpty)
        #expect(debouncer.take(due: 60_000).map { $0.map(\.sequence) } == [[2, 1]])
    }

    @Test("what is refused at the end has displaced nothing: the next newest is deployed")
    func refused() throws {
        var world = try World([])
        world.situation.configured["t"] = trigger
        world.commit([.environment(EnvironmentChange(.pinned, environment: "e", reason: "bad", digest: Sample.digest(3)))])
        var debouncer = Debouncer()
        for (number, tag) in [(1, "1.0.0"), (2, "1.2.0"), (3, "1.9.0"), (4, "1.1.0")] {
            #expect(debouncer.add(try candidate(UInt64(10 + number), tag, digest: number), trigger).isEmpty)
        }
        let candidates = try #require(debouncer.take(due: .max).first)
        #expect(candidates.map { $0.version.tag } == ["1.9.0", "1.2.0", "1.1.0", "1.0.0"])
        world.commit(world.situation.admit(candidates))
        #expect(world.state.deployments.values.map(\.version.tag) == ["1.2.0"])
        #expect(world.situation.admit(candidates).isEmpty, "read again, the window is known")
        // Whatever became of it: the others were not chosen.
        let id = DeploymentID.event(12, trigger: "t")
        world.commit(try world.situation.cancel(id, actor: .anonymous, reason: nil))
        #expect(world.situation.admit(candidates).isEmpty)
    }

    @Test("an image whose scan is bad by then takes no other's place; if all are bad, the newest is told of")
    func badScan() throws {
        var world = try World([])
        world.situation.configured["t"] = try Sample.trigger(
            #"""
            {"name": "t", "environment": "e", "debounce": 10, "policy": {"semver": "*"}, "gates": {"scan": {"maxSeverity": "low"}},
             "target": {"type": "hook", "name": "x"}}
            """#)
        let candidates = try [(1, "1.2.0"), (2, "1.1.0")].map { try candidate(UInt64($0), $1, digest: $0) }
        world.situation.scans.set(Sample.digest(1), .init(summary: Sample.scan([.critical: 1]), sequence: 1, time: 0))
        var other = world
        world.commit(world.situation.admit(candidates))
        #expect(world.state.deployments.values.map(\.version.tag) == ["1.1.0"])
        other.situation.scans.set(Sample.digest(2), .init(summary: Sample.scan([.high: 1]), sequence: 2, time: 0))
        other.commit(other.situation.admit(candidates))
        #expect(other.state.deployments.values.map(\.version.tag) == ["1.2.0"])
    }

    private func candidate(_ sequence: UInt64, _ tag: String, digest: Int) throws -> Candidate {
        Candidate(
            trigger: "t", repository: Sample.app, version: ImageVersion(tag: tag, digest: Sample.digest(digest), pushed: 1000),
            sequence: sequence, time: 1000, actor: "ci")
    }

    @Test("however many events come, no more are held than the limits say, and the newest is among them")
    func bounded() throws {
        var debouncer = Debouncer()
        var done = 0
        for number in 0..<300 { done += debouncer.add(try candidate(UInt64(number + 1), "1.\(number).0", at: 100), trigger).count }
        for number in 0..<10_400 {
            done += debouncer.add(try candidate(UInt64(number + 301), "1.0.0", at: 100, "team/app\(number)"), trigger).count
        }
        let left = debouncer.take(due: .max)
        #expect(done > 0 && done + left.count == 10_401 && left.reduce(0) { $0 + $1.count } == Debouncer.limit)
    }
}
