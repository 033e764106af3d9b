import Events
import Testing

@testable import Audit

@Suite("a log that does not begin with its first record")
struct ArchiveCheckTests {
    private func report(first: UInt64, _ payloads: [Event.Payload]) -> VerifyReport {
        var check = ArchiveCheck()
        for payload in payloads {
            var body: [UInt8] = []
            Event(id: .next(now: 1), registry: "hub.example", context: .system("test"), payload: payload).encode(into: &body, sequence: 30, time: 1)
            check.take(body)
        }
        var report = VerifyReport()
        check.end(first: first, &report)
        return report
    }

    private func archived(through last: UInt64) -> Event.Payload {
        .segmentArchived(ArchiveNotice(
            from: 1, through: last, file: "a.log.gz", sha256: "00", fileSHA256: "11", bytes: 5, checkpointSize: last, root: "cm9vdA=="))
    }

    @Test("is in order only where a record says that the last of those before it was archived")
    func archived() {
        #expect(report(first: 1, []).findings.isEmpty)
        #expect(report(first: 21, [archived(through: 10), archived(through: 20)]).findings.isEmpty)
        for payloads in [[], [archived(through: 10)], [archived(through: 40)]] {
            let report = report(first: 21, payloads)
            #expect(report.findings.map(\.sequence) == [21] && report.notes.isEmpty, "\(payloads)")
        }
    }

    @Test("may lack that record where it was restored by a version that did not record it anew, which is noted")
    func restored() {
        let restored = Event.Payload.logRestored(RestoreNotice(origin: "b", previousOrigin: "a", size: 29, root: "", reason: "", backupTime: 0))
        let report = report(first: 21, [restored])
        #expect(report.findings.isEmpty && report.notes.contains { $0.contains("records 1 to 20") }, "\(report.notes)")
        #expect(self.report(first: 21, [restored, archived(through: 20)]).notes.isEmpty)
    }
}
