import EventLog
import Events
import Testing

@testable import Server

@Suite("Denials in the log")
struct EventJournalTests {
    @Test("a flood is cut to a share for each reason, and the next record says how many were only counted")
    func flood() async throws {
        let folder = try TemporaryFolder()
        let log = try EventLog.open(EventLog.Options(directory: folder.path + "/log"), replayAfter: 0) { _ in }
        defer { log.close() }
        let journal = EventJournal(log: log, host: "hub.example")
        let flood = AccessDenial(method: "POST", path: "/", reason: .foreignOrigin)
        for _ in 0..<25 { await journal.recordDenial(flood, .system("test"), now: 1_500) }
        await journal.recordDenial(AccessDenial(method: "POST", path: "/approve", reason: .notApprover), .system("test"), now: 1_900)
        for _ in 0..<2 { await journal.recordDenial(flood, .system("test"), now: 2_000) }
        let denials = try log.read(after: 0, limit: 100, maxBytes: 1 << 20).map { record -> AccessDenial? in
            if case .accessDenied(let denial) = try Event(decoding: record.body).payload { denial } else { nil }
        }
        #expect(denials.count == 23 && denials[20]?.reason == .notApprover)
        #expect(denials.map { $0?.unrecorded } == Array(repeating: 0, count: 21) + [5, 0])
        #expect(journal.unrecordedDenials == 5)
    }

    @Test("what was only counted is recorded when its second is over, also where nobody is denied anything after it")
    func counted() async throws {
        let folder = try TemporaryFolder()
        let log = try EventLog.open(EventLog.Options(directory: folder.path + "/log"), replayAfter: 0) { _ in }
        defer { log.close() }
        let journal = EventJournal(log: log, host: "hub.example")
        for number in 0..<25 { await journal.recordDenial(AccessDenial(method: "POST", path: "/\(number)", reason: .foreignOrigin), .system("test"), now: 1_500) }
        await journal.recordCounted(now: 1_900)
        #expect(log.durableSequence == 20, "more may come in this second")
        await journal.recordCounted(now: 2_000)
        await journal.recordCounted(now: 3_000)
        guard log.durableSequence == 21, let record = try log.record(at: 21), case .accessDenied(let denial) = try Event(decoding: record.body).payload else {
            Issue.record("there is no record of them")
            return
        }
        #expect(denial.path == "/24" && denial.unrecorded == 4)
        await journal.recordDenial(denial, .system("test"), now: 4_000)
        guard let next = try log.record(at: 22), case .accessDenied(let later) = try Event(decoding: next.body).payload else {
            Issue.record("there is no record of the next one")
            return
        }
        #expect(later.unrecorded == 0)
    }

    @Test("a log that is refused by its witness is recorded once for one checkpoint, and once a minute at most; nobody can hide a second history so")
    func refused() async throws {
        let folder = try TemporaryFolder()
        let log = try EventLog.open(EventLog.Options(directory: folder.path + "/log"), replayAfter: 0) { _ in }
        defer { log.close() }
        let journal = EventJournal(log: log, host: "hub.example")
        func refuse(_ size: UInt64, _ origin: String = "a/log", root: String = "", now: Int64) async -> UInt64 {
            let notice = WitnessNotice(.refused, origin: origin, head: .init(size: size, root: root), previous: .init(size: 9, root: "x"), checkpoint: "\(size)")
            await journal.recordRefusal(notice, .system("test"), now: now)
            return log.durableSequence
        }
        #expect(await refuse(1, now: 0) == 1)
        #expect(await refuse(1, now: 600_000) == 1, "it is the same one")
        #expect(await refuse(2, now: 30_000) == 1, "anybody could fill the log so")
        #expect(await refuse(2, "b/log", now: 30_000) == 2)
        #expect(await refuse(2, now: 60_000) == 3)
        #expect(await refuse(3, now: 60_001) == 3)
        #expect(await refuse(9, root: "x", now: 60_002) == 3, "the one that is known, with a proof where none belongs")
        #expect(await refuse(9, now: 60_002) == 4, "what shows two histories is not hidden by those")
        #expect(await refuse(9, now: 60_003) == 4)
    }
}
