import IO
import Testing

@testable import EventLog

@Suite("Where syncs are delayed", .timeLimit(.minutes(5)))
struct SyncDelayTests {
    /// Syncs come only when they are asked for.
    private func lazy(_ folder: TemporaryFolder, segmentBytes: Int = 1 << 20) -> EventLog.Options {
        var options = options(folder, segmentBytes: segmentBytes)
        options.syncDelay = 3_600_000
        return options
    }

    private func sync(_ log: EventLog) async throws {
        try await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, LogError>, Never>) in
            log.sync { continuation.resume(returning: $0) }
        }.get()
    }

    @Test("a record is told of and read when it is written, and outlives the process")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(lazy(folder))
        for number in UInt8(1)...5 { try await log.write([[number]]) }
        #expect(log.durableSequence == 5)
        let records = try log.all()
        #expect(records.map(\.body) == [[1], [2], [3], [4], [5]])
        // What a process that is killed leaves is what it wrote.
        let crash = try CrashedLog(folder.path + "/log")
        log.close()
        let other = try TemporaryFolder()
        try crash.restore(to: other.path + "/log", last: crash.bytes)
        #expect(try reopen(lazy(other)).get() == records)
    }

    @Test("a power cut takes records from the end that were not synced, which is no damage; a hole in what was synced is")
    func powerCut() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(lazy(folder))
        for number in UInt8(1)...3 { try await log.write([[UInt8](repeating: number, count: 100)]) }
        try await sync(log)
        for number in UInt8(4)...6 { try await log.write([[UInt8](repeating: number, count: 100)]) }
        let records = try log.all()
        let crash = try CrashedLog(folder.path + "/log")
        log.close()
        let other = try TemporaryFolder()
        let frames = crash.frames
        #expect(frames.count == 7)
        // Any of the pages of the last three may have come to the disk or not.
        for lost in 3..<6 {
            var bytes = crash.bytes
            for position in frames[lost]..<frames[lost + 1] { bytes[position] = 0 }
            try crash.restore(to: other.path + "/log", last: bytes)
            let kept = try Diagnostics.$sink.withValue({ _, _ in }) { try reopen(lazy(other)).get() }
            #expect(kept == Array(records.prefix(lost)), "the record at \(lost) did not come to the disk")
        }
        var bytes = crash.bytes
        for position in frames[1]..<frames[2] { bytes[position] = 0 }
        try crash.restore(to: other.path + "/log", last: bytes)
        guard case .failure(let error) = Diagnostics.$sink.withValue({ _, _ in }, operation: { reopen(lazy(other)) }) else {
            Issue.record("a record that was synced is missing, and it was not noticed")
            return
        }
        #expect(error.code == .damaged)
    }

    @Test("a segment that is full is synced before the next one is begun")
    func segments() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(lazy(folder, segmentBytes: 500))
        for number in UInt8(1)...9 { try await log.write([[UInt8](repeating: number, count: 150)]) }
        let records = try log.all()
        let crash = try CrashedLog(folder.path + "/log")
        log.close()
        let other = try TemporaryFolder()
        // All of the last segment but its header is lost.
        try crash.restore(to: other.path + "/log", last: Array(crash.bytes.prefix(SegmentHeader.size)))
        let kept = try Diagnostics.$sink.withValue({ _, _ in }) { try reopen(lazy(other, segmentBytes: 500)).get() }
        #expect(kept == Array(records.prefix(kept.count)) && kept.count >= 6)
    }

    @Test("without being asked, syncs come after the delay")
    func delay() async throws {
        let folder = try TemporaryFolder()
        var options = lazy(folder)
        options.syncDelay = 1
        let (log, _) = try open(options)
        try await log.write([[1]])
        // The mark of what was synced stands in later records: it comes to be there without a call of `sync`.
        var isSynced = false
        while !isSynced {
            try await log.write([[2]])
            let crash = try CrashedLog(folder.path + "/log")
            let header = try SegmentHeader(crash.bytes.span.bytes)
            isSynced = crash.frames.contains { (FrameHeader(crash.bytes.span.bytes, at: $0, salt: header.salt)?.durable ?? 0) > 0 }
        }
        log.close()
    }
}
