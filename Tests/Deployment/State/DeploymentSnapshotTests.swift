@testable import EventLog
import Events
import JSON
import OCI
import Testing
import TestSupport

@testable import Deployment

@Suite struct DeploymentSnapshotTests {
    private static func world() throws -> World {
        var world = try World([])
        let trigger = try Sample.trigger(
            #"{"name": "t", "environment": "e", "onFailure": "rollback", "gates": {"approvals": {}}, "target": {"type": "hook", "name": "x"}}"#)
        world.commit(try world.situation.create(trigger, limit: 5))
        for (number, fails) in [(1, false), (2, true)] {
            let id = try #require(try world.push(number, "t"))
            world.commit(
                try world.situation.approve(
                    id, digest: nil, actor: .user("ann"), name: nil, comment: "\"go\"\n", isRejection: false), by: Sample.context)
            try world.settle()
            try world.end(id, failing: fails ? "exit 1" : nil)
        }
        _ = try world.push(3, "t")
        world.commit(try world.situation.setPaused(true, trigger: "t"))
        world.situation.scans.set(
            Sample.digest(1), ScanTable.Entry(summary: Sample.scan([.high: 2]), sequence: 77, time: 5))
        return world
    }

    @Test("a snapshot reads back as the state and the scans that it was")
    func roundTrip() throws {
        let world = try Self.world()
        let bytes = world.state.encoded(world.situation.scans)
        let (state, scans) = try DeploymentState.decode(bytes, sequence: 1000)
        #expect(state.sequence == 1000 && scans.sequence == 1000)
        #expect(state.deployments == world.state.deployments)
        #expect(state.live == world.state.live && state.finished == world.state.finished)
        #expect(state.pins == world.state.pins && state.pauses == world.state.pauses)
        #expect(scans[Sample.digest(1)] == world.situation.scans[Sample.digest(1)])
        #expect(state.triggers["t"]?.trigger?.fingerprint == world.state.triggers["t"]?.trigger?.fingerprint)
    }

    @Test("a snapshot is told from another one, in deployments and in scans, and fits the state that it is of whatever record that counts")
    func held() throws {
        var world = try Self.world()
        let bytes = world.state.encoded(world.situation.scans)
        let saved = try SavedDeployments(bytes, sequence: 50)
        #expect(saved.stateSequence == max(50, world.state.sequence) && saved.scansSequence == 77, "each at its own last record")
        var replayed = world.state
        replayed.sequence += 1_000
        #expect(saved.fits(world.state) && saved.fits(replayed) && saved.fits(world.situation.scans))
        world.situation.scans.set(Sample.digest(1), ScanTable.Entry(summary: Sample.scan([.high: 3]), sequence: 77, time: 5))
        #expect(!saved.fits(world.situation.scans) && saved.fits(world.state))
        world.commit(try world.situation.setPaused(false, trigger: "t"))
        #expect(!saved.fits(world.state))
        let text = String(decoding: bytes, as: UTF8.self).replacing("\"version\":\(DeploymentState.snapshotVersion),", with: "")
        #expect(try SavedDeployments(Array(text.utf8), sequence: 50).scansSequence == nil, "the first version's scans are not taken by a start either")
    }

    @Test("a snapshot of the second version is taken, with what the environment runs, and not held to what it could not know")
    func secondVersion() throws {
        let world = try Self.world()
        var text = String(decoding: world.state.encoded(world.situation.scans), as: UTF8.self)
        text = Self.fourthVersion(text).replacing("\"version\":4", with: "\"version\":2").replacing("\"last\":true,", with: "")
        text = text.replacing(/"changed":[0-9]+,/, with: "").replacing(",\"earlier\":[]", with: "")
        let (state, scans) = try DeploymentState.decode(Array(text.utf8), sequence: 50)
        let place = Place(environment: "e", repository: Sample.app)
        #expect(state.current(place)?.success == world.state.current(place)?.success && state.current(place) != nil)
        #expect(state.triggers["t"]?.version(at: 50)?.trigger != nil)
        #expect(scans[Sample.digest(1)] == world.situation.scans[Sample.digest(1)])
        let saved = try SavedDeployments(Array(text.utf8), sequence: 50)
        #expect(saved.fits(world.state) && saved.fits(DeploymentState()) && saved.fits(world.situation.scans) && !saved.fits(ScanTable()))
    }

    @Test("a snapshot that goes back to one of an earlier version is not held to what that one could not know, however often it was saved since", arguments: [1, 2])
    func heir(version: Int) throws {
        var world = try Self.world()
        let changed = try Sample.trigger(#"{"name": "t", "environment": "e", "gates": {"approvals": {}}, "target": {"type": "hook", "name": "x"}}"#)
        world.commit(try world.situation.update(changed))
        #expect(world.state.triggers["t"]?.earlier.isEmpty == false)
        var text = String(decoding: world.state.encoded(world.situation.scans), as: UTF8.self)
        text = text.replacing("\"version\":\(DeploymentState.snapshotVersion),", with: version == 1 ? "" : "\"version\":2,").replacing("\"last\":true,", with: "")
        text = text.replacing(/"changed":[0-9]+,/, with: "").replacing(/,"earlier":\[.*?\}\]\}/, with: "}")
        var bytes = Array(text.utf8)
        for _ in 0..<3 {
            let (state, scans) = try DeploymentState.decode(bytes, sequence: 50)
            #expect(state.triggers["t"]?.earlier.isEmpty == true, "it does not know what was before")
            bytes = state.encoded(scans)
            let saved = try SavedDeployments(bytes, sequence: 50)
            #expect(saved.fits(world.state) && !saved.isWhole)
            #expect((saved.scansSequence == nil) == (version == 1))
            #expect(version == 1 || saved.fits(world.situation.scans) && !saved.fits(ScanTable()))
        }
        let whole = try SavedDeployments(world.state.encoded(world.situation.scans), sequence: 50)
        #expect(whole.isWhole && whole.fits(world.state))
    }

