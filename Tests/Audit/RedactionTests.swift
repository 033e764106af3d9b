import Crypto
import IO
import Testing
import TestSupport

@testable import Audit
@testable import EventLog

@Suite("redaction of records")
struct RedactionTests {
    @Test("every record can get another body, longer or shorter, and the log, its checkpoints and all proofs still fit")
    func keepsLeaves() async throws {
        let proven = try await ProvenLog()
        for record in proven.records {
            let body = [UInt8](repeating: 0x20, count: Int(record.sequence) % 90)
            #expect(try LogRedaction.run(directory: proven.data + "/log", sequence: record.sequence) { _ in body })
            #expect(try !LogRedaction.run(directory: proven.data + "/log", sequence: record.sequence) { _ in body })
            if record.sequence % 7 == 0 { #expect(try proven.verify().findings.isEmpty) }
        }
        let report = try proven.verify()
        #expect(report.findings.isEmpty && report.redacted == 40 && report.provenSize == 40, "\(report.findings.map(\.text))")
        let log = try ProvenLog.openLog(proven.data)
        defer { log.close() }
        let notary = try ProvenLog.notary(proven.data, log)
        for record in try log.read(after: 0, limit: .max, maxBytes: .max) {
            let before = proven.records[Int(record.sequence) - 1]
            #expect(record.kind == .redacted && record.attachment == before.attachment && record.time == before.time)
            #expect(record.body == [UInt8](repeating: 0x20, count: Int(record.sequence) % 90))
            #expect(record.originalBodyHash?.bytes == hash(.sha256, before.body))
            _ = try #require(try notary.proof(of: record.sequence)).check(notary.keys.known)
        }
    }

    @Test("a redacted record that is changed is found like any other")
    func findsChanges() async throws {
        let proven = try await ProvenLog()
        _ = try LogRedaction.run(directory: proven.data + "/log", sequence: 3) { _ in [1, 2, 3] }
        let segment = try #require(try proven.segments().last { $0.header.first <= 3 })
        var frames = segment.frames
        let slot = Int(3 - segment.header.first)
        // The hash that stands before the body.
        frames[slot] = frames[slot].forged(body: { $0[FrameHeader.size] ^= 1 }, salt: segment.header.salt)
        try ProvenLog.write(frames, to: segment.path, segment.header)
        #expect(try proven.verify().findings.first?.sequence == 3)
    }

    @Test("a record that is not there, or lost, cannot be redacted")
    func refuses() async throws {
        let proven = try await ProvenLog(batches: [3])
        #expect(throws: LogError.self) { try LogRedaction.run(directory: proven.data + "/log", sequence: 4) { _ in [] } }
    }
}
