import TestSupport
import Testing

@testable import Delivery

@Suite struct OpenSetTests {
    private static let success = OpenSet.Ending(isSuccess: true)
    private static let failure = OpenSet.Ending(isSuccess: false)

    private var random = SeededGenerator(seed: 1)

    private func set(_ change: (inout OpenSet.Rules) -> Void = { _ in }) -> OpenSet {
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule([10, 20])
        change(&rules)
        return OpenSet(rules)
    }

    /// Begins new ones for as long as it may; their sequences.
    private func begin(_ set: inout OpenSet, from first: UInt64, at now: Int64, lane: (UInt64) -> UInt64 = { _ in 0 }) -> [UInt64] {
        var begun: [UInt64] = []
        var next = first
        while set.next(at: now, hasNew: true) == .takeNew, next < first + 1000 {
            if set.begin(DeliveryKey(.log, next), sequence: next, lane: lane(next), at: now) != nil { begun.append(next) }
            next += 1
        }
        return begun
    }

    @Test("no more requests than allowed are under way")
    mutating func window() {
        var set = set { $0.maxInFlight = 3 }
        #expect(begin(&set, from: 1, at: 0) == [1, 2, 3])
        _ = set.finished(DeliveryKey(.log, 2), Self.success, at: 1, using: &random)
        #expect(begin(&set, from: 4, at: 1) == [4])
        #expect(set.requestsUnderWay == 3 && set.count == 3)
    }

    @Test("a delivery is tried as often as the schedule says, and then it is dead")
    mutating func dies() {
        var set = set()
        let key = DeliveryKey(.log, 1)
        #expect(begin(&set, from: 1, at: 0).first == 1)
        var now: Int64 = 0
        for attempt in 1...3 {
            let outcome = set.finished(key, Self.failure, at: now, using: &random)
            #expect(outcome?.delivery.attempts == attempt)
            guard case .retry(let time)? = outcome?.fate else {
                #expect(attempt == 3 && outcome?.fate == .dead)
                break
            }
            #expect(abs(time - now - [10_000, 20_000][attempt - 1]) <= [1000, 2000][attempt - 1])
            let next1 = set.next(at: time - 1, hasNew: false)
            #expect(next1 != .attempt(set.deliveries[key] ?? OpenDelivery(key: key, sequence: 1)))
            now = time
            guard case .attempt(let delivery) = set.next(at: now, hasNew: false) else {
                Issue.record("it is due")
                return
            }
            #expect(delivery.key == key)
        }
        #expect(!set.contains(key))
    }

    @Test("a receiver that fails again and again is probed at growing intervals, and gets more and more when it is back")
    mutating func circuit() {
        var set = set { $0.schedule = RetrySchedule([3600]) }
        var now: Int64 = 0
        let begun = begin(&set, from: 1, at: now)
        #expect(begun.count == 16)
        for sequence in begun { _ = set.finished(DeliveryKey(.log, sequence), Self.failure, at: now, using: &random) }
        #expect(set.circuit.isFailing && set.circuit.failingSince == 0)
        var probes: [Int64] = []
        for next in UInt64(100)..<112 {
            guard case .wait(let time?) = set.next(at: now, hasNew: true) else {
                Issue.record("nothing before the next probe")
                return
            }
            probes.append(time - now)
            now = time
            #expect(begin(&set, from: next, at: now) == [next], "one probe")
            if next < 111 { _ = set.finished(DeliveryKey(.log, next), Self.failure, at: now, using: &random) }
        }
        #expect(probes == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300, 300, 300].map { $0 * 1000 })
        _ = set.finished(DeliveryKey(.log, 111), Self.success, at: now, using: &random)
        #expect(!set.circuit.isFailing && set.circuit.failingSince == nil)
        // What was put off is due at once, one request under way.
        guard case .attempt = set.next(at: now, hasNew: false) else {
            Issue.record("it is due")
            return
        }
        let next = set.next(at: now + 500, hasNew: false)
        #expect(next == .wait(until: nil))
    }

    @Test("a receiver that has failed for five days is hopeless, and one that failed long ago and now is not")
    mutating func hopeless() {
        let day: Int64 = 86_400_000
        for (gap, expected) in [(day / 4, true), (3 * day, false)] {
            var set = set { $0.schedule = RetrySchedule([3600]) }
            var now: Int64 = 1
            var isHopeless = false
            for sequence in UInt64(1)...25 {
                _ = set.begin(DeliveryKey(.log, sequence), sequence: sequence, lane: 0, at: now)
                isHopeless = set.finished(DeliveryKey(.log, sequence), Self.failure, at: now, using: &random)?.isHopeless ?? false
                now += gap
            }
            #expect(isHopeless == expected)
        }
    }

    @Test("Retry-After puts off the delivery and its webhook")
    mutating func retryAfter() {
        var set = set()
        #expect(begin(&set, from: 1, at: 0).count == 16)
        let outcome = set.finished(DeliveryKey(.log, 1), OpenSet.Ending(isSuccess: false, retryAfter: 500_000), at: 0, using: &random)
        #expect(outcome?.fate == .retry(at: 500_000))
        _ = set.finished(DeliveryKey(.log, 2), Self.success, at: 0, using: &random)
        let next2 = set.next(at: 499_999, hasNew: true)
        #expect(next2 == .wait(until: 500_000))
        guard case .attempt(let delivery) = set.next(at: 500_000, hasNew: true) else {
            Issue.record("it is due")
            return
        }
        #expect(delivery.sequence == 1)
    }

