import EventLog
import Foundation
import IO
import TestSupport
import Testing

@testable import Delivery

@Suite("How long deliveries are kept", .timeLimit(.minutes(5)))
struct DeliveryRetentionTests {
    private static let day: Int64 = 86_400_000

    private func open(_ folder: TemporaryFolder, maxBytes: Int = 8 << 20, maxAge: Int64 = .max / 4) -> SavedDeliveries {
        var options = DeliveryLog.Options(directory: folder.path + "/deliveries")
        options.maxBytes = maxBytes
        options.maxAge = maxAge
        return DeliveryLog.open(options)
    }

    private func attempt(_ number: UInt64) -> DeliveryRecord.Attempt {
        DeliveryRecord.Attempt(
            webhook: "wh_1", source: .log, number: number, sequence: number, eventID: "e\(number)", eventType: "t", attempt: 1, time: 1,
            latency: 1, status: 200, error: "", fate: .delivered)
    }

    /// About 4 KiB each, so 250 of them in a segment of 1 MiB.
    private func fill(_ log: DeliveryLog, _ numbers: ClosedRange<UInt64>) async throws {
        let response = [UInt8](repeating: 0x61, count: 4096)
        for number in numbers {
            #expect(log.append(.attempt(attempt(number)), response: response) == number)
            // What is written together is in one segment.
            if number % 100 == 0 { try await log.sync() }
        }
        try await log.sync()
    }

    /// A log with so many records, saved and closed.
    private func leave(_ number: UInt64, in folder: TemporaryFolder) async throws {
        let log = open(folder).log
        try await fill(log, 1...number)
        try log.save(state(through: number), at: number)
        log.close()
    }

    /// What a start would find, were the log whole.
    private func state(through number: UInt64) -> [String: SavedEndpoint] {
        var endpoint = SavedEndpoint(position: 0)
        for number in 1...number { endpoint.apply(.attempt(attempt(number)), number: number) }
        return ["wh_1": endpoint]
    }

    @Test("what is beyond the size goes, oldest first, and a start finds the same state without it")
    func size() async throws {
        let folder = try TemporaryFolder()
        let log = open(folder, maxBytes: 3 << 20).log
        try await fill(log, 1...2000)
        let events = try #require(log.log)
        #expect(try events.bytes > 6 << 20)
        let endpoints = state(through: 2000)
        try log.save(endpoints, at: 2000)
        try log.retain(saved: 2000, now: Wall.milliseconds)
        #expect(try events.bytes <= 3 << 20 && events.bytes > 1 << 20, "a segment is kept or removed as a whole")
        #expect(events.oldestSequence > 1000 && events.oldestSequence < 2000)
        #expect(try events.record(at: 1) == nil && events.record(at: 2000) != nil)
        try await fill(log, 2001...2010)
        log.close()
        let again = open(folder, maxBytes: 3 << 20)
        #expect(again.endpoints == state(through: 2010))
        #expect(try again.log.log?.readBackward(before: .max, limit: 5, maxBytes: .max).map(\.sequence) == [2010, 2009, 2008, 2007, 2006])
        again.log.close()
    }

    @Test("what is too old goes, and what is not stays, whatever its size")
    func age() async throws {
        let folder = try TemporaryFolder()
        let log = open(folder, maxAge: Self.day).log
        try await fill(log, 1...600)
        try log.save(state(through: 600), at: 600)
        let now = Wall.milliseconds
        try log.retain(saved: 600, now: now + Self.day / 2)
        #expect(log.log?.oldestSequence == 1)
        try log.retain(saved: 600, now: now + 2 * Self.day)
        #expect(log.log?.oldestSequence == 601, "the segment that was written to as well")
        log.close()
    }

    @Test("what is too old goes from a quiet hub too, whose records never fill a segment")
    func quiet() async throws {
        let folder = try TemporaryFolder()
        let log = open(folder, maxAge: 8 * Self.day).log
        let now = Wall.milliseconds
        for number in UInt64(1)...3 {
            try await fill(log, number...number)
            try log.save(state(through: number), at: number)
            // Nothing is older than a day yet: nothing ends.
            try log.retain(saved: number, now: now + Self.day / 2)
        }
        #expect(log.log?.oldestSequence == 1)
        #expect(try log.log?.sealedSegments(limit: 9).count == 0)
        try log.retain(saved: 3, now: now + 2 * Self.day)
        #expect(try log.log?.sealedSegments(limit: 9).map(\.last) == [3])
        try await fill(log, 4...4)
        try log.save(state(through: 4), at: 4)
        #expect(log.log?.oldestSequence == 1)
        try log.retain(saved: 4, now: now + 9 * Self.day)
        #expect(log.log?.oldestSequence == 5)
        try await fill(log, 5...5)
        log.close()
        let again = open(folder)
        #expect(again.endpoints == state(through: 5))
        #expect(try again.log.log?.record(at: 5) != nil && again.log.log?.record(at: 3) == nil)
        again.log.close()
    }