    @Test("a snapshot of the sixth version is taken as it is, and not held to a log by which services are told apart")
    func sixthVersion() throws {
        let world = try Self.world()
        let text = String(decoding: world.state.encoded(ScanTable()), as: UTF8.self)
        let (state, _) = try DeploymentState.decode(Array(text.replacing("\"version\":\(DeploymentState.snapshotVersion),", with: "\"version\":6,").utf8))
        #expect(state.oldestVersion == 6 && state.deployments == world.state.deployments)
        #expect(state.lanes.mapValues(\.failures) == world.state.lanes.mapValues(\.failures))
        #expect(try !SavedDeployments(state.encoded(ScanTable()), sequence: 50).isWhole)
    }

    @Test("pauses of a snapshot of the third version are taken, though one that is over has no beginning in it")
    func thirdVersionPauses() throws {
        let text = #"{"version":3,"sequence":9,"triggers":[],"pauses":{"a":{"resumed":5},"b":{"resumed":0,"paused":7},"c":{"resumed":4,"paused":8}},"#
            + #""pins":{},"lanes":[],"live":[],"finished":[],"scans":[]}"#
        let (state, _) = try DeploymentState.decode(Array(text.utf8))
        let covered = ["a", "b", "c"].map { name in (1...9).filter { state.pauses[name]?.covers(UInt64($0)) ?? true } }
        #expect(covered == [[1, 2, 3, 4], [8, 9], [1, 2, 3, 9]])
        #expect(["a", "b", "c"].map { state.pauses[$0]?.isPaused } == [false, true, true])
    }

    private static func fourthVersion(_ text: String) -> String {
        text.replacing("\"version\":\(DeploymentState.snapshotVersion)", with: "\"version\":4").replacing(/"startedAt":[0-9]+,"last"/, with: "\"last\"")
            .replacing(/("at":[0-9]+),"sequence":[0-9]+/) { "\($0.1)" }
            .replacing(/"settings":\[.*\],"live"/, with: "\"live\"")
    }