    @Test("a rate is kept, whatever the moments at which it is asked")
    mutating func rate() {
        for rate in [1, 7, 100, 5000] {
            var set = set {
                $0.rateLimit = rate
                $0.maxInFlight = 1_000_000
                $0.limit = 1_000_000
            }
            var begun = 0
            var now: Int64 = 1_000_000
            let end = now + 3000
            var next: UInt64 = 0
            while now <= end {
                while set.next(at: now, hasNew: true) == .takeNew {
                    next += 1
                    _ = set.begin(DeliveryKey(.log, next), sequence: next, lane: 0, at: now)
                    begun += 1
                }
                now += Int64.random(in: 1...40, using: &random)
            }
            #expect(begun <= rate * 3 + rate / 10 + 2 && begun >= rate * 3 * 9 / 10 - 1, "\(rate) a second: \(begun) in 3 s")
        }
    }

    @Test("what turns out not to be sent takes nothing from the rate, nor from what a receiver gets that is back")
    mutating func unsent() {
        var limited = set { $0.rateLimit = 1 }
        var recovering = set()
        recovering.changeReceiver(at: 1_000_000)
        for sequence in UInt64(1)...1000 {
            for next in [limited.next(at: 1_000_000, hasNew: true), recovering.next(at: 1_000_000, hasNew: true)] { #expect(next == .takeNew) }
            let key = DeliveryKey(.log, sequence)
            _ = limited.begin(key, sequence: sequence, lane: 0, at: 1_000_000)
            _ = limited.drop(key)
            _ = recovering.begin(key, sequence: sequence, lane: 0, at: 1_000_000)
            _ = recovering.drop(key)
        }
        #expect(begin(&limited, from: 2000, at: 1_000_000) == [2000], "the rate holds for what is sent")
        #expect(begin(&limited, from: 2001, at: 1_000_899).isEmpty)
        #expect(begin(&limited, from: 2001, at: 1_000_900) == [2001])
    }

    @Test("what the hub cannot make at the moment is no attempt, takes nothing from the rate, and comes when it is due, in its lane")
    mutating func postponed() {
        var set = set {
            $0.rateLimit = 1
            $0.keepsOrder = true
        }
        #expect(begin(&set, from: 1, at: 1_000_000, lane: { _ in 7 }) == [1])
        set.postponed(DeliveryKey(.log, 1), until: 1_005_000)
        #expect(set.requestsUnderWay == 0 && set.circuit.failures == 0)
        let next = set.next(at: 1_004_999, hasNew: false)
        #expect(next == .wait(until: 1_005_000))
        guard case .attempt(let delivery) = set.next(at: 1_005_000, hasNew: false) else {
            Issue.record("it is due")
            return
        }
        #expect(delivery.sequence == 1 && delivery.attempts == 0)
    }

    @Test("where order is kept, one of a lane is open to attempts, and what waits for it can be seen")
    mutating func lanes() {
        var set = set { $0.keepsOrder = true }
        #expect(begin(&set, from: 1, at: 0, lane: { $0 % 3 + 1 }).count == 3)
        #expect(set.blockedCount == 997 && set.blocking.map(\.sequence) == [1, 2, 3])
        _ = set.finished(DeliveryKey(.log, 1), Self.failure, at: 0, using: &random)
        _ = set.finished(DeliveryKey(.log, 2), Self.success, at: 0, using: &random)
        guard case .attempt(let delivery) = set.next(at: 0, hasNew: false) else {
            Issue.record("the next of the second lane is free")
            return
        }
        #expect(delivery.sequence == 5)
        let next3 = set.next(at: 5000, hasNew: false)
        #expect(next3 == .wait(until: set.deliveries[DeliveryKey(.log, 1)]?.due))
        // Without order all of them are free.
        var rules = set.rules
        rules.keepsOrder = false
        rules.maxInFlight = 2000
        set.change(rules, at: 5000)
        var free: [UInt64] = []
        while case .attempt(let delivery) = set.next(at: 5000, hasNew: false) { free.append(delivery.sequence) }
        #expect(set.blockedCount == 0 && free.count == 996 && free == free.sorted())
    }

    @Test("a set that is full begins nothing new, and nothing is begun while it is held")
    mutating func bounds() {
        var set = set {
            $0.limit = 10
            $0.maxInFlight = 100
        }
        #expect(begin(&set, from: 1, at: 0).count == 10)
        let next4 = set.next(at: 0, hasNew: true)
        #expect(next4 == .wait(until: nil))
        let resend = OpenDelivery(key: DeliveryKey(.resend, 1), sequence: 1)
        let isRefused = !set.enqueue(resend)
        #expect(isRefused)
        _ = set.finished(DeliveryKey(.log, 3), Self.success, at: 0, using: &random)
        let isTaken = set.enqueue(resend)
        #expect(isTaken)
        var rules = set.rules
        rules.isHeld = true
        set.change(rules, at: 0)
        let next5 = set.next(at: 1_000_000, hasNew: true)
        #expect(next5 == .wait(until: nil))
    }
}
