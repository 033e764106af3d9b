import Glibc
import IO
import Synchronization
import Testing

@testable import EventLog

@Suite("When the disk fails")
struct FailureTests {
    /// A log with three records whose active segment writes into another file.
    private func log(_ folder: TemporaryFolder, writingTo path: String) async throws -> EventLog {
        let (log, _) = try open(options(folder))
        for number in 1...3 { try await log.write([[UInt8(number)]]) }
        log.close()
        let recovered = try Recovery(options: options(folder), replayAfter: 3, replay: { _ in }).run()
        let broken = ActiveSegment(
            file: try File(path, .write), header: recovered.active.header, end: recovered.active.end,
            zeroedEnd: recovered.active.zeroedEnd)
        return try EventLog(options(folder), Recovery.Result(active: broken, catalogue: recovered.catalogue))
    }

    // Writing to /dev/full fails with ENOSPC; /dev/null takes what is written and cannot sync.
    @Test("the first failed write or sync fails all commits under way and all later ones, and reading goes on",
        arguments: [("/dev/full", ENOSPC), ("/dev/null", EINVAL)])
    func poisoned(path: String, number: Int32) async throws {
        let folder = try TemporaryFolder()
        let log = try await log(folder, writingTo: path)
        let results = Box<[(Int, LogError.Code?)]>([])
        let first = await withCheckedContinuation { (continuation: CheckedContinuation<LogError?, Never>) in
            do {
                for commit in 0..<20 {
                    try log.commit { $0.append { _, out in out += [9] } } whenDurable: { result in
                        var failure: LogError?
                        if case .failure(let error) = result { failure = error }
                        results.value.withLock { $0.append((commit, failure?.code)) }
                        if commit == 0 { continuation.resume(returning: failure) }
                    }
                }
            } catch {
                // The writer was faster than this loop: what comes after the failure is refused at once.
                #expect((error as? LogError)?.code == .readOnly)
            }
        }
        #expect(first?.code == .readOnly)
        #expect(first?.cause?.errno == number)
        do {
            try await log.write([[1]])
            Issue.record("a poisoned log took a record")
        } catch let error as LogError {
            #expect(error.code == .readOnly)
        }
        guard case .readOnly(let reason) = log.status else { return #expect(Bool(false), "the log does not say that it is read-only") }
        #expect(reason.message.contains(path))
        #expect(log.durableSequence == 3)
        #expect(try log.all().map(\.body) == [[1], [2], [3]])
        log.close()
        let all = results.value.withLock { $0 }
        #expect(all.map(\.0) == Array(0..<all.count))
        #expect(all.allSatisfy { $0.1 == .readOnly })
        #expect(try reopen(options(folder)).get().count == 3)
    }

    @Test("a new segment that cannot be made poisons the log; what was acknowledged stays")
    func noNewSegment() async throws {
        let folder = try TemporaryFolder()
        let (log, _) = try open(options(folder, segmentBytes: 500))
        try await log.write([[UInt8](repeating: 1, count: 300)])
        // A directory has the name that the next segment is made under.
        let obstacle = folder.path + "/log/00000000000000000002.log.tmp"
        try Files.makeDirectories(obstacle)
        await #expect(throws: LogError.self) { try await log.write([[UInt8](repeating: 2, count: 300)]) }
        log.close()
        try Files.removeDirectory(obstacle)
        let (again, records) = try open(options(folder, segmentBytes: 500))
        #expect(records.count == 1)
        try await again.write([[UInt8](repeating: 3, count: 300)])
        again.close()
        #expect(try reopen(options(folder)).get().map(\.body.first) == [1, 3])
    }

    @Test("zeros that cannot be written ahead fail no commit")
    func noZeros() throws {
        let folder = try TemporaryFolder()
        let header = SegmentHeader(salt: 1, first: 1)
        var full = ActiveSegment(file: try File("/dev/full", .write), header: header, end: 64, zeroedEnd: 64)
        #expect(full.writeZerosAhead(step: 4096, limit: 1 << 20)?.errno == ENOSPC)
        #expect(full.writeZerosAhead(step: 4096, limit: 1 << 20) == nil, "it is said once a segment")
        var options = EventLog.Options(directory: folder.path)
        options.preallocateBytes = 4096
        var segment = try ActiveSegment.create(options, header)
        #expect(segment.zeroedEnd == 4096)
        try segment.append([UInt8](repeating: 1, count: 3000))
        #expect(segment.writeZerosAhead(step: 4096, limit: 6000) == nil)
        #expect(try segment.file.size() == 6000)
    }
}
