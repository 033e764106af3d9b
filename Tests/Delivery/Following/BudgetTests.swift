import EventLog
import Testing

@testable import Delivery

@Suite("What all webhooks together may hold", .timeLimit(.minutes(5)))
struct BudgetTests {
    @Test("no more requests than the hub has room for are under way, and each webhook has one")
    func requests() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver, requests: 5)
        var ids: [String] = []
        for number in 0..<8 { ids.append(try await webhooks.add("http://silent.example/\(number)").webhook.id) }
        try await bench.commitGuards((0..<50).map { "g\($0)" })
        let inFlight = { ids.compactMap { webhooks.view($0)?.status?.inFlight } }
        try await until { inFlight().allSatisfy { $0 >= 1 } }
        #expect(inFlight().reduce(0, +) <= 5 + 8)
        // Whoever works is not kept from it by those that hang.
        let fine = try await webhooks.add("http://fine.example/").webhook.id
        try await bench.commitGuards((0..<50).map { "h\($0)" })
        try await webhooks.settle(fine, at: bench.log.durableSequence)
        #expect(receiver.deliveries(to: "http://fine.example/").count >= 50)
        await webhooks.stop()
    }

    @Test("receivers that hang leave half of all requests to those that answer, and a webhook that keeps much leaves room to others")
    func shares() {
        let budget = Budget()
        for _ in 0..<8 {
            var own = 0
            while own < 256, budget.mayRequest(beside: own, isAnswering: false) {
                budget.changeRequests(by: 1)
                own += 1
            }
        }
        #expect(budget.requestCount < 1100)
        var own = 0
        while own < 256, budget.mayRequest(beside: own, isAnswering: own >= 16) {
            budget.changeRequests(by: 1)
            own += 1
        }
        #expect(own == 256)
        for _ in 0..<20 {
            var own = 0
            while own < 10_000, budget.mayOpen(beside: own) {
                budget.changeOpen(by: 1)
                own += 1
            }
        }
        #expect(budget.mayOpen(beside: 500), "one with a few in retry begins new ones")
    }

    @Test("what was read of repositories that are stuck counts as held until it begins or is forgotten")
    func parked() {
        var lanes = ParkedLanes([7: SavedEndpoint.Progress(position: 0), 8: SavedEndpoint.Progress(position: 0)])
        #expect(lanes.queuedBytes == 0)
        for number in UInt64(1)...10 {
            lanes.take(7 + number % 2) { $0.append(Track.Item(number: number, sequence: number, lane: 7 + number % 2, record: nil), at: 0) }
        }
        #expect(lanes.queuedBytes == 10 * Track.Item.overhead)
        let first = lanes.popFirst(of: 7)
        #expect(first?.number == 2)
        #expect(lanes.queuedBytes == 9 * Track.Item.overhead)
        lanes.discard()
        let none = lanes.popFirst(of: 8)
        #expect(lanes.queuedBytes == 0 && none == nil)
    }
}
