import TestSupport
import Testing

@testable import Delivery

/// A receiver that refuses one event again and again is no receiver that fails: everything else is for it as soon as it comes.
@Suite struct RefusedEventTests {
    /// Event 1 is refused for ever; what comes is taken from the end of the outage on.
    private struct World {
        private var random: SeededGenerator
        private var set: OpenSet
        private var now: Int64 = 1_000_000
        private let outageEnd: Int64
        /// When each event comes; the refused one is the first.
        private let arrivals: [Int64]
        private var begun: UInt64 = 0
        private(set) var taken: Set<UInt64> = []
        /// Attempts at the refused one in a row while another could have been tried.
        private var inARow = 0
        private(set) var longestRow = 0
        private var underWay: [DeliveryKey] = []

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            var rules = OpenSet.Rules()
            rules.keepsOrder = Bool.random(using: &random)
            rules.maxInFlight = Int.random(in: 1...4, using: &random)
            rules.schedule = RetrySchedule((0..<200).map { _ in Int.random(in: 0...3, using: &random) })
            rules.rateLimit = Bool.random(using: &random) ? Int.random(in: 1...50, using: &random) : nil
            var circuit = Circuit()
            if Bool.random(using: &random) {
                circuit = Circuit(Circuit.Saved(failures: 40, strikes: 10, refused: 1, failingSince: 1, awaited: now, pauseEnd: 0))
            }
            set = OpenSet(rules, circuit: circuit)
            outageEnd = Bool.random(using: &random) ? now + Int64.random(in: 0...60_000, using: &random) : 0
            var time = now
            arrivals = (0..<Int.random(in: 2...40, using: &random)).map { _ in
                defer { time += Bool.random(using: &random) ? 0 : Int64.random(in: 0...90_000, using: &random) }
                return time
            }
            self.random = random
        }

        var isDone: Bool { taken.count == arrivals.count - 1 }

        private var arrived: UInt64 { UInt64(arrivals.count { $0 <= now }) }

        /// Something else is new, or due.
        private var owesOther: Bool {
            begun < arrived
                || set.deliveries.values.contains { $0.sequence != 1 && ($0.stage == .ready || $0.stage == .waiting && $0.due < now) }
        }

        mutating func step() {
            switch set.next(at: now, hasNew: begun < arrived) {
            case .attempt(let delivery): start(delivery)
            case .takeNew:
                begun += 1
                // What is refused holds up what is in its lane, where order is kept.
                if let delivery = set.begin(DeliveryKey(.log, begun), sequence: begun, lane: begun == 1 ? 1 : 2 + begun % 3, at: now) { start(delivery) }
            case .wait(let time):
                guard underWay.isEmpty else { return end() }
                let next = arrivals.first { $0 > now }
                now = max(now + 1, min(time ?? .max, next ?? .max))
            }
            if Bool.random(using: &random), !underWay.isEmpty { end() }
        }

        private mutating func start(_ delivery: OpenDelivery) {
            underWay.append(delivery.key)
            inARow = delivery.sequence == 1 && owesOther ? inARow + 1 : 0
            longestRow = max(longestRow, inARow)
        }

        private mutating func end() {
            let key = underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random))
            now += Int64.random(in: 1...50, using: &random)
            let isTaken = key.number != 1 && now >= outageEnd
            if isTaken { taken.insert(key.number) }
            _ = set.finished(key, OpenSet.Ending(isSuccess: isTaken), at: now, using: &random)
        }
    }

    @Test("a receiver that refuses one event gets every other after at most two attempts at that one", arguments: UInt64(0)..<300)
    func anyHistory(seed: UInt64) throws {
        var world = World(seed: seed)
        var steps = 0
        while !world.isDone {
            steps += 1
            try #require(steps < 50_000, "it comes to an end")
            world.step()
        }
        #expect(world.longestRow <= 2)
    }

    @Test("failures of one event do not count as the receiver failing, those of two in turns do, and a success ends that")
    func counting() {
        var circuit = Circuit()
        for now in Int64(0)..<100 { _ = circuit.failed(1, at: now, retry: nil) }
        #expect(!circuit.isFailing && circuit.failures == 100)
        for now in Int64(100)..<109 { _ = circuit.failed(UInt64(now) % 2, at: now, retry: nil) }
        #expect(circuit.isFailing)
        let copy = Circuit(circuit.saved)
        #expect(copy.isFailing && copy.failures == 109)
        _ = circuit.succeeded(at: 110)
        #expect(!circuit.isFailing && circuit.failures == 0 && circuit.saved.strikes == 0 && circuit.failingSince == nil)
    }

    @Test("what counts outlives the hub, and in a state of the version before all failures count")
    func coding() throws {
        var saved = SavedEndpoint(position: 9)
        for now in Int64(1)...12 { _ = saved.circuit.failed(7, at: now, retry: nil) }
        let bytes = SavedEndpoint.encode(["w": saved])
        #expect(SavedEndpoint.decode(bytes)?["w"]?.circuit.saved == saved.circuit.saved)
        // Version 4 has not what counts (1) and the event that failed last (7).
        let place = try #require(bytes.indices.dropLast().first { bytes[$0] == 1 && bytes[$0 + 1] == 7 })
        let earlier = [4] + bytes[1..<place] + bytes[(place + 2)...]
        let read = try #require(SavedEndpoint.decode(Array(earlier))?["w"])
        #expect(read.circuit.failures == 12 && read.circuit.isFailing)
    }
}
