import EventLog
import Foundation

extension Hub {
    /// Puts the log of a stopped hub into segments of a few records each, as a busy hub would have them after weeks. The records stay what
    /// they were, and with them the tree, the checkpoints and the snapshots.
    func divideLog(segmentBytes: Int = 4096) throws {
        let (whole, divided) = (data + "/log", data + "/log-divided")
        var records: [Record] = []
        try EventLog.open(EventLog.Options(directory: whole), replayAfter: 0) { records.append($0) }.close()
        let time = Monitor(Int64(0))
        var options = EventLog.Options(directory: divided)
        options.segmentBytes = segmentBytes
        options.preallocateBytes = 0
        options.clock = { time.with { $0 } }
        let log = try EventLog.open(options, replayAfter: 0) { _ in }
        for record in records {
            time.with { $0 = record.time }
            try log.commitAndWait { $0.append(attachment: record.attachment) { _, out in out += record.body } }
        }
        log.close()
        try FileManager.default.removeItem(atPath: whole)
        try FileManager.default.moveItem(atPath: divided, toPath: whole)
    }

    /// The first records of the log's segments.
    var segments: [UInt64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: data + "/log")) ?? []
        return names.filter { $0.hasSuffix(".log") }.compactMap { UInt64($0.dropLast(4)) }.sorted()
    }
}