    @Test("nobody but their owner reads them, those of an earlier version included")
    func permissions() async throws {
        let folder = try TemporaryFolder()
        try await leave(600, in: folder)
        let files = try ["/deliveries", "/deliveries/log"].flatMap { place in try Files.list(folder.path + place).map { folder.path + place + "/" + $0 } }
        let closed = files.filter { file in [".log", ".idx", ".snapshot"].contains { file.hasSuffix($0) } }
        #expect(closed.count { $0.hasSuffix(".log") } > 1 && closed.contains { $0.hasSuffix(".idx") } && closed.contains { $0.hasSuffix(".snapshot") })
        for path in closed {
            #expect(try Files.info(path)?.mode == 0o600)
            try Files.setMode(path, 0o644)
        }
        open(folder).log.close()
        for path in closed { #expect(try Files.info(path)?.mode == 0o600) }
    }

    @Test("a log that cannot be opened at the moment is not taken for damaged: it stays, and goes on when it can be opened")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        try await leave(3, in: folder)
        let (path, kept) = (folder.path + "/deliveries/log", folder.path + "/kept")
        try Files.rename(path, to: kept)
        // A link that leads to itself: whoever runs this, it cannot be opened.
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        let again = open(folder)
        #expect(again.endpoints == state(through: 3).mapValues(\.forgettingRecords))
        #expect(again.log.problem != nil && again.log.append(.attempt(attempt(4))) == nil)
        again.log.reopen()
        #expect(again.log.problem != nil)
        try FileManager.default.removeItem(atPath: path)
        try Files.rename(kept, to: path)
        again.log.reopen()
        #expect(again.log.problem == nil && again.log.append(.attempt(attempt(4))) == 4)
        try await again.log.sync()
        #expect(again.log.log?.oldestSequence == 1)
        #expect(try Files.list(folder.path + "/deliveries").allSatisfy { !$0.contains("damaged") })
        again.log.close()
    }

    @Test("nothing goes that a start would need: what no snapshot covers")
    func unsaved() async throws {
        let folder = try TemporaryFolder()
        let log = open(folder, maxBytes: 1 << 20, maxAge: 1).log
        try await fill(log, 1...800)
        try log.retain(saved: 0, now: .max / 2)
        #expect(log.log?.oldestSequence == 1)
        // A snapshot in the middle lets go of the segments before it.
        try log.save(state(through: 400), at: 400)
        try log.retain(saved: 400, now: .max / 2)
        let oldest = try #require(log.log?.oldestSequence)
        #expect(oldest > 1 && oldest <= 401)
        log.close()
        let again = open(folder)
        #expect(again.endpoints == state(through: 800))
        again.log.close()
    }

    @Test("a delivery that is open goes on, and is shown, when its records went")
    func goneDelivery() async throws {
        let (bench, receiver) = (try Bench(), Receiver([.answered(500), .answered(200)]))
        let webhooks = try await bench.webhooks(receiver, deliveryBytes: 8 << 20)
        let webhook = try await webhooks.add(schedule: [3600]).webhook
        try await bench.commitGuards(["late", "fine"])
        try await until { receiver.deliveries.count == 2 }
        try await until { webhooks.view(webhook.id)?.status?.open == 1 }
        let late = try #require(try await webhooks.deliveries(Webhooks.DeliveryQuery()).deliveries.last?.id)
        #expect(try await webhooks.deliveryView(late).state == .retrying)
        // As much of another webhook's history that it fills segments.
        let response = [UInt8](repeating: 0x61, count: 4096)
        for number in UInt64(3)...600 { _ = webhooks.attempts.append(.attempt(attempt(number)), response: response) }
        await webhooks.saveProgress()
        let events = try #require(webhooks.attempts.log)
        try events.removeSegments(endingBefore: .max)
        #expect(events.oldestSequence > 2)
        let view = try await webhooks.deliveryView(late)
        #expect(view.state == .retrying && view.attemptCount == 1 && view.attempts.isEmpty && !view.eventID.isEmpty)
        var query = Webhooks.DeliveryQuery()
        query.state = .pending
        let open = try await webhooks.deliveries(query).deliveries
        #expect(open.map(\.state) == [.retrying] && open.map(\.attemptCount) == [1] && open.first?.id == late)
        await webhooks.crash()
        let next = try await bench.webhooks(receiver)
        #expect(next.view(webhook.id)?.status?.open == 1)
        await next.stop()
    }
}
