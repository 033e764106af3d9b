import Testing

@testable import EventLog

@Suite("The log keeps what was committed")
struct RoundTripTests {
    @Test("records come back as they were, from the open log and after opening it again")
    func roundTrip() async throws {
        let folder = try TemporaryFolder()
        let (log, before) = try open(options(folder))
        #expect(before.isEmpty)
        #expect(log.durableSequence == 0)
        try await log.write([Array("one".utf8)], attachment: [1, 2, 3])
        try await log.write([Array("two".utf8), Array("three".utf8), []])
        #expect(log.durableSequence == 4)
        let records = try log.all()
        #expect(records.map(\.sequence) == [1, 2, 3, 4])
        #expect(records.map { String(decoding: $0.body, as: UTF8.self) } == ["one", "two", "three", ""])
        #expect(records.map(\.attachment) == [[1, 2, 3], [], [], []])
        #expect(try log.record(at: 3) == records[2])
        #expect(try log.record(at: 5) == nil)
        #expect(try log.readBackward(before: .max, limit: 3, maxBytes: .max) == [records[3], records[2], records[1]])
        log.close()

        let (again, replayed) = try open(options(folder), after: 1)
        #expect(replayed == Array(records[1...]))
        #expect(try again.all() == records)
        again.close()
    }
}
