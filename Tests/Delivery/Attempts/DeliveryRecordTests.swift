import TestSupport
import Testing

@testable import Delivery

@Suite struct DeliveryRecordTests {
    private static let attempt = DeliveryRecord.Attempt(
        webhook: "wh_1", source: .replay, number: 300, job: 7, lane: .max, sequence: 300, eventID: "id", eventType: "t", attempt: 3, first: 1,
        previous: 2, time: 1_700_000_000_000, latency: 12, status: 503, error: "nicht möglich", fate: .retry, due: 1_700_000_005_000)

    static let records: [DeliveryRecord] = [
        .attempt(attempt),
        .request(.init(webhook: "wh_1", sequence: .max, eventID: "id", eventType: "t", time: 5, original: 9)),
        .job(.init(webhook: "wh_1", source: .failed, after: 0, through: 1 << 40, time: 5)),
        .jobEnded(webhook: "wh_1", source: .replay),
    ]

    private func bytes(_ record: DeliveryRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        return bytes
    }

    @Test("a record reads back as it was written, after what was there", arguments: records)
    func roundTrip(record: DeliveryRecord) {
        #expect(DeliveryRecord(bytes(record)) == record)
        var more: [UInt8] = [1, 2, 3]
        record.encode(into: &more)
        #expect(more == [1, 2, 3] + bytes(record))
    }

    @Test("a long error is cut between characters")
    func longError() {
        var attempt = Self.attempt
        attempt.error = String(repeating: "ä", count: 10_000)
        guard case .attempt(let read)? = DeliveryRecord(bytes(.attempt(attempt))) else {
            Issue.record("it can be read")
            return
        }
        #expect(read.error.utf8.count <= 503 && read.error.hasPrefix("ää"))
    }

    @Test("cut, longer and changed bytes are no record, or another one, and never trap", arguments: records)
    func damaged(record: DeliveryRecord) {
        let whole = bytes(record)
        for end in whole.indices { #expect(DeliveryRecord(Array(whole[..<end])) == nil) }
        #expect(DeliveryRecord(whole + [0]) == nil)
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            var changed = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = DeliveryRecord(changed)
            _ = SavedEndpoint.decode(changed)
        }
    }

    @Test("numbers that cannot be counted on from are no record")
    func greatest() {
        for change in [{ $0.time = .max }, { $0.latency = .max }, { $0.due = .max }, { $0.attempt = .max }] as [(inout DeliveryRecord.Attempt) -> Void] {
            var attempt = Self.attempt
            change(&attempt)
            #expect(DeliveryRecord(bytes(.attempt(attempt))) == nil)
        }
        var state = SavedEndpoint(position: .max)
        state.delivered = .max
        #expect(SavedEndpoint.decode(SavedEndpoint.encode(["wh_1": state])) == nil)
    }

    @Test("what was folded before changes nothing, and a snapshot holds the whole state")
    func fold() throws {
        var state = SavedEndpoint(position: 10)
        var attempt = Self.attempt
        attempt.source = .log
        attempt.number = 12
        state.apply(.attempt(attempt), number: 5)
        state.apply(.request(.init(webhook: "wh_1", sequence: 4, eventID: "", eventType: "", time: 1, original: 1)), number: 6)
        state.apply(.job(.init(webhook: "wh_1", source: .replay, after: 2, through: 9, time: 1)), number: 7)
        #expect(state.open.count == 2 && state.open[DeliveryKey(.log, 12)]?.attempts == 3)
        #expect(state.replay?.id == 7 && state.circuit.failures == 1)
        let before = state
        state.apply(.attempt(attempt), number: 5)
        #expect(state == before)
        #expect(SavedEndpoint.decode(SavedEndpoint.encode(["wh_1": state])) == ["wh_1": state])
        attempt.status = 200
        attempt.fate = .delivered
        state.apply(.attempt(attempt), number: 8)
        #expect(state.open.count == 1 && state.main.done == [12] && state.delivered == 1)
        state.apply(.jobEnded(webhook: "wh_1", source: .replay), number: 9)
        #expect(state.replay == nil)
    }
}
