import IO
import Testing

@testable import EventLog

@Suite("Reading")
struct ReadingTests {
    /// A log of many small segments, with records of 0 to 400 bytes.
    private func manySegments(_ folder: TemporaryFolder, records: Int = 150) async throws -> (EventLog, [Record]) {
        let (log, _) = try open(options(folder, segmentBytes: 2000))
        for number in 0..<records {
            try await log.write([[UInt8](repeating: UInt8(number), count: number * 37 % 400)], attachment: [UInt8(number)])
        }
        return (log, try log.all())
    }

    @Test("ranges come back complete from any sequence, forward and backward, over many segments")
    func everyStart() async throws {
        let folder = try TemporaryFolder()
        let (log, records) = try await manySegments(folder)
        #expect(records.map(\.sequence) == Array(1...150))
        #expect(try SegmentName.list(folder.path + "/log").count > 10)
        for start in 0...151 {
            #expect(try log.read(after: UInt64(start), limit: 20, maxBytes: .max) == Array(records.dropFirst(start).prefix(20)))
            let before = try log.readBackward(before: UInt64(start), limit: 20, maxBytes: .max)
            #expect(before == Array(records.prefix(max(0, start - 1)).suffix(20).reversed()))
            #expect(try log.record(at: UInt64(start)) == (start == 0 ? nil : records.dropFirst(start - 1).first))
        }
        log.close()
        #expect(try log.all() == records, "reading goes on after closing")
    }

    @Test("a limit of bytes ends a read, but one record always comes")
    func byteLimit() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder))
        try await log.write((0..<10).map { _ in [UInt8](repeating: 7, count: 100) })
        #expect(try log.read(after: 0, limit: 10, maxBytes: 350).count == 3)
        #expect(try log.read(after: 0, limit: 10, maxBytes: 1).count == 1)
        #expect(try log.readBackward(before: 9, limit: 10, maxBytes: 350).map(\.sequence) == [8, 7, 6])
        #expect(try log.readBackward(before: 9, limit: 10, maxBytes: 1).map(\.sequence) == [8])
        #expect(try log.read(after: 0, limit: 0, maxBytes: 1000).isEmpty)
        log.close()
    }

    @Test("a cursor sees every record once, whatever the steps, also while segments are sealed under it")
    func cursor() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder, segmentBytes: 1000))
        var cursor = EventLog.Cursor(after: 0)
        var seen: [UInt64] = []
        for number in 0..<60 {
            try await log.write([[UInt8](repeating: 1, count: number * 11 % 300)])
            if number % 3 == 0 { seen += try log.read(&cursor, limit: 1 + number % 5, maxBytes: .max).map(\.sequence) }
        }
        while case let more = try log.read(&cursor, limit: 7, maxBytes: .max), !more.isEmpty { seen += more.map(\.sequence) }
        #expect(seen == Array(1...60))
        #expect(cursor.sequence == 60)
        log.close()
    }

    @Test("an index file that is missing, damaged or another segment's is made again")
    func indexFiles() async throws {
        let folder = try TemporaryFolder()
        let (log, records) = try await manySegments(folder)
        log.close()
        let directory = folder.path + "/log"
        let firsts = try SegmentName.list(directory)
        let original = try #require(try Files.read(SegmentName.indexPath(directory, firsts[2]), limit: 1 << 20))
        try Files.unlink(SegmentName.indexPath(directory, firsts[0]))
        try Files.replace(SegmentName.indexPath(directory, firsts[1]), with: original)
        try Files.replace(SegmentName.indexPath(directory, firsts[2]), with: original.map { $0 ^ 1 })
        var relaxed = options(folder, segmentBytes: 2000)
        relaxed.verifyBytes = 0
        let (again, replayed) = try open(relaxed, after: 140)
        #expect(replayed == Array(records[140...]))
        #expect(try again.all() == records)
        #expect(try Files.read(SegmentName.indexPath(directory, firsts[2]), limit: 1 << 20) == original)
        again.close()
    }

    @Test("readers beside writers see whole, durable records in order, and never hold up a commit")
    func concurrentReaders() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder, segmentBytes: 20_000, zeros: 4096))
        let total: UInt64 = 2000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<4 {
                group.addTask {
                    var cursor = EventLog.Cursor(after: 0)
                    while cursor.sequence < total {
                        let durable = try await log.wait(after: cursor.sequence)
                        let before = cursor.sequence
                        let records = try log.read(&cursor, limit: 50 + reader, maxBytes: 1 << 20)
                        try #require(records.map(\.sequence) == Array((before + 1)..<(before + 1 + UInt64(records.count))))
                        try #require(!records.isEmpty && durable > before)
                        for record in records { try #require(record.body == Self.body(record.sequence)) }
                    }
                }
            }
            for writer in 0..<4 {
                group.addTask {
                    for _ in 0..<(Int(total) / 4) {
                        try await withCheckedThrowingContinuation { continuation in
                            do {
                                try log.commit { $0.append { sequence, out in out += Self.body(sequence) } } whenDurable: {
                                    continuation.resume(with: $0.mapError { $0 as any Error })
                                }
                            } catch { continuation.resume(throwing: error) }
                        }
                    }
                    _ = writer
                }
            }
            try await group.waitForAll()
        }
        log.close()
    }

    private static func body(_ sequence: UInt64) -> [UInt8] {
        Array("record \(sequence) ".utf8) + [UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: Int(sequence % 97))
    }
}
