import IO
import Testing

@testable import EventLog

@Suite("Against a model")
struct ModelTests {
    @Test("random transactions, reads, orderly ends and crashes agree with a list of records", arguments: 0..<12)
    func random(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed) &+ 1000)
        var folder = try TemporaryFolder()
        let segmentBytes = [600, 4000, 100_000][seed % 3]
        let zeros = [0, 1024][seed % 2]
        var model: [[UInt8]] = []
        var (log, _) = try open(options(folder, segmentBytes: segmentBytes, zeros: zeros))
        for _ in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                let bodies = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                }
                try await log.write(bodies)
                model += bodies
            case 6..<8:
                let after = Int.random(in: 0...model.count, using: &random)
                let limit = Int.random(in: 0...40, using: &random)
                let forward = try log.read(after: UInt64(after), limit: limit, maxBytes: .max)
                try #require(forward.map(\.body) == Array(model.dropFirst(after).prefix(limit)))
                let backward = try log.readBackward(before: UInt64(after) + 1, limit: limit, maxBytes: .max)
                try #require(backward.map(\.body) == Array(model.prefix(after).suffix(limit).reversed()))
            case 8:
                log.close()
                let from = UInt64(Int.random(in: 0...model.count, using: &random))
                let replayed: [Record]
                (log, replayed) = try open(options(folder, segmentBytes: segmentBytes, zeros: zeros), after: from)
                try #require(replayed.map(\.body) == Array(model.dropFirst(Int(from))))
            default:
                // A crash while a batch was written: its first part is there, behind what was acknowledged.
                let crash = try CrashedLog(folder.path + "/log")
                let end = try #require(crash.frames.last)
                let torn = (0..<Int.random(in: 0...100, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                log.close()
                folder = try TemporaryFolder()
                try crash.restore(to: folder.path + "/log", last: crash.bytes.prefix(end) + torn)
                let replayed: [Record]
                (log, replayed) = try Diagnostics.$sink.withValue({ _, _ in }) {
                    try open(options(folder, segmentBytes: segmentBytes, zeros: zeros))
                }
                try #require(replayed.map(\.body) == model)
            }
        }
        #expect(try log.all().map(\.body) == model)
        log.close()
        #expect(try EventLog.verify(directory: folder.path + "/log").damage == [])
    }
}
