import TestSupport
import Testing

@testable import Delivery

/// Anything that can happen to an open set, in any order: what it counts is so, and nothing in it is forgotten.
@Suite struct OpenSetOperationsTests {
    private struct Driver {
        var random: SeededGenerator
        var set: OpenSet
        var underWay: [DeliveryKey] = []
        /// All that went in and did not come out.
        var owed: Set<DeliveryKey> = []
        var number: UInt64 = 0
        var now: Int64 = 1_000_000

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            var rules = OpenSet.Rules()
            rules.schedule = RetrySchedule([1, 5, 60, 600])
            rules.limit = 60
            rules.keepsOrder = seed.isMultiple(of: 2)
            set = OpenSet(rules)
        }

        mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

        mutating func step() {
            now += Int64(pick(0...3000))
            switch pick(0...19) {
            case 0...7: next()
            case 8...12: end()
            case 13: enqueue()
            case 14: callOff(pick(0...1) == 0 ? .replay : .failed)
            case 15: changeRules()
            case 16: set.consented(Int64(pick(0...2000)), at: now)
            case 17: set.forgetRecords(after: UInt64(pick(0...20)))
            case 18 where pick(0...3) == 0: set.changeReceiver(at: now)
            default: if pick(0...5) == 0 { restart() }
            }
        }

        mutating func next() {
            switch set.next(at: now, hasNew: true) {
            case .attempt(let delivery): underWay.append(delivery.key)
            case .takeNew:
                number += 1
                let key = DeliveryKey([.log, .replay, .failed][pick(0...2)], number)
                owed.insert(key)
                if set.begin(key, sequence: number, lane: UInt64(pick(0...3)), at: now) != nil { underWay.append(key) }
            case .wait(let time): if underWay.isEmpty, !set.rules.isHeld { now = max(now, time ?? now) }
            }
        }

        mutating func end() {
            guard !underWay.isEmpty else { return }
            let key = underWay.remove(at: pick(0...(underWay.count - 1)))
            switch pick(0...9) {
            case 0:
                set.abandoned(key)
                if !set.contains(key) { owed.remove(key) }
            case 1:
                #expect(set.drop(key) != nil)
                owed.remove(key)
            default:
                let ending = OpenSet.Ending(isSuccess: pick(0...1) == 0, retryAfter: pick(0...9) == 0 ? now + 4000 : nil)
                guard let outcome = set.finished(key, ending, at: now, using: &random) else {
                    Issue.record("what is under way can end")
                    return
                }
                if case .retry = outcome.fate {} else { owed.remove(key) }
            }
        }

        mutating func enqueue() {
            number += 1
            let delivery = OpenDelivery(key: DeliveryKey(.resend, number), sequence: number, lane: set.rules.keepsOrder ? UInt64(pick(0...3)) : 0)
            if set.enqueue(delivery) { owed.insert(delivery.key) }
        }

        mutating func callOff(_ source: DeliveryKey.Source) {
            set.removeAll(from: source)
            owed = owed.filter { $0.source != source || underWay.contains($0) }
        }

        mutating func changeRules() {
            var rules = set.rules
            switch pick(0...3) {
            case 0: rules.keepsOrder.toggle()
            case 1: rules.isHeld.toggle()
            case 2: rules.maxInFlight = pick(1...20)
            default: rules.rateLimit = pick(0...1) == 0 ? nil : pick(1...50)
            }
            set.change(rules, at: now)
        }

        mutating func restart() {
            let open = set.deliveries.values.filter { !$0.isCalledOff }
            owed = Set(open.map(\.key))
            underWay = []
            let circuit = Circuit(set.circuit.saved)
            set = OpenSet(set.rules, circuit: circuit)
            set.restore(open)
        }

        func check() {
            #expect(set.requestsUnderWay == underWay.count)
            #expect(Set(set.deliveries.keys) == owed, "nothing is lost and nothing is left")
            let blocked = set.deliveries.values.filter { $0.stage == .blocked }
            #expect(set.blockedCount == blocked.count)
            let heads = Set(set.deliveries.values.filter { $0.stage != .blocked }.map(\.lane))
            #expect(blocked.allSatisfy { heads.contains($0.lane) }, "whoever waits for others waits for somebody")
            #expect(set.lanes.values.reduce(0) { $0 + $1.count } == blocked.count)
            #expect(Set(underWay) == Set(set.deliveries.values.filter { $0.stage == .underWay }.map(\.key)))
        }

        /// All succeeds from now on: the set has to become empty.
        mutating func drain() {
            var rules = set.rules
            rules.isHeld = false
            set.change(rules, at: now)
            for _ in 0..<10_000 where !owed.isEmpty {
                switch set.next(at: now, hasNew: false) {
                case .attempt(let delivery): underWay.append(delivery.key)
                case .wait(let time) where underWay.isEmpty:
                    guard let time else { return }
                    now = max(now + 1, time)
                default:
                    guard let key = underWay.popLast() else { return }
                    _ = set.finished(key, OpenSet.Ending(isSuccess: true), at: now, using: &random)
                    owed.remove(key)
                }
            }
        }
    }

    @Test("whatever is done to it, its counts are right, every lane has a head, and all of it comes to an end", arguments: UInt64(0)..<300)
    func anything(seed: UInt64) {
        var driver = Driver(seed: seed)
        for _ in 0..<400 {
            driver.step()
            driver.check()
        }
        driver.drain()
        driver.check()
        #expect(driver.owed.isEmpty, "\(driver.set.deliveries.values)")
    }

    @Test("a replay of a webhook that keeps order is called off whole, and the lane goes on")
    func callOff() {
        var rules = OpenSet.Rules()
        rules.keepsOrder = true
        var set = OpenSet(rules)
        for number in UInt64(1)...5 { _ = set.enqueue(OpenDelivery(key: DeliveryKey(.replay, number), sequence: number, lane: 7)) }
        set.removeAll(from: .replay)
        #expect(set.count == 0 && set.blockedCount == 0 && set.lanes.isEmpty)
        #expect(set.begin(DeliveryKey(.log, 9), sequence: 9, lane: 7, at: 0) != nil)
    }
}