    @Test("a snapshot of the fourth version is taken with the order that its deployments still tell, and what follows on it is not held to the log")
    func earlierVersion() throws {
        let world = try Self.world()
        let text = Self.fourthVersion(String(decoding: world.state.encoded(ScanTable()), as: UTF8.self))
        #expect(!text.contains("\"settings\"") && text.contains("\"version\":4"))
        let (state, _) = try DeploymentState.decode(Array(text.utf8))
        let place = Place(environment: "e", repository: Sample.app)
        let service = Service(place, "t", nil)
        #expect(state.successes(of: service, for: nil) == world.state.successes(of: service, for: nil))
        #expect(state.lanes.mapValues(\.startedAt) == world.state.lanes.mapValues(\.startedAt))
        let running = try #require(state.live.first)
        #expect(state.deployments[running]?.settings == nil && world.state.deployments[running]?.settings != nil)
        let again = try SavedDeployments(state.encoded(ScanTable()), sequence: 50)
        #expect(again.fits(world.state) && again.fits(DeploymentState()), "nor is the next snapshot")
        let (other, _) = try DeploymentState.decode(state.encoded(ScanTable()))
        #expect(other.oldestVersion == 4 && other.deployments == state.deployments)
    }

    @Test("a damaged snapshot is an error or a state, never a trap")
    func damage() throws {
        let world = try Self.world()
        let whole = world.state.encoded(world.situation.scans)
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2_000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? DeploymentState.decode(bytes)
        }
        for end in stride(from: 0, to: whole.count, by: 97) {
            #expect(throws: EventError.self) { try DeploymentState.decode(Array(whole[..<end])) }
        }
    }

    @Test("a definition that this version cannot read stays, and its trigger does nothing")
    func unreadable() throws {
        var state = DeploymentState()
        var definition = try Sample.trigger(#"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}}"#).definition
        definition["later"] = .bool(true)
        state.apply(
            .trigger(TriggerChange(.created, name: "t", definition: definition)), Sample.context, sequence: 1, time: 0)
        #expect(state.triggers["t"]?.trigger == nil && state.triggers["t"]?.problem != nil)
        let (decoded, _) = try DeploymentState.decode(state.encoded(ScanTable()))
        #expect(decoded.triggers["t"]?.change.definition == definition)
        #expect(!Situation(state: decoded, now: 0).takes("t", at: 5))
    }

    @Test("of deployments that are over only the last are remembered")
    func bounded() throws {
        var world = try World([#"{"name": "t", "environment": "e", "target": {"type": "hook", "name": "x"}}"#])
        for number in 1...(DeploymentState.finishedLimit + 50) {
            world.situation.now += 1
            let id = try #require(try world.push(number, "t"))
            try world.end(id)
        }
        #expect(world.state.deployments.count == DeploymentState.finishedLimit)
        #expect(world.state.lanes.values.first?.successes.count == Success.limit)
    }

    @Test("the fold takes records of others, of later versions and of what is lost in its stride")
    func strangeRecords() throws {
        var state = DeploymentState()
        func record(_ sequence: UInt64, _ body: String, _ kind: Record.Kind = .event) -> Record {
            Record(sequence: sequence, time: 0, kind: kind, body: Array(body.utf8), attachment: [])
        }
        let head = #"{"specversion":"1.0","id":"x","source":"/registries/h","type":"io.signalbox."#
        try state.apply(record(1, "", .lost))
        try state.apply(record(2, head + #"deployment.sung","subject":"s","data":{}}"#))
        try state.apply(record(3, head + #"guard.created","subject":"s","data":{}}"#))
        #expect(state.sequence == 3)
        #expect(throws: EventError.self) { try state.apply(record(4, head + #"deployment.started","subject":"s","data":{}}"#)) }
        let change = DeploymentChange(
            id: "dep_1_0", trigger: "t", environment: "e", repository: Sample.app, tag: "1", digest: Sample.digest(1),
            step: .started(attempt: 1))
        state.apply(.deployment(change), Sample.context, sequence: 5, time: 0)
        #expect(state.deployments.isEmpty, "the record that made it is lost")
    }
}
