import IO
import Testing

@testable import EventLog

@Suite("Starting")
struct StartTests {
    private func segments(_ folder: TemporaryFolder) async throws -> ([UInt64], [Record]) {
        let (log, _) = try open(options(folder, segmentBytes: 1000))
        for number in 0..<60 { try await log.write([[UInt8](repeating: UInt8(number), count: 100)]) }
        let records = try log.all()
        log.close()
        return (try SegmentName.list(folder.path + "/log"), records)
    }

    private func failure(_ options: EventLog.Options, after: UInt64 = 0) -> LogError? {
        guard case .failure(let error) = reopen(options, after: after) else { return nil }
        return error
    }

    @Test("a missing segment is named, wherever it is", arguments: [0, 1, 3, -1])
    func missingSegment(place: Int) async throws {
        let folder = try TemporaryFolder()
        let (firsts, _) = try await segments(folder)
        let slot = place < 0 ? firsts.count - 1 : place
        try Files.unlink(SegmentName.path(folder.path + "/log", firsts[slot]))
        for verifyBytes in [0, 1 << 20] {
            var relaxed = options(folder)
            relaxed.verifyBytes = verifyBytes
            let error = try #require(failure(relaxed, after: 30))
            #expect(error.code == (place < 0 ? .damaged : .missing))
            if place >= 0 { #expect(error.message.contains("records \(firsts[slot]) to \(firsts[slot + 1] - 1)")) }
        }
    }

    @Test("an index of a segment as it was before a redaction is made again, wherever the record is and whatever its new length")
    func staleIndex() async throws {
        for (sequence, length) in [(3, 40), (3, 200), (18, 40), (18, 200), (19, 100)] as [(UInt64, Int)] {
            let folder = try TemporaryFolder()
            let (log, _) = try open(options(folder, segmentBytes: 3_500))
            for number in 0..<60 { try await log.write([[UInt8](repeating: UInt8(number), count: 100)]) }
            log.close()
            let directory = folder.path + "/log"
            _ = try reopen(options(folder), after: 0).get()
            let path = SegmentName.indexPath(directory, 1)
            let stale = try #require(try Files.read(path, limit: 1 << 20))
            #expect(try LogRedaction.run(directory: directory, sequence: sequence) { _ in [UInt8](repeating: 7, count: length) })
            #expect(try !Files.exists(path), "it went before the segment was replaced")
            // As if a version that removed it last had been killed in between.
            try Files.replace(path, with: stale)
            var relaxed = options(folder)
            relaxed.verifyBytes = 0
            let (again, _) = try open(relaxed, after: 60)
            for number in 1...60 as ClosedRange<UInt64> { #expect(try again.record(at: number)?.sequence == number) }
            #expect(try again.record(at: sequence)?.body.count == length)
            again.close()
        }
    }

    @Test("a log that ends before the snapshot's record is refused")
    func behindSnapshot() async throws {
        let folder = try TemporaryFolder()
        _ = try await segments(folder)
        #expect(failure(options(folder), after: 60) == nil)
        #expect(failure(options(folder), after: 61)?.code == .missing)
        #expect(failure(options(try TemporaryFolder()), after: 1)?.code == .missing)
        #expect(failure(options(folder), after: .max)?.code == .missing)
    }

    @Test("damage in a sealed segment is found within the part that every start checks, and by a read outside it")
    func sealedDamage() async throws {
        let folder = try TemporaryFolder()
        let (firsts, _) = try await segments(folder)
        let path = SegmentName.path(folder.path + "/log", firsts[1])
        var bytes = try #require(try Files.read(path, limit: 1 << 20))
        bytes[200] ^= 4
        try Files.replace(path, with: bytes)
        #expect(failure(options(folder), after: 60)?.code == .damaged)
        var relaxed = options(folder)
        relaxed.verifyBytes = 0
        let (log, _) = try open(relaxed, after: 60)
        #expect(throws: LogError.self) { try log.all() }
        #expect(try log.read(after: firsts[2] - 1, limit: 5, maxBytes: .max).count == 5)
        log.close()
    }

    @Test("files that are no segments are left alone, and leftovers of interrupted steps go")
    func strangers() async throws {
        let folder = try TemporaryFolder()
        let (_, records) = try await segments(folder)
        let directory = folder.path + "/log/"
        let names = ["00000000000000000000.log", "99999999999999999999.log", "notes.txt", "0000000000000000001.log", "00000000000000000061.log.tmp"]
        for name in names { try Files.replace(directory + name, with: [1]) }
        #expect(try reopen(options(folder)).get() == records)
        #expect(try names.map { try Files.exists(directory + $0) } == [true, true, true, true, false])
    }

    @Test("opened and closed many times, with a few records each, it stays one log")
    func manyTimes() async throws {
        let folder = try TemporaryFolder()
        for round in 0..<50 {
            let (log, replayed) = try open(options(folder, segmentBytes: 700, zeros: round % 2 == 0 ? 0 : 512))
            #expect(replayed.count == round * 3)
            try await log.write([[UInt8(round)], [UInt8(round), 1]])
            try await log.write([[UInt8(round), 2, 3]])
            log.close()
        }
        let records = try reopen(options(folder)).get()
        #expect(records.map(\.sequence) == Array(1...150))
        #expect(records.enumerated().allSatisfy { $1.body.first == UInt8($0 / 3) })
    }

    @Test("a record that the caller cannot take stops the start and is named")
    func replayFails() async throws {
        struct Bad: Error {}
        let folder = try TemporaryFolder()
        _ = try await segments(folder)
        do {
            _ = try EventLog.open(options(folder), replayAfter: 10) { if $0.sequence == 17 { throw Bad() } }
            Issue.record("was opened")
        } catch {
            #expect(error.code == .replay && error.message.contains("record 17"))
        }
    }

    @Test("old segments can be removed where that is allowed, and the log goes on")
    func removing() async throws {
        let folder = try TemporaryFolder()
        let (firsts, records) = try await segments(folder)
        let (strict, _) = try open(options(folder, segmentBytes: 1000))
        #expect(try strict.removeSegments(endingBefore: .max) == 0)
        strict.close()
        var forgetful = options(folder, segmentBytes: 1000)
        forgetful.mayForgetOldest = true
        let (log, _) = try open(forgetful)
        #expect(try log.removeSegments(endingBefore: records[0].time) == 0)
        #expect(try log.removeSegments(endingBefore: .max) == firsts.count - 1)
        let oldest = try #require(firsts.last)
        #expect(log.oldestSequence == oldest)
        #expect(try log.all() == Array(records[Int(oldest - 1)...]))
        #expect(try log.record(at: 1) == nil)
        #expect(try log.readBackward(before: .max, limit: .max, maxBytes: .max).count == 60 - Int(oldest) + 1)
        try await log.write([[1]])
        log.close()
        #expect(try reopen(forgetful).get().first?.sequence == oldest)
        #expect(failure(options(folder))?.code == .missing)
    }
}
