@testable import EventLog
import Events
import JSON
import OCI
import Testing

@testable import Deployment

/// Which reports the scan gate looks at.
@Suite struct ScanGateTests {
    private static let trigger =
        #"{"name": "t", "environment": "e", "gates": {"scan": {"maxSeverity": "medium"}}, "target": {"type": "hook", "name": "x"}}"#

    /// A report comes, as the engine reads it from the log.
    private static func report(
        _ world: inout World, _ counts: [Severity: Int64], by scanner: String = "Trivy", on digest: Digest = Sample.digest(1),
        in repository: RepositoryName = Sample.app
    ) throws {
        var summary = Sample.scan(counts)
        summary.scanner = scanner
        let report = ImageScan.Report(
            format: "sarif", mediaType: MediaType("application/sarif+json"), digest: Sample.digest(500), size: 1,
            manifest: Sample.digest(501))
        let scan = ImageScan(
            repository: repository, digest: digest, mediaType: .imageManifest, summary: summary, report: report)
        let event = Event(
            id: .next(now: world.situation.now), registry: "hub.example", context: Sample.context, payload: .imageScanned(scan))
        let sequence = world.situation.scans.sequence + 1
        var body: [UInt8] = []
        event.encode(into: &body, sequence: sequence, time: world.situation.now)
        try world.situation.scans.apply(
            Record(sequence: sequence, time: world.situation.now, kind: .event, body: body, attachment: []))
        try world.settle()
    }

