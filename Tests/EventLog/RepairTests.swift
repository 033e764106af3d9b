import IO
import Testing

@testable import EventLog

@Suite("Check and repair")
struct RepairTests {
    /// Several segments of records that are each synced before the next.
    private func made(_ folder: TemporaryFolder, records count: Int = 30) async throws -> [Record] {
        let (log, _) = try open(options(folder, segmentBytes: 1500))
        for number in 1...count { try await log.write([[UInt8](repeating: UInt8(number), count: number * 13 % 150)]) }
        let records = try log.all()
        log.close()
        return records
    }

    private func change(_ folder: TemporaryFolder, segment: UInt64, _ body: (inout [UInt8]) -> Void) throws {
        let path = SegmentName.path(folder.path + "/log", segment)
        var bytes = try #require(try Files.read(path, limit: 1 << 20))
        body(&bytes)
        try Files.replace(path, with: bytes)
    }

    /// Repairs, and checks that only the given records are lost and that the log is whole and goes on.
    private func expectRepaired(_ folder: TemporaryFolder, _ records: [Record], lost: ClosedRange<UInt64>?) async throws {
        let directory = folder.path + "/log"
        if lost != nil {
            #expect(try !EventLog.verify(directory: directory).damage.isEmpty)
            guard case .failure = reopen(options(folder)) else { return #expect(Bool(false), "the damage was not noticed") }
        }
        let done = try LogRepair.run(directory: directory)
        #expect(done.contains { $0.contains("/log/damaged/") })
        let report = try EventLog.verify(directory: directory)
        #expect(report.damage == [])
        #expect(report.records == records.count - (lost?.count ?? 0))
        #expect(try LogRepair.run(directory: directory) == [], "a second repair has nothing to do")
        let kept = try reopen(options(folder)).get()
        #expect(kept.map(\.sequence) == records.map(\.sequence))
        for (before, after) in zip(records, kept) {
            if lost?.contains(before.sequence) ?? false {
                #expect(after.kind == .lost && after.body.isEmpty && after.attachment.isEmpty)
            } else {
                #expect(after == before)
            }
        }
        let (log, _) = try open(options(folder))
        try await log.write([[77]])
        #expect(try log.all().count == records.count + 1)
        log.close()
    }

    @Test("an intact log has no damage, and a repair changes nothing")
    func intact() async throws {
        let folder = try TemporaryFolder()
        let records = try await made(folder)
        let report = try EventLog.verify(directory: folder.path + "/log")
        #expect(report.damage == [] && report.notes == [])
        #expect(report.records == 30)
        #expect(report.segments.map(\.firstSequence).first == 1)
        #expect(report.segments.last?.lastSequence == 30)
        #expect(try LogRepair.run(directory: folder.path + "/log") == [])
        #expect(try reopen(options(folder)).get() == records)
    }

    @Test("one flipped byte loses one record, in the first, a middle and the last segment", arguments: [0, 1, 2])
    func oneByte(slot: Int) async throws {
        let folder = try TemporaryFolder()
        let records = try await made(folder)
        let firsts = try SegmentName.list(folder.path + "/log")
        let first = slot == 2 ? firsts[firsts.count - 1] : firsts[slot]
        try change(folder, segment: first) { $0[64 + 50] ^= 8 }
        try await expectRepaired(folder, records, lost: first...first)
    }

    @Test("a wiped stretch loses the records in it; the last one of a sealed segment, too")
    func stretch() async throws {
        let folder = try TemporaryFolder()
        let records = try await made(folder)
        let firsts = try SegmentName.list(folder.path + "/log")
        try change(folder, segment: 1) { bytes in
            for position in 100..<600 { bytes[position] = 0x5A }
        }
        let report = try EventLog.verify(directory: folder.path + "/log")
        #expect(report.damage.count == 1)
        let lost = try await lostRecords(folder, records)
        #expect(lost.first == 1 && lost.count > 3)

        let other = try TemporaryFolder()
        let others = try await made(other)
        try change(other, segment: 1) { bytes in bytes[bytes.count - 9] ^= 1 }
        try await expectRepaired(other, others, lost: firsts[1] - 1...firsts[1] - 1)
    }

    private func lostRecords(_ folder: TemporaryFolder, _ records: [Record]) async throws -> [UInt64] {
        _ = try LogRepair.run(directory: folder.path + "/log")
        let kept = try reopen(options(folder)).get()
        #expect(kept.map(\.sequence) == records.map(\.sequence))
        #expect(zip(records, kept).allSatisfy { $1.kind == .lost || $0 == $1 })
        return kept.filter { $0.kind == .lost }.map(\.sequence)
    }

    @Test("a segment that lost its end, or its file, is filled up to the next one")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let records = try await made(folder)
        let firsts = try SegmentName.list(folder.path + "/log")
        try Files.unlink(SegmentName.path(folder.path + "/log", firsts[1]))
        try await expectRepaired(folder, records, lost: firsts[1]...firsts[2] - 1)
    }

    @Test("a damaged header is written again, from another segment's or from the frames", arguments: [30, 5])
    func header(count: Int) async throws {
        let folder = try TemporaryFolder()
        let records = try await made(folder, records: count)
        try change(folder, segment: 1) { bytes in for position in 0..<64 { bytes[position] = 0 } }
        #expect(try !EventLog.verify(directory: folder.path + "/log").damage.isEmpty)
        try await expectRepaired(folder, records, lost: nil)
    }

    @Test("the last record after an orderly end: its number stays taken")
    func lastRecord() async throws {
        let folder = try TemporaryFolder()
        let records = try await made(folder)
        let firsts = try SegmentName.list(folder.path + "/log")
        try change(folder, segment: firsts[firsts.count - 1]) { $0[$0.count - 9] ^= 1 }
        try await expectRepaired(folder, records, lost: 30...30)
    }

    @Test("random damage of any size is found, and after a repair the log is whole and has no wrong record", arguments: 0..<40)
    func random(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let folder = try TemporaryFolder()
        let records = try await made(folder)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let firsts = try SegmentName.list(folder.path + "/log")
            try change(folder, segment: firsts[Int.random(in: 0..<firsts.count, using: &random)]) { bytes in
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, start + Int.random(in: 1...300, using: &random))
                for position in start..<end { bytes[position] = UInt8.random(in: 0...255, using: &random) }
            }
        }
        _ = try await lostRecords(folder, records)
        #expect(try EventLog.verify(directory: folder.path + "/log").damage == [])
    }
}
