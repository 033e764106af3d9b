import EventLog
import Events
import HTTP
import IO
import JSON
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Delivery

/// Where order is kept, a repository that is stuck holds up nobody else, and loses nothing.
@Suite("Lanes that are stuck", .timeLimit(.minutes(5)))
struct ParkedLaneTests {
    private static let created = #"{"type":["io.signalbox.repository.created"]}"#

    /// Takes nothing of some repositories, and says in which order it was called for each.
    private final class Gate: Sendable {
        let stuck: Mutex<Set<String>>
        private let taken = Mutex<[String: [UInt64]]>([:])
        private let calls = Mutex(0)
        private let random: Mutex<SeededGenerator>
        /// Of the others, so many of a hundred requests fail.
        private let failing: Mutex<Int>

        init(stuck: Set<String> = [], failing: Int = 0, seed: UInt64 = 1) {
            self.stuck = Mutex(stuck)
            self.failing = Mutex(failing)
            random = Mutex(SeededGenerator(seed: seed))
        }

        @Sendable func send(_ request: DeliveryRequest) async -> AttemptOutcome {
            await Task.yield()
            calls.withLock { $0 += 1 }
            let event = try? JSONValue.parse(request.body)
            guard let name = event?["data"]?["repository"]?.string, let sequence = event?["sequence"]?.string.flatMap({ UInt64($0) }) else {
                return .failed("no repository")
            }
            if stuck.withLock({ $0.contains(name) }) { return .answered(400) }
            let fails = random.withLock { Int.random(in: 0..<100, using: &$0) } < failing.withLock { $0 }
            if fails { return .answered(400) }
            taken.withLock { $0[name, default: []].append(sequence) }
            return .answered(204)
        }

        var count: Int { calls.withLock { $0 } }
        /// By repository, in order.
        var deliveries: [String: [UInt64]] { taken.withLock { $0 } }
        func count(of name: String) -> Int { taken.withLock { $0[name]?.count ?? 0 } }
        func open() {
            stuck.withLock { $0 = [] }
            failing.withLock { $0 = 0 }
        }
    }

    private func start(_ bench: Bench, _ gate: Gate, deliveries: SavedDeliveries? = nil) async throws -> Webhooks {
        var state = WebhookState()
        for record in try bench.records { try state.apply(record) }
        var options = Webhooks.Options(
            directory: bench.directory, host: "hub.example", userAgent: "Signalbox/test", formats: FormatOptions(publicURL: "http://hub.example"))
        options.firstProbe = 0
        let webhooks = try Webhooks(
            options: options, state: state, log: bench.log, deliveries: deliveries ?? DeliveryLog.open(DeliveryLog.Options(directory: bench.deliveries)),
            pool: bench.pool, loops: bench.loops, key: bench.key, send: gate.send, ask: Receiver().ask)
        try await webhooks.start()
        return webhooks
    }

