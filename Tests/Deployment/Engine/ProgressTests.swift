import EventLog
import Events
import OCI
import TestSupport
import Testing

@testable import Deployment

/// What is decided is decided once, whatever else is read again.
@Suite struct ProgressTests {
    enum Way: CaseIterable {
        /// The debounced trigger is changed.
        case change
        /// The hub is gone, without an end, and starts again from the log and its files.
        case crash
        /// The same, and of the files only what was synced is left.
        case powerCut
    }

    @Test("what one trigger refused while another's debounce is open stays refused", arguments: Way.allCases)
    func refusedMeanwhile(way: Way) async throws {
        let bench = try EngineBench()
        var engine = try bench.engine()
        await engine.start()
        try await engine.create(bench.trigger(#""debounce": {"quiet": "1h"}"#), context: Sample.context)
        let other = try Sample.trigger(
            #"""
            {"name": "u", "environment": "f", "policy": {"alphabetical": "asc"}, "gates": {"windows": {"cron": "0 0 29 2 *", "duration": "1m"}},
             "target": {"type": "hook", "name": "fails"}}
            """#)
        try await engine.create(other, context: Sample.context)
        let newer = try await bench.push(5)
        let older = try await bench.push(3)
        let id = DeploymentID.event(newer, trigger: "u")
        try await engine.until { $0.deployment(id)?.state == .waiting && $0.decided >= older }
        #expect(engine.position < newer, "the debounce needs its first record")
        // What the older one was refused for is gone.
        try await engine.cancel(id, reason: nil, context: Sample.context)
        let changed = try bench.trigger(#""debounce": {"quiet": "2h"}"#)
        if way == .change {
            try await engine.update(changed, context: Sample.context)
        } else {
            await engine.stop(drain: 0)
            if way == .powerCut { try PositionFile(directory: bench.folder.path + "/deployments").save(0) }
            engine = try bench.engine()
            await engine.start()
        }
        // Records are taken in their order: when this one is, all that is read again was.
        let last = DeploymentID.event(try await bench.push(7), trigger: "u")
        try await engine.until { $0.deployment(last)?.state == .waiting }
        #expect(engine.deployment(DeploymentID.event(older, trigger: "u")) == nil, "it was refused")
        // And the debounce has lost nothing: the newest of what it held counts, once it waits no more.
        #expect(engine.deployments(DeploymentFilter()).allSatisfy { $0.trigger == "u" })
        try await engine.update(bench.trigger(#""policy": {"alphabetical": "asc"}"#), context: Sample.context)
        try await engine.until { $0.deployment(DeploymentID.event(newer, trigger: "t"))?.state == .failed }
        await engine.stop(drain: 0)
    }

    @Test("what was refused stays refused after a power cut that takes the position away")
    func refusedBeforePowerCut() async throws {
        let bench = try EngineBench()
        let engine = try bench.engine()
        await engine.start()
        try await engine.create(
            bench.trigger(#""policy": {"alphabetical": "asc"}, "gates": {"windows": {"cron": "0 0 29 2 *", "duration": "1m"}}"#), context: Sample.context)
        let newer = try await bench.push(5)
        let older = try await bench.push(3)
        let id = DeploymentID.event(newer, trigger: "t")
        try await engine.until { $0.deployment(id)?.state == .waiting && $0.position >= older }
        try await engine.cancel(id, reason: nil, context: Sample.context)
        await engine.stop(drain: 0)
        try PositionFile(directory: bench.folder.path + "/deployments").save(0)
        let again = try bench.engine()
        await again.start()
        let last = DeploymentID.event(try await bench.push(7), trigger: "t")
        try await again.until { $0.deployment(last)?.state == .waiting }
        #expect(Set(again.deployments(DeploymentFilter()).map(\.id)) == [id, last])
        await again.stop(drain: 0)
    }

    @Test("every candidate is in one window and no other, over crashes and changes of triggers", arguments: 0..<40)
    func once(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var versions = [0, 0, 0]
        func trigger(_ number: Int) throws -> Trigger {
            let debounce = number == 0 ? "" : #""debounce": {"quiet": \#(number * 3), "cap": 20}, "#
            return try Sample.trigger(
                #"{"name": "t\#(number)", "environment": "e", \#(debounce)"timeout": \#(versions[number] + 1), "target": {"type": "hook", "name": "x"}}"#)
        }
        let repositories = try ["a", "b"].map { try #require(RepositoryName($0)) }
        var log: [Candidate] = []
        var place = LogPlace(Progress(decided: 0))
        var decided: [Candidate] = []
        for step in 0..<400 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: place = LogPlace(place.progress)
            case 1:
                versions[Int.random(in: 1...2, using: &random)] += 1
                var fingerprints: [String: String] = [:]
                for number in 0...2 { fingerprints["t\(number)"] = try trigger(number).fingerprint }
                place.readAgain { fingerprints[$0] }
            case 2...12:
                let sequence = UInt64(log.count + 1)
                log.append(
                    Candidate(
                        trigger: "t\(Int.random(in: 0...2, using: &random))",
                        repository: repositories.randomElement(using: &random) ?? Sample.app,
                        version: ImageVersion(tag: "x", digest: Sample.digest(log.count), pushed: Int64(step), sequence: sequence),
                        sequence: sequence, time: Int64(step) * 500, actor: "ci"))
            default:
                for candidate in log.dropFirst(Int(place.cursor.sequence)).prefix(Int.random(in: 1...5, using: &random)) {
                    if place.isUndecided(candidate), let number = Int(candidate.trigger.dropFirst()) {
                        decided += place.debouncer.add(candidate, try trigger(number)).joined()
                    }
                    place.pass(EventLog.Cursor(after: candidate.sequence))
                }
            }
        }
        for candidate in log.dropFirst(Int(place.cursor.sequence)) {
            if place.isUndecided(candidate), let number = Int(candidate.trigger.dropFirst()) {
                decided += place.debouncer.add(candidate, try trigger(number)).joined()
            }
            place.pass(EventLog.Cursor(after: candidate.sequence))
        }
        decided += place.debouncer.take(due: .max).joined()
        #expect(decided.map(\.sequence).sorted() == log.map(\.sequence))
        #expect(place.progress == Progress(decided: UInt64(log.count)))
    }

    @Test("the files keep the progress; where one is damaged, or the other is ahead, nothing that is needed is passed over")
    func files() throws {
        let folder = try TemporaryFolder()
        let files = try ProgressFiles(directory: folder.path)
        #expect(try files.load() == nil)
        let key = Debouncer.Key(trigger: "t", repository: Sample.app)
        let progress = Progress(decided: 20, open: [key: 11])
        try files.save(progress, isWhole: true)
        #expect(try ProgressFiles(directory: folder.path).load() == progress)
        #expect(try DeploymentEngine.knownDurable(folder.path) == 10)
        #expect(progress.clipped(to: 15) == Progress(decided: 15, open: [key: 11]) && progress.clipped(to: 10) == Progress(decided: 10))
        try DeploymentEngine.setBack(folder.path, to: 15)
        #expect(try files.load() == Progress(decided: 15, open: [key: 11]), "a restored log has other records there")
        try DeploymentEngine.setBack(folder.path, to: 7)
        #expect(try files.load() == Progress(decided: 7))
        try files.save(progress, isWhole: true)
        try files.save(Progress(decided: 30), isWhole: false)
        #expect(try files.load() == Progress(decided: 30))
        try files.save(progress, isWhole: true)
        for damage in ["", "{", "[]", #"{"decided": "20", "open": [{"trigger": "t", "repository": "team/app", "first": "0"}]}"#] {
            try folder.write(ProgressFiles.name, damage)
            #expect(try files.load() == Progress(decided: 10), "all that the debounce needs is read for everybody")
        }
    }
}
