import TestSupport
import Testing

@testable import Delivery

@Suite struct CircuitTests {
    private var random = SeededGenerator(seed: 1)

    /// How many requests a receiver got in each second that answers each at once.
    private mutating func perSecond(_ set: inout OpenSet, from begin: Int64, seconds: Int, takes: (_ request: Int) -> Bool = { _ in true }) -> [Int] {
        var counts = [Int](repeating: 0, count: seconds)
        var requests = 0
        var number: UInt64 = 1000
        for now in begin..<(begin + Int64(seconds) * 1000) {
            var key: DeliveryKey?
            switch set.next(at: now, hasNew: true) {
            case .attempt(let delivery): key = delivery.key
            case .takeNew:
                number += 1
                key = set.begin(DeliveryKey(.log, number), sequence: number, lane: 0, at: now)?.key
            case .wait: break
            }
            guard let key else { continue }
            counts[Int(now - begin) / 1000] += 1
            _ = set.finished(key, OpenSet.Ending(isSuccess: takes(requests)), at: now, using: &random)
            requests += 1
        }
        return counts
    }

    private static func set(_ change: (inout OpenSet.Rules) -> Void = { _ in }) -> OpenSet {
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule([3600, 3600])
        change(&rules)
        return OpenSet(rules)
    }

    @Test("a receiver that is back gets twice as much after each second, however fast it answers")
    mutating func ramp() {
        var set = Self.set()
        for number in UInt64(1)...10 {
            _ = set.begin(DeliveryKey(.log, number), sequence: number, lane: 0, at: 0)
            _ = set.finished(DeliveryKey(.log, number), OpenSet.Ending(isSuccess: false), at: 0, using: &random)
        }
        let counts = perSecond(&set, from: 10_000, seconds: 8)
        #expect(counts[0] <= 12 && counts[1] <= 25 && counts[2] <= 50 && counts[3] <= 100)
        #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 < $1 || $0 > 900 }, "\(counts)")
        #expect(counts[7] > 900, "\(counts)")
    }

    @Test("an outage of few failures gets a ramp too, and one failure among successes does not")
    mutating func shortOutage() {
        for (gap, isGentle) in [(Int64(60_000), true), (100, false)] {
            var set = Self.set()
            _ = set.begin(DeliveryKey(.log, 1), sequence: 1, lane: 0, at: 0)
            _ = set.finished(DeliveryKey(.log, 1), OpenSet.Ending(isSuccess: false), at: 0, using: &random)
            let counts = perSecond(&set, from: gap, seconds: 1)
            #expect((counts[0] <= 12) == isGentle, "\(counts)")
        }
    }

    @Test("a receiver that is back and refuses every other gets more and more all the same, and one that takes few does not")
    mutating func halfBack() {
        for (refused, grows) in [(1, true), (9, false)] {
            var set = Self.set()
            for number in UInt64(1)...10 {
                _ = set.begin(DeliveryKey(.log, number), sequence: number, lane: 0, at: 0)
                _ = set.finished(DeliveryKey(.log, number), OpenSet.Ending(isSuccess: false), at: 0, using: &random)
            }
            let counts = perSecond(&set, from: 10_000, seconds: 8) { $0 % (refused + 1) == 0 }
            #expect((counts[7] > 400) == grows, "\(counts)")
        }
    }