    /// Which records belong to which repository.
    private func commit(_ bench: Bench, _ names: [String]) async throws {
        for start in stride(from: 0, to: names.count, by: 500) {
            try await bench.commit(names[start..<min(start + 500, names.count)].map { .repositoryCreated(try #require(RepositoryName($0))) })
        }
    }

    private func expected(_ bench: Bench) throws -> [String: [UInt64]] {
        var expected: [String: [UInt64]] = [:]
        for record in try bench.records {
            guard let name = EventHeader.repository(scanning: record.body) else { continue }
            expected[String(decoding: name, as: UTF8.self), default: []].append(record.sequence)
        }
        return expected
    }

    @Test("more events than fit behind one stuck repository stop no other, old or new, and come in order when it goes on")
    func others() async throws {
        let (bench, gate) = (try Bench(), Gate(stuck: ["stuck"]))
        let first = try await start(bench, gate)
        let schedule = Array(repeating: 1, count: 5) + Array(repeating: 5, count: 27)
        let webhook = try await first.add(pattern: Self.created, schedule: schedule) { $0.settings.ordering = .fifo }.webhook
        try await commit(bench, Array(repeating: "stuck", count: 12_000) + ["old"])
        try await until { gate.count(of: "old") == 1 }
        try await commit(bench, ["new", "stuck", "new"])
        try await until { gate.count(of: "new") == 2 }
        try await until { first.view(webhook.id)?.status.map { $0.position >= bench.log.durableSequence } == true }
        var status = try #require(first.view(webhook.id)?.status)
        #expect(status.parked == 1 && status.open <= OpenSet.laneLimit + 1 && status.blocking.count == 1)
        #expect(gate.deliveries["stuck"] == nil)
        // Everything that waits is listed, once, in order.
        var query = Webhooks.DeliveryQuery()
        query.state = .pending
        query.limit = 1000
        var listed: [UInt64] = []
        repeat {
            let page = try await first.deliveries(query)
            listed += page.deliveries.map(\.sequence)
            query.cursor = page.next
        } while query.cursor != nil
        #expect(try listed == expected(bench)["stuck"])
        // The same after a start. Whoever removes old records is told that they are needed.
        await first.saveProgress()
        #expect(first.needs().allSatisfy { $0.position <= 2 })
        await first.stop()
        gate.open()
        let second = try await start(bench, gate)
        try await until { gate.count(of: "stuck") == 12_001 }
        try await second.settle(webhook.id, at: bench.log.durableSequence)
        status = try #require(second.view(webhook.id)?.status)
        #expect(status.parked == 0 && status.blocked == 0 && status.open == 0)
        await second.stop()
        #expect(try gate.deliveries == expected(bench))
    }

    @Test("whatever fails, whenever the hub is killed and the settings change, each repository gets all its events, in order but for repetitions", arguments: UInt64(0)..<6)
    func anything(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let names = (0..<6).map { "r\($0)" }
        let (bench, gate) = (try Bench(), Gate(stuck: ["r0", "r1", "r2"], failing: 5, seed: seed))
        var webhook: Webhook?
        let changesOrder = seed >= 4
        for round in 0..<6 {
            let webhooks = try await start(bench, gate)
            if webhook == nil {
                webhook = try await webhooks.add(pattern: Self.created) { input in
                    input.settings.ordering = .fifo
                    input.settings.maxInFlight = Int.random(in: 1...20, using: &random)
                    // What fails waits until the receiver is mended.
                    input.settings.schedule = Array(repeating: 600_000, count: 32)
                }.webhook
            }
            let id = try #require(webhook?.id)
            if changesOrder, round > 0 {
                let isOrdered = round == 5 || Bool.random(using: &random)
                try await webhooks.set(id) { $0.settings.ordering = isOrdered ? .fifo : .parallel }
            }
            gate.stuck.withLock { $0 = Set(names.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }) }
            // In the end everything is taken.
            if round == 5 { gate.open() }
            // Where order is not kept much fails, and a receiver that fails gets few requests a second.
            let count = Int.random(in: changesOrder ? 20...50 : 50...400, using: &random)
            try await commit(bench, (0..<count).map { _ in names[Int.random(in: 0..<6, using: &random)] })
            let goal = gate.count + Int.random(in: 0...count, using: &random)
            try await until {
                gate.count >= goal || webhooks.view(id)?.status.map { $0.position >= bench.log.durableSequence && $0.inFlight == 0 } == true
            }
            if Bool.random(using: &random) { await webhooks.saveProgress() }
            if round == 5 {
                // Who changes the receiver means that all is to be tried at once.
                try await webhooks.set(id) { $0.settings.url = "http://mended.example/" }
                try await webhooks.settle(id, at: bench.log.durableSequence)
                #expect(webhooks.view(id)?.status?.dead == 0)
                await webhooks.stop()
            } else if Bool.random(using: &random) {
                await webhooks.crash()
            } else {
                await webhooks.stop()
            }
        }
        let expected = try self.expected(bench)
        for (name, sequences) in gate.deliveries {
            #expect(Set(sequences) == Set(expected[name] ?? []), "\(name): none is skipped")
            guard !changesOrder else { continue }
            // After a kill some come again; the first of each are in order.
            var seen: Set<UInt64> = []
            let firsts = sequences.filter { seen.insert($0).inserted }
            #expect(firsts == firsts.sorted(), "\(name)")
        }
        #expect(Set(gate.deliveries.keys) == Set(expected.keys))
    }

    @Test("a replay waits behind a stuck repository, and new events of others do not")
    func replay() async throws {
        let (bench, gate) = (try Bench(), Gate())
        let webhooks = try await start(bench, gate)
        let webhook = try await webhooks.add(pattern: Self.created, schedule: [3600]) { $0.settings.ordering = .fifo }.webhook
        try await commit(bench, Array(repeating: "stuck", count: 300))
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        gate.stuck.withLock { $0 = ["stuck"] }
        try await webhooks.replay(webhook.id, from: .sequence(1), through: nil)
        try await until { webhooks.view(webhook.id)?.status.map { $0.blocked == OpenSet.laneLimit && $0.inFlight == 0 } == true }
        try await commit(bench, ["other", "stuck", "other"])
        try await until { gate.count(of: "other") == 2 }
        gate.open()
        try await webhooks.set(webhook.id) { $0.settings.url = "http://mended.example/" }
        try await until { gate.count(of: "stuck") == 601 && webhooks.view(webhook.id)?.status?.replay == nil }
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        await webhooks.stop()
    }

    @Test("what is saved of lanes reads back, and a state of the version before has none")
    func coding() throws {
        var saved = SavedEndpoint(position: 9)
        saved.lanes = [7: SavedEndpoint.Progress(position: 3, done: [5]), .max: SavedEndpoint.Progress(position: 8)]
        let bytes = SavedEndpoint.encode(["wh": saved])
        #expect(SavedEndpoint.decode(bytes) == ["wh": saved])
        #expect(saved.doneThrough == 3)
        #expect(saved.setBack(to: 4).lanes == [7: SavedEndpoint.Progress(position: 3), .max: SavedEndpoint.Progress(position: 4)])
        // Version 3 ends before the lanes, and has two numbers less of the receiver's failures: all of them are 0 here.
        let earlier = [3] + SavedEndpoint.encode(["wh": SavedEndpoint(position: 9)]).dropFirst().dropLast(3)
        #expect(SavedEndpoint.decode(earlier) == ["wh": SavedEndpoint(position: 9)])
    }
}
