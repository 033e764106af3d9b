import EventLog
import Events
import TestSupport
import Testing

@testable import Delivery

/// What is called off while its requests are under way.
@Suite(.timeLimit(.minutes(5))) struct CallingOffTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    @Test("an attempt under way of what was called off is the last one, and the next in its lane begins")
    func openSet() {
        var random = SeededGenerator(seed: 1)
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule([10, 20])
        rules.keepsOrder = true
        var set = OpenSet(rules)
        let (failing, broken, behind) = (DeliveryKey(.replay, 1), DeliveryKey(.replay, 2), DeliveryKey(.log, 9))
        for (key, lane) in [(failing, UInt64(5)), (broken, 6)] { _ = set.begin(key, sequence: key.number, lane: lane, at: 0) }
        #expect(set.begin(behind, sequence: 9, lane: 5, at: 0) == nil && set.blockedCount == 1)
        set.removeAll(from: .replay)
        #expect(set.count == 3)
        #expect(set.finished(failing, OpenSet.Ending(isSuccess: false), at: 1, using: &random)?.fate == .cancelled)
        set.abandoned(broken)
        #expect(set.count == 1 && set.requestsUnderWay == 0)
        let next = set.next(at: 1, hasNew: false)
        guard case .attempt(let delivery) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(delivery.key == behind)
    }

    @Test("after a replay to a receiver that fails was called off, another can be asked for at once")
    func again() async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook
        try await bench.commitGuards(["a", "b", "c"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await webhooks.set(webhook.id) { input in
            input.settings.url = "http://dead.example/"
            input.settings.schedule = [3600, 3600]
        }
        try await webhooks.replay(webhook.id, from: .time(0), through: nil)
        try await until { receiver.deliveries(to: "http://dead.example/").count >= 1 }
        try await webhooks.cancelReplay(webhook.id)
        try await until { webhooks.view(webhook.id)?.status?.open == 0 }
        try await webhooks.set(webhook.id) { $0.settings.url = "http://fine.example/" }
        try await webhooks.replay(webhook.id, from: .time(0), through: nil)
        try await until { webhooks.view(webhook.id)?.status?.replay == nil }
        #expect(receiver.deliveries(to: "http://fine.example/").compactMap(\.guardName) == ["a", "b", "c"])
        await webhooks.stop()
    }

    @Test("a delivery that is called off is over with a record, what waits behind it goes on, and it can be sent again")
    func single() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [3600]) { $0.settings.ordering = .fifo }.webhook
        try await bench.commitGuards(["a", "b"])
        try await until { webhooks.view(webhook.id)?.status.map { $0.blocked == 1 && $0.inFlight == 0 && $0.blocking.first?.id != nil } == true }
        let id = try #require(webhooks.view(webhook.id)?.status?.blocking.first?.id)
        let view = try await webhooks.cancel(id)
        #expect(view.state == .cancelled && view.reason == "it was called off" && view.due == nil && view.attempts.count == 1)
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries.map(\.guardName) == ["a", "b"])
        let error = await #expect(throws: WebhookError.self) { try await webhooks.cancel(id) }
        #expect(error?.code == .conflict)
        var query = Webhooks.DeliveryQuery()
        query.state = .cancelled
        #expect(try await webhooks.deliveries(query).deliveries.map(\.id) == [id])
        await webhooks.crash()
        // Nor does it come back.
        let next = try await bench.webhooks(receiver)
        try await next.settle(webhook.id, at: bench.log.durableSequence)
        #expect(receiver.deliveries.count == 2)
        let again = try await next.resend(id)
        try await until { receiver.deliveries.count == 3 }
        try await next.settle(webhook.id, at: bench.log.durableSequence)
        #expect(try await next.deliveryView(again).state == .delivered && receiver.deliveries.last?.guardName == "a")
        await next.stop()
    }

    @Test("a redelivery of one, and of all that failed, can be called off, and then asked for again")
    func redeliveries() async throws {
        let (bench, receiver) = (try Bench(), Receiver(Array(repeating: .answered(500), count: 3)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards, schedule: [0]) { $0.settings.maxInFlight = 1 }.webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        try await webhooks.set(webhook.id) { $0.settings.schedule = [3600] }
        let dead = try #require(try await webhooks.deliveries(Webhooks.DeliveryQuery()).deliveries.first?.id)
        receiver.answer([.answered(500), .answered(500)])
        let resent = try await webhooks.resend(dead)
        try await until { receiver.deliveries.count == 3 && webhooks.view(webhook.id)?.status?.inFlight == 0 }
        #expect(try await webhooks.deliveryView(resent).state == .retrying)
        #expect(try await webhooks.cancel(resent).state == .cancelled)
        #expect(webhooks.view(webhook.id)?.status?.open == 0)
        await #expect(throws: WebhookError.self) { try await webhooks.cancelRedelivery(webhook.id) }
        // Called off is not given up: the first one is still the one that failed.
        try await webhooks.set(webhook.id) { $0.settings.state = .paused }
        try await webhooks.resendFailed(webhook.id, since: 0)
        let error = await #expect(throws: WebhookError.self) { try await webhooks.resendFailed(webhook.id, since: 0) }
        #expect(error?.message.contains("DELETE /api/v1/webhooks/\(webhook.id)/resend-failed") == true)
        try await webhooks.cancelRedelivery(webhook.id)
        #expect(webhooks.view(webhook.id)?.status?.redelivery == nil)
        try await webhooks.resendFailed(webhook.id, since: 0)
        try await webhooks.cancelRedelivery(webhook.id)
        await webhooks.stop()
    }

    @Test("what nobody tries any more does not say that it is tried: of a webhook that is removed, or whose format has no form for it")
    func over() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .answered(500)]))
        let webhooks = try await bench.webhooks(receiver)
        let first = try await webhooks.add(pattern: Self.guards, schedule: [3600]).webhook
        let second = try await webhooks.add("http://second.example/", pattern: Self.guards, schedule: [3600]).webhook
        try await bench.commitGuards(["a"])
        try await until { [first, second].allSatisfy { webhooks.view($0.id)?.status.map { $0.failures == 1 && $0.inFlight == 0 } == true } }
        let ids = try await webhooks.deliveries(Webhooks.DeliveryQuery()).deliveries.reduce(into: [:]) { $0[$1.webhook] = $1.id }
        let (removed, formless) = (try #require(ids[first.id]), try #require(ids[second.id]))
        for id in [removed, formless] { #expect(try await webhooks.deliveryView(id).state == .retrying) }
        try await webhooks.delete(first.id, context: Bench.context)
        var view = try await webhooks.deliveryView(removed)
        #expect(view.state == .cancelled && view.reason == "the webhook was removed" && view.due == nil && view.attempts.count == 1)
        // Docker Hub tells of pushes alone. With another receiver what failed is due.
        try await webhooks.set(second.id) { input in
            input.settings.format = "dockerhub"
            input.settings.url = "http://third.example/"
        }
        try await webhooks.settle(second.id, at: bench.log.durableSequence)
        view = try await webhooks.deliveryView(formless)
        #expect(view.state == .cancelled && view.reason?.contains("dockerhub") == true && view.attempts.map(\.status) == [500])
        #expect(webhooks.view(second.id)?.status?.dead == 0)
        #expect(receiver.deliveries.count == 2)
        await webhooks.stop()
    }

    @Test("whatever stage a delivery is in, calling it off leaves the rest as it was", arguments: UInt64(0)..<20)
    func anyStage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var rules = OpenSet.Rules()
        rules.schedule = RetrySchedule(Array(repeating: 1, count: 30))
        rules.keepsOrder = true
        var set = OpenSet(rules)
        var (now, number) = (Int64(0), UInt64(0))
        var underWay: [DeliveryKey] = []
        for _ in 0..<400 {
            now += 300
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                number += 1
                let key = DeliveryKey(.log, number)
                if set.requestsUnderWay < 8, set.begin(key, sequence: number, lane: UInt64.random(in: 1...4, using: &random), at: now) != nil {
                    underWay.append(key)
                }
            case 1:
                if let index = underWay.indices.randomElement(using: &random) {
                    let key = underWay.remove(at: index)
                    _ = set.finished(key, OpenSet.Ending(isSuccess: Bool.random(using: &random)), at: now, using: &random)
                }
            case 2: if case .attempt(let delivery) = set.next(at: now, hasNew: false) { underWay.append(delivery.key) }
            default:
                guard let key = set.deliveries.keys.sorted().randomElement(using: &random) else { continue }
                set.callOff(key)
                #expect(set.deliveries[key].map { $0.isCalledOff && $0.stage == .underWay } ?? true)
            }
            #expect(set.blockedCount == set.deliveries.values.count { $0.stage == .blocked })
            #expect(set.requestsUnderWay == underWay.count)
            // Of each lane one goes on.
            let lanes = Dictionary(grouping: set.deliveries.values, by: \.lane)
            #expect(lanes.values.allSatisfy { lane in lane.count { $0.stage != .blocked } == 1 })
        }
        for key in set.deliveries.keys { set.callOff(key) }
        for key in underWay { _ = set.finished(key, OpenSet.Ending(isSuccess: false), at: now, using: &random) }
        #expect(set.count == 0 && set.lanes.isEmpty && set.blockedCount == 0)
    }

    @Test("one request asks for all, and the rate that the receiver allows holds from that one on")
    func allowedRate() async throws {
        let (bench, receiver) = (try Bench(), Receiver(consent: .granted(rate: 1)))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { $0.settings.handshake = true }.webhook
        try await bench.commitGuards((0..<12).map { "g\($0)" })
        try await until { webhooks.view(webhook.id)?.status.map { $0.delivered == 1 && $0.inFlight == 0 } == true }
        try await webhooks.set(webhook.id) { $0.settings.rateLimit = 50 }
        try await until { webhooks.endpointQueue(webhook.id) == 11 }
        #expect(receiver.deliveries.count == 1 && receiver.asked == 1)
        await webhooks.stop()
    }

    @Test("a receiver that did not consent gets no test either")
    func consent() async throws {
        let (bench, receiver) = (try Bench(), Receiver(consent: .refused(.badRate(["no"]))))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards) { $0.settings.handshake = true }.webhook
        let view = try await webhooks.test(webhook.id)
        #expect(view.state == .dead && view.attempts.first?.error.contains("did not consent") == true)
        #expect(receiver.deliveries.isEmpty)
        await webhooks.stop()
    }
}
