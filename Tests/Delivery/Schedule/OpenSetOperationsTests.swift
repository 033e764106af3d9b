import TestSupport
import Testing

@testable import Delivery

/// Anything that can happen to an open set, in any order: what it counts is so, and nothing in it is forgotten.
@Suite struct OpenSetOperationsTests {
    private struct Driver {
        var random: SeededGenerator
        var set: OpenSet
        /// Requests, each with what goes together in it.
        var requests: [[DeliveryKey]] = []
        let isBatched: Bool
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
            isBatched = seed % 4 < 2
            set = OpenSet(rules)
        }

        var underWay: [DeliveryKey] { requests.flatMap { $0 } }

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
            case .attempt(let delivery): begin(delivery)
            case .takeNew:
                number += 1
                let key = DeliveryKey([.log, .replay, .failed][pick(0...2)], number)
                owed.insert(key)
                if set.begin(key, sequence: number, lane: UInt64(pick(0...3)), at: now) != nil { requests.append([key]) }
            case .wait(let time): if requests.isEmpty, !set.rules.isHeld { now = max(now, time ?? now) }
            }
        }

        mutating func begin(_ delivery: OpenDelivery) {
            var keys = [delivery.key] + set.takeRiders(of: delivery.key).map(\.key)
            let isWhole = keys.count > 1
            while isBatched, !isWhole, keys.count < 4, let more = set.joining(delivery, at: now) { keys.append(more.key) }
            requests.append(keys)
        }

        mutating func end() {
            guard !requests.isEmpty else { return }
            let keys = requests.remove(at: pick(0...(requests.count - 1)))
            let way = pick(0...9)
            let ending = OpenSet.Ending(isSuccess: pick(0...1) == 0, retryAfter: pick(0...9) == 0 ? now + 4000 : nil)
            for key in keys { end(key, way, ending, of: keys[0]) }
        }

        mutating func end(_ key: DeliveryKey, _ way: Int, _ ending: OpenSet.Ending, of leader: DeliveryKey) {
            switch way {
            case 0:
                set.abandoned(key, endsRequest: key == leader)
                if !set.contains(key) { owed.remove(key) }
            case 1:
                #expect(set.drop(key, endsRequest: key == leader) != nil)
                owed.remove(key)
            default:
                let outcome = set.finished(
                    key, ending, at: now, endsRequest: key == leader, with: key == leader ? nil : leader, using: &random)
                guard let outcome else {
                    Issue.record("what is under way can end")
                    return
                }
                if case .retry = outcome.fate {} else { owed.remove(key) }
            }
        }

        mutating func enqueue() {
            number += 1
            let delivery = OpenDelivery(key: DeliveryKey(.resend, number), sequence: number, lane: UInt64(pick(0...3)))
            if set.enqueue(delivery) { owed.insert(delivery.key) }
        }

        mutating func callOff(_ source: DeliveryKey.Source) {
            set.removeAll(from: source)
            let kept = Set(underWay)
            owed = owed.filter { $0.source != source || kept.contains($0) }
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
            requests = []
            let circuit = Circuit(set.circuit.saved)
            set = OpenSet(set.rules, circuit: circuit)
            set.restore(open)
        }

        func check() {
            #expect(set.requestsUnderWay == requests.count)
            #expect(Set(set.deliveries.keys) == owed, "nothing is lost and nothing is left")
            let blocked = set.deliveries.values.filter { $0.stage == .blocked }
            #expect(set.blockedCount == blocked.count)
            let heads = Set(set.deliveries.values.filter { $0.stage != .blocked }.map(\.lane))
            #expect(blocked.allSatisfy { heads.contains($0.lane) }, "whoever waits for others waits for somebody")
            #expect(set.lanes.values.reduce(0) { $0 + $1.queue.count } == blocked.count)
            let riding = set.deliveries.values.filter { $0.stage == .riding }
            #expect(set.riders.values.reduce(0) { $0 + $1.count } == riding.count)
            #expect(riding.allSatisfy { $0.leader.map { set.deliveries[$0]?.stage == .waiting } == true })
            #expect(Set(underWay) == Set(set.deliveries.values.filter { $0.stage == .underWay }.map(\.key)))
        }

        /// All succeeds from now on: the set has to become empty.
        mutating func drain() {
            var rules = set.rules
            rules.isHeld = false
            set.change(rules, at: now)
            for _ in 0..<10_000 where !owed.isEmpty {
                switch set.next(at: now, hasNew: false) {
                case .attempt(let delivery): begin(delivery)
                case .wait(let time) where requests.isEmpty:
                    guard let time else { return }
                    now = max(now + 1, time)
                default:
                    guard let keys = requests.popLast() else { return }
                    for key in keys { end(key, 2, OpenSet.Ending(isSuccess: true), of: keys[0]) }
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

    @Test("what was tried before order was kept is delivered in order after")
    func parallelToOrder() {
        var random = SeededGenerator(seed: 1)
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule([10, 10, 10])
        var set = OpenSet(rules)
        let keys = (UInt64(1)...6).map { DeliveryKey(.log, $0) }
        for key in keys { _ = set.begin(key, sequence: key.number, lane: 7, at: 0) }
        for key in keys.dropFirst().dropLast().reversed() {
            _ = set.finished(key, OpenSet.Ending(isSuccess: false), at: 0, using: &random)
        }
        rules.keepsOrder = true
        set.change(rules, at: 1)
        #expect(set.blockedCount == 4, "the first and the last are under way")
        _ = set.finished(keys[0], OpenSet.Ending(isSuccess: false), at: 2, using: &random)
        _ = set.finished(keys[5], OpenSet.Ending(isSuccess: false), at: 3, using: &random)
        var order: [UInt64] = []
        var now: Int64 = 3
        while set.count > 0, order.count < 10 {
            switch set.next(at: now, hasNew: false) {
            case .attempt(let delivery):
                order.append(delivery.sequence)
                _ = set.finished(delivery.key, OpenSet.Ending(isSuccess: true), at: now, using: &random)
            case .wait(let time): now = max(now + 1, time ?? now)
            case .takeNew: return
            }
        }
        #expect(order == order.sorted() && order.count == 6, "\(order)")
    }

    @Test("a batch that failed is tried again as it was, over a clean start too")
    func batch() throws {
        var random = SeededGenerator(seed: 1)
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule([10, 10, 10])
        var set = OpenSet(rules)
        let batches = [(UInt64(1)...3).map { DeliveryKey(.log, $0) }, (4...5).map { DeliveryKey(.log, $0) }]
        for keys in batches {
            for key in keys { _ = set.begin(key, sequence: key.number, lane: 0, at: 0, joins: key != keys[0]) }
        }
        for _ in 0..<2 {
            for keys in batches {
                for key in keys {
                    _ = set.finished(
                        key, OpenSet.Ending(isSuccess: false), at: 0, endsRequest: key == keys[0], with: key == keys[0] ? nil : keys[0], using: &random)
                }
            }
            var saved = SavedEndpoint(position: 5)
            saved.open = set.deliveries
            let read = try #require(SavedEndpoint.decode(SavedEndpoint.encode(["w": saved]))?["w"])
            set = OpenSet(rules)
            set.restore(Array(read.open.values))
            var again: [[DeliveryKey]] = []
            while case .attempt(let delivery) = set.next(at: 100_000, hasNew: false) {
                again.append([delivery.key] + set.takeRiders(of: delivery.key).map(\.key))
            }
            #expect(again.sorted { $0[0] < $1[0] } == batches)
        }
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