    @Test("a report sent to another repository that holds the same digest opens nothing")
    func otherRepository() throws {
        var world = try World([Self.trigger])
        let id = try #require(try world.push(1, "t"))
        try Self.report(&world, [:], in: try #require(RepositoryName("stranger/copy")))
        #expect(world.states([id]) == [.waiting])
        try Self.report(&world, [.medium: 1])
        #expect(world.states([id]) == [.running])
    }

    @Test("a bad report sent to another repository stops nothing")
    func otherRepositoryIsBad() throws {
        var world = try World([Self.trigger])
        try Self.report(&world, [.critical: 1], in: try #require(RepositoryName("stranger/copy")))
        let id = try #require(try world.push(1, "t"))
        #expect(world.states([id]) == [.waiting])
    }

    @Test("the worst of the scanners counts, whichever reported last")
    func worstScanner() throws {
        var world = try World([Self.trigger])
        try Self.report(&world, [.critical: 1], by: "Grype")
        try Self.report(&world, [:], by: "Trivy")
        let id = try #require(try world.push(1, "t"))
        #expect(world.states([id]) == [.cancelled])
        #expect(world.state.deployments[id]?.reason == "scan: Grype found 1 critical, and at most medium is allowed")
    }

    @Test("the newest report of a scanner takes the place of its older ones")
    func newestOfOne() throws {
        var world = try World([Self.trigger])
        try Self.report(&world, [.critical: 1], by: "Grype")
        try Self.report(&world, [.low: 1], by: "Trivy")
        try Self.report(&world, [.low: 3], by: "Grype")
        let good = try #require(try world.push(1, "t"))
        #expect(world.states([good]) == [.running])
        try world.end(good)
        try Self.report(&world, [:], on: Sample.digest(2))
        try Self.report(&world, [.high: 1], on: Sample.digest(2))
        let bad = try #require(try world.push(2, "t"))
        #expect(world.states([bad]) == [.cancelled])
    }

    @Test("a bad report stays, however many scanners report after it")
    func manyScanners() throws {
        var world = try World([Self.trigger])
        for number in 0..<40 { try Self.report(&world, [:], by: "scanner \(number)") }
        try Self.report(&world, [.high: 2], by: "late")
        for number in 40..<80 { try Self.report(&world, [:], by: "scanner \(number)") }
        try Self.report(&world, [:], by: "late")
        let id = try #require(try world.push(1, "t"))
        #expect(world.states([id]) == [.cancelled], "of the scanners beyond the limit the worst is kept")
    }

    @Test("of many reports the images that were not scanned for longest are forgotten, each with all its reports")
    func bounded() throws {
        var table = ScanTable()
        // Told apart by their first digits, as real ones are: tables look at these.
        func digest(_ number: Int) throws -> Digest {
            let hex = String(number, radix: 16)
            return try #require(Digest("sha256:" + String(repeating: "0", count: 8 - hex.count) + hex + String(repeating: "0", count: 56)))
        }
        func add(_ number: Int, _ scanner: String) throws {
            table.pass(table.sequence + 1)
            var summary = Sample.scan([.low: 1])
            summary.scanner = scanner
            table.add(
                ScanTable.Entry(summary: summary, sequence: table.sequence, time: 0),
                on: ScanTable.Image(repository: Sample.app, digest: try digest(number)))
        }
        for scanner in ["A", "B"] { for number in 0..<2 { try add(number, scanner) } }
        for number in 2..<(ScanTable.limit - 2) { try add(number, "A") }
        try add(0, "A")
        try add(90_000, "A")
        #expect(table.reports(on: try digest(0), in: Sample.app).count == 2)
        #expect(table.reports(on: try digest(1), in: Sample.app).isEmpty)
        #expect(table.images.values.reduce(0) { $0 + $1.count } <= ScanTable.limit)
    }

    @Test("what scanners beyond the limit found is in a snapshot as it was")
    func snapshot() throws {
        var world = try World([Self.trigger])
        for number in 0..<20 { try Self.report(&world, number == 18 ? [.high: 2] : [:], by: "scanner \(number)") }
        let (_, scans) = try DeploymentState.decode(world.state.encoded(world.situation.scans))
        #expect(scans.images == world.situation.scans.images)
        world.situation.scans = scans
        try Self.report(&world, [:], by: "scanner 18")
        let id = try #require(try world.push(1, "t"))
        #expect(world.states([id]) == [.cancelled])
    }

    @Test("of a snapshot of the first version all but the scans is taken, and a later version is refused")
    func otherVersion() throws {
        let text = """
            {"sequence":9,"triggers":[],"pauses":{},"pins":{"e":{"reason":"r","digest":"\(Sample.digest(1))","time":1,"actor":"a"},
            "f":{"reason":"r","time":1,"actor":"a"}},"lanes":[],"live":[],"finished":[],
            "scans":[{"digest":"\(Sample.digest(1))","sequence":1,"time":1,"scanner":"Trivy","counts":[0,0,0,0,0,0]}]}
            """
        let (state, scans) = try DeploymentState.decode(Array(text.utf8))
        #expect(state.pins["e"]?.digests == [Sample.digest(1)] && state.pins["f"]?.digests == [])
        #expect(state.sequence == 9 && scans.images.isEmpty, "nobody knows any more whose repository was scanned")
        let later = String(decoding: DeploymentState().encoded(ScanTable()), as: UTF8.self)
            .replacing("\"version\":\(DeploymentState.snapshotVersion),", with: "\"version\":\(DeploymentState.snapshotVersion + 1),")
        #expect(throws: EventError.self) { try DeploymentState.decode(Array(later.utf8)) }
    }

    @Test("findings of unknown severity count as worse than the limit, unless they are to be ignored")
    func unknownSeverity() throws {
        func state(_ gate: String, _ counts: [Severity: Int64]) throws -> Deployment.State? {
            var world = try World([
                #"{"name": "t", "environment": "e", "gates": {"scan": {\#(gate)}}, "target": {"type": "hook", "name": "x"}}"#
            ])
            try Self.report(&world, counts)
            let id = try world.push(1, "t")
            return world.states([id])[0]
        }
        for limit in ["none", "negligible", "low", "medium", "high"] {
            #expect(try state(#""maxSeverity": "\#(limit)""#, [.unknown: 1]) == .cancelled, "\(limit)")
            #expect(try state(#""maxSeverity": "\#(limit)", "ignoreUnknown": true"#, [.unknown: 1]) == .running, "\(limit)")
            #expect(try state(#""maxSeverity": "\#(limit)", "ignoreUnknown": true"#, [.unknown: 1, .critical: 1]) == .cancelled)
        }
        #expect(try state(#""maxSeverity": "critical""#, [.unknown: 1, .critical: 1]) == .running, "nothing is worse")
        #expect(try state(#""maxCounts": {"critical": 0}"#, [.unknown: 1]) == .running, "counts are of what they name")
        #expect(try state(#""maxCounts": {"critical": 0, "unknown": 2}"#, [.unknown: 3]) == .cancelled)
        #expect(try state(#""maxSeverity": "low", "maxCounts": {"unknown": 2}"#, [.unknown: 2]) == .running, "a count of its own")
        #expect(try state(#""maxSeverity": "low", "maxCounts": {"unknown": 2}"#, [.unknown: 3]) == .cancelled)
    }

    @Test("settings about unknown severities that contradict each other are refused", arguments: [
        #""maxSeverity": "unknown""#, #""maxCounts": {"critical": 0}, "ignoreUnknown": true"#,
        #""maxSeverity": "low", "maxCounts": {"unknown": 2}, "ignoreUnknown": true"#,
    ])
    func contradictions(gate: String) {
        let error = #expect(throws: DeploymentError.self) {
            try Sample.trigger(
                #"{"name": "t", "environment": "e", "gates": {"scan": {\#(gate)}}, "target": {"type": "hook", "name": "x"}}"#)
        }
        #expect(error?.pointer?.hasPrefix("/gates/scan/") == true)
    }
}