    @Test("a pause that the receiver asked for outlives the hub, stopped or killed")
    mutating func pause() throws {
        var set = Self.set()
        _ = set.begin(DeliveryKey(.log, 1), sequence: 1, lane: 0, at: 0)
        _ = set.finished(DeliveryKey(.log, 1), OpenSet.Ending(isSuccess: false, retryAfter: 90_000), at: 0, using: &random)
        var saved = SavedEndpoint(position: 1)
        saved.circuit = set.circuit
        let read = try #require(SavedEndpoint.decode(SavedEndpoint.encode(["w": saved]))?["w"])
        #expect(read.circuit.wait(at: 89_999, underWay: 0, bound: 16) == 90_000)
        var folded = SavedEndpoint(position: 0)
        var attempt = Self.attempt(1)
        attempt.pausedUntil = 90_000
        var bytes: [UInt8] = []
        DeliveryRecord.attempt(attempt).encode(into: &bytes)
        folded.apply(try #require(DeliveryRecord(bytes)), number: 1)
        #expect(folded.circuit.wait(at: 89_999, underWay: 0, bound: 16) == 90_000)
    }

    @Test("one request that failed is one failure after a start, however many events were in it")
    func batch() {
        var folded = SavedEndpoint(position: 0)
        for number in UInt64(1)...12 {
            var attempt = Self.attempt(number)
            attempt.isCounted = number == 1
            folded.apply(.attempt(attempt), number: number)
        }
        #expect(folded.circuit.failures == 1 && !folded.circuit.isFailing && folded.open.count == 12)
    }

    @Test("a record of an earlier version says as much as it did")
    func earlier() throws {
        var bytes: [UInt8] = []
        let attempt = Self.attempt(1)
        DeliveryRecord.attempt(attempt).encode(into: &bytes)
        #expect(DeliveryRecord([1] + bytes.dropFirst().dropLast(2)) == .attempt(attempt))
        #expect(DeliveryRecord(Array(bytes.dropLast(2))) == nil)
    }

    @Test("how long an outage is, is the same for a hub that ran and one that was started anew")
    mutating func outage() {
        let day: Int64 = 86_400_000
        for delay in [7 * day, day / 24] {
            var set = Self.set { $0.schedule = RetrySchedule([Int(delay / 1000)]) }
            var folded = SavedEndpoint(position: 0)
            for (number, now) in [(UInt64(1), Int64(1)), (2, 1 + 6 * day)] {
                let key = DeliveryKey(.log, number)
                _ = set.begin(key, sequence: number, lane: 0, at: now)
                let outcome = set.finished(key, OpenSet.Ending(isSuccess: false), at: now, using: &random)
                var attempt = Self.attempt(number)
                attempt.time = now
                if case .retry(let due)? = outcome?.fate { attempt.due = due }
                folded.apply(.attempt(attempt), number: number)
            }
            #expect(folded.circuit.failingSince == set.circuit.failingSince)
            #expect(set.circuit.failingSince == (delay == 7 * day ? 1 : 1 + 6 * day))
        }
    }

    @Test("a new receiver has nothing to do with what the old one did and asked for")
    mutating func newReceiver() {
        var set = Self.set()
        set.consented(60_000, at: 0)
        for number in UInt64(1)...12 {
            _ = set.begin(DeliveryKey(.log, number), sequence: number, lane: 0, at: 0)
            _ = set.finished(DeliveryKey(.log, number), OpenSet.Ending(isSuccess: false, retryAfter: 900_000), at: 0, using: &random)
        }
        set.changeReceiver(at: 10)
        guard case .attempt = set.next(at: 10, hasNew: false) else {
            Issue.record("what failed is due")
            return
        }
        #expect(set.circuit.failures == 0)
    }

    @Test("a rate that the receiver allows holds from the request that asked, and a change of the webhook's own leaves it")
    mutating func allowedRate() {
        var set = Self.set()
        _ = set.begin(DeliveryKey(.log, 1), sequence: 1, lane: 0, at: 0)
        set.consented(10_000, at: 3000)
        _ = set.finished(DeliveryKey(.log, 1), OpenSet.Ending(isSuccess: true), at: 3001, using: &random)
        var next = set.next(at: 3002, hasNew: true)
        #expect(next == .wait(until: 13_000))
        var rules = set.rules
        rules.rateLimit = 50
        set.change(rules, at: 3003)
        next = set.next(at: 3004, hasNew: true)
        #expect(next == .wait(until: 13_000))
        _ = set.next(at: 13_000, hasNew: true)
        _ = set.begin(DeliveryKey(.log, 2), sequence: 2, lane: 0, at: 13_000)
        _ = set.finished(DeliveryKey(.log, 2), OpenSet.Ending(isSuccess: true), at: 13_001, using: &random)
        next = set.next(at: 13_002, hasNew: true)
        #expect(next == .wait(until: 23_000))
    }

    private static func attempt(_ number: UInt64) -> DeliveryRecord.Attempt {
        DeliveryRecord.Attempt(
            webhook: "w", source: .log, number: number, sequence: number, eventID: "", eventType: "", attempt: 1, time: 1, latency: 0,
            status: 503, error: "", fate: .retry, due: 5000)
    }
}
