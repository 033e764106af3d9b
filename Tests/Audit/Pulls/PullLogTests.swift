import EventLog
import Events
import IO
import JSON
import OCI
import Testing
import TestSupport

@testable import Audit

@Suite("Pulls")
struct PullLogTests {
    private func pull(_ number: Int) throws -> Pull {
        let context = EventContext(
            actor: .anonymous, request: RequestInfo(id: "r\(number)", address: "192.0.2.7", userAgent: "docker \"x\"", method: "GET"))
        return Pull(
            repository: try #require(RepositoryName("team/app")), tag: Tag("v\(number)"), digest: try #require(Digest(SampleLog.digest(number))),
            mediaType: "application/vnd.oci.image.manifest.v1+json", size: 77, context: context, time: 1_769_860_800_003)
    }

    private func events(_ log: PullLog, _ conditions: [(EventFilter.Field, String)] = []) throws -> [JSONValue] {
        var search = EventSearch()
        search.filter = try EventFilter(conditions)
        search.limit = 1_000
        search.isAscending = true
        return try log.audit.page(search).events.map { try JSONValue.parse($0.body) }
    }

    @Test("are events like others, found by what stands in them, also after a restart")
    func recorded() async throws {
        let folder = try TemporaryFolder()
        let options = PullLog.Options(directory: folder.path + "/pulls", host: "hub.example", mode: .all)
        var log = try PullLog(options)
        for number in 0..<5 {
            #expect(log.wantsNext())
            log.record(try pull(number))
        }
        await log.flush()
        log.close()
        log = try PullLog(options)
        let all = try events(log)
        #expect(all.map { $0["data"]?["tag"]?.string } == ["v0", "v1", "v2", "v3", "v4"])
        #expect(all[2]["subject"]?.string == "team/app:v2@\(SampleLog.digest(2))" && all[2]["sequence"]?.string == "3")
        #expect(all[2]["data"]?["request"]?["userAgent"]?.string == "docker \"x\"" && all[2]["time"]?.string == "2026-01-31T12:00:00.003Z")
        #expect(try events(log, [(.digest, SampleLog.digest(3)), (.type, Pull.type)]).count == 1)
        log.close()
    }

    @Test("that do not fit are counted, and the count is in the log")
    func lost() async throws {
        let folder = try TemporaryFolder()
        var options = PullLog.Options(directory: folder.path + "/pulls", host: "hub.example", mode: .all)
        options.maxWaiting = 3
        let log = try PullLog(options)
        for number in 0..<10 { log.record(try pull(number)) }
        #expect(log.lost == 7)
        await log.flush()
        let all = try events(log)
        #expect(all.count == 4 && all[0]["type"]?.string == "io.signalbox.audit.lost" && all[0]["data"]?["pulls"]?.int == 7)
        await log.flush()
        #expect(try events(log).count == 4)
        log.close()
        // A log that takes nothing any more.
        log.record(try pull(1))
        await Diagnostics.$sink.withValue({ _, _ in }) { await log.flush() }
        #expect(log.lost == 8)
    }

    @Test("go when they are as old as is said, also where they are too few to fill a segment")
    func old() async throws {
        let folder = try TemporaryFolder()
        var options = PullLog.Options(directory: folder.path + "/pulls", host: "hub.example", mode: .all)
        options.days = 8
        let log = try PullLog(options)
        let (now, day) = (Wall.milliseconds, Int64(86_400_000))
        log.record(try pull(1))
        await log.flush()
        try log.retain(now: now + day / 2)
        #expect(log.audit.log.oldestSequence == 1 && log.audit.log.durableSequence == 1)
        for days in 2...7 as ClosedRange<Int64> {
            try log.retain(now: now + days * day)
            #expect(try events(log).count == 1, "after \(days) days")
        }
        try log.retain(now: now + 9 * day)
        #expect(try events(log).isEmpty && log.audit.log.oldestSequence == 2)
        log.record(try pull(2))
        await log.flush()
        #expect(try events(log).map { $0["sequence"]?.string } == ["2"])
        log.close()
    }

    @Test("are sampled one of a hundred, and not at all when they are off")
    func sampled() throws {
        let folder = try TemporaryFolder()
        let sampled = try PullLog(PullLog.Options(directory: folder.path + "/sampled", host: "h", mode: .sampled))
        #expect((0..<1_000).count { _ in sampled.wantsNext() } == 10)
        let off = try PullLog(PullLog.Options(directory: folder.path + "/off", host: "h", mode: .off))
        #expect(!off.wantsNext())
        sampled.close()
        off.close()
    }
}
