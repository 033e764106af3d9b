import TestSupport
import Testing

@testable import Delivery

/// A hub that works through a log with random answers and crashes, in no time: what must hold, holds for any of them.
@Suite struct OpenSetPropertyTests {
    /// The world around the state machine: a log of sequences, a receiver, and what would be on disk.
    private struct World {
        var random: SeededGenerator
        let length: UInt64
        let lanes: UInt64
        var set: OpenSet
        var position: UInt64 = 0
        var now: Int64 = 1_000_000
        var saved = SavedEndpoint(position: 0)
        var number: UInt64 = 0
        var underWay: [DeliveryKey] = []
        var done: Set<UInt64> = []
        /// Sequences in the order in which they were taken or given up, by lane.
        var order: [UInt64: [UInt64]] = [:]
        var attempts: [UInt64: Int] = [:]
        var skip: Set<UInt64> = []
        var failureRate: Int

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            var rules = OpenSet.Rules()
            rules.keepsOrder = Bool.random(using: &random)
            rules.schedule = RetrySchedule((0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...400, using: &random) })
            rules.maxInFlight = Int.random(in: 1...20, using: &random)
            rules.limit = Int.random(in: 1...50, using: &random)
            rules.rateLimit = Bool.random(using: &random) ? Int.random(in: 1...100, using: &random) : nil
            length = UInt64.random(in: 1...300, using: &random)
            lanes = UInt64.random(in: 1...5, using: &random)
            failureRate = [0, 10, 50, 90].randomElement(using: &random) ?? 0
            set = OpenSet(rules)
            self.random = random
        }

        func lane(_ sequence: UInt64) -> UInt64 { sequence &* 2_654_435_761 % lanes + 1 }

        mutating func step() throws {
            switch set.next(at: now, hasNew: position < length) {
            case .attempt(let delivery): underWay.append(delivery.key)
            case .takeNew:
                position += 1
                let key = DeliveryKey(.log, position)
                if skip.remove(position) == nil, !set.contains(key),
                    let delivery = set.begin(key, sequence: position, lane: lane(position), at: now)
                {
                    underWay.append(delivery.key)
                }
            case .wait(let time):
                if underWay.isEmpty {
                    now = max(now + 1, time ?? now)
                } else {
                    finish(at: Int.random(in: 0..<underWay.count, using: &random))
                }
            }
            if Int.random(in: 0..<4, using: &random) == 0, !underWay.isEmpty { finish(at: Int.random(in: 0..<underWay.count, using: &random)) }
            try check()
        }

        mutating func finish(at index: Int) {
            let key = underWay.remove(at: index)
            now += Int64.random(in: 0...100, using: &random)
            let ending = OpenSet.Ending(
                isSuccess: Int.random(in: 0..<100, using: &random) >= failureRate,
                retryAfter: Int.random(in: 0..<20, using: &random) == 0 ? now + 5000 : nil)
            guard let outcome = set.finished(key, ending, at: now, using: &random) else {
                Issue.record("what is under way can end")
                return
            }
            attempts[key.number, default: 0] += 1
            number += 1
            var attempt = DeliveryRecord.Attempt(
                webhook: "w", source: key.source, number: key.number, lane: outcome.delivery.lane, sequence: outcome.delivery.sequence,
                eventID: "", eventType: "", attempt: outcome.delivery.attempts, first: outcome.delivery.first,
                previous: outcome.delivery.last, time: now, latency: 0, status: ending.isSuccess ? 200 : 500, error: "", fate: .dead)
            switch outcome.fate {
            case .delivered: attempt.fate = .delivered
            case .dead: attempt.fate = .dead
            case .cancelled: Issue.record("nothing is called off here")
            case .retry(let time):
                attempt.fate = .retry
                attempt.due = time
            }
            if outcome.fate != .dead, outcome.fate != .delivered {
                set.note(key, first: attempt.first == 0 ? number : attempt.first, last: number)
            } else if done.insert(key.number).inserted {
                order[lane(key.number), default: []].append(key.number)
            }
            saved.apply(.attempt(attempt), number: number)
        }

        /// A snapshot, as the hub takes one now and then.
        mutating func snapshot() {
            saved.main = SavedEndpoint.Progress(position: position, done: skip.filter { $0 > position })
            saved.open = set.deliveries
            saved.circuit = set.circuit
        }

        /// The hub is killed and starts again from what it saved and recorded.
        mutating func crash() throws {
            saved = try #require(SavedEndpoint.decode(SavedEndpoint.encode(["w": saved]))?["w"])
            underWay = []
            set = OpenSet(set.rules, circuit: saved.circuit)
            set.restore(Array(saved.open.values))
            position = saved.main.position
            skip = saved.main.done
        }

        func check() throws {
            #expect(set.requestsUnderWay == underWay.count)
            #expect(underWay.count <= set.rules.maxInFlight)
            #expect(set.count <= set.rules.limit)
            #expect(set.blockedCount == set.deliveries.values.count { $0.stage == .blocked })
            if set.rules.keepsOrder {
                let lanes = underWay.compactMap { set.deliveries[$0]?.lane }
                #expect(Set(lanes).count == lanes.count, "one at a time in each lane")
            }
        }
    }

    @Test("each is attempted, none is skipped, order and bounds are kept, whatever fails and whenever it crashes", arguments: UInt64(0)..<200)
    func anyHistory(seed: UInt64) throws {
        var world = World(seed: seed)
        var steps = 0
        while world.done.count < Int(world.length) {
            steps += 1
            try #require(steps < 100_000, "it comes to an end")
            try world.step()
            switch Int.random(in: 0..<60, using: &world.random) {
            case 0: world.snapshot()
            case 1 where steps < 5000: try world.crash()
            default: break
            }
        }
        #expect(world.done == Set(1...world.length))
        if world.set.rules.keepsOrder {
            for (_, sequences) in world.order { #expect(sequences == sequences.sorted()) }
        }
    }
}
