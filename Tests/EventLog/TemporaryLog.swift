import IO
import Synchronization

@testable import EventLog

/// A folder of one test's own, removed when the test is over. In memory where there is such a file system: these tests sync thousands of times.
final class TemporaryFolder: Sendable {
    private static let counter = Atomic(0)
    let path: String

    init() throws {
        let parent = (try? Files.info("/dev/shm"))?.kind == .directory ? "/dev/shm" : "/tmp"
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        path = "\(parent)/signalbox-log-\(UInt64.random(in: 0...(.max)))-\(number)"
        try Files.makeDirectories(path)
    }

    deinit { try? Self.remove(path) }

    private static func remove(_ path: String) throws {
        for name in try Files.list(path) {
            let child = path + "/" + name
            if try Files.info(child)?.kind == .directory { try remove(child) } else { try Files.unlink(child) }
        }
        try Files.removeDirectory(path)
    }
}

/// Small segments without zeros, so that tests look at few bytes and sync little.
func options(_ folder: TemporaryFolder, segmentBytes: Int = 1 << 20, zeros: Int = 0) -> EventLog.Options {
    var options = EventLog.Options(directory: folder.path + "/log")
    options.segmentBytes = segmentBytes
    options.preallocateBytes = zeros
    return options
}

/// As `options`, for a log that takes records of 100 bytes, and 1,000 bytes at a time.
func smallOptions(_ folder: TemporaryFolder) -> EventLog.Options {
    var small = options(folder)
    small.maxRecordBytes = 100
    small.maxPendingBytes = 1000
    return small
}

func open(_ options: EventLog.Options, after: UInt64 = 0) throws(LogError) -> (EventLog, [Record]) {
    var records: [Record] = []
    let log = try EventLog.open(options, replayAfter: after) { records.append($0) }
    return (log, records)
}

extension EventLog {
    /// Commits records and waits until they are on disk.
    func write(_ bodies: [[UInt8]], attachment: [UInt8] = []) async throws {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try commit { transaction in
                    for body in bodies {
                        transaction.append(attachment: attachment) { _, out in out += body }
                    }
                } whenDurable: { result in
                    continuation.resume(with: result.mapError { $0 as any Error })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func all() throws(LogError) -> [Record] {
        try read(after: 0, limit: .max, maxBytes: .max)
    }
}
