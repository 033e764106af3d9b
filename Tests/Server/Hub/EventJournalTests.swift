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
}
