import EventLog
import Foundation
import TestSupport
import Testing

@testable import Delivery

/// The log of deliveries is synced up to a second late: a power cut takes its end.
@Suite(.timeLimit(.minutes(5))) struct PowerCutTests {
    private static let guards = #"{"type":["io.signalbox.guard.created"]}"#

    @Test("what a power cut took from the log of deliveries is delivered again, and nothing is left out", arguments: [false, true])
    func powerCut(saves: Bool) async throws {
        let (bench, receiver) = (try Bench(), Receiver())
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: Self.guards).webhook.id
        try await bench.commitGuards((0..<20).map { "before\($0)" })
        try await webhooks.settle(webhook, at: bench.log.durableSequence)
        // Everything up to here is synced, by a snapshot or without one.
        if saves { await webhooks.saveProgress() } else { try await webhooks.attempts.sync() }
        let (files, kept) = (FileManager.default, bench.folder.path + "/kept")
        try files.copyItem(atPath: bench.deliveries, toPath: kept)
        try await bench.commitGuards((0..<20).map { "lost\($0)" })
        try await webhooks.settle(webhook, at: bench.log.durableSequence)
        #expect(receiver.deliveries.count == 40)
        await webhooks.crash()
        try files.removeItem(atPath: bench.deliveries)
        try files.moveItem(atPath: kept, toPath: bench.deliveries)

        try await bench.commitGuards(["after"])
        let again = try await bench.webhooks(receiver)
        try await again.settle(webhook, at: bench.log.durableSequence)
        let repeated = receiver.deliveries.dropFirst(40).compactMap(\.guardName)
        #expect(Set(repeated) == Set((0..<20).map { "lost\($0)" } + ["after"]) && repeated.count == 21)
        let bodies = Dictionary(grouping: receiver.deliveries, by: { $0.id ?? "" }).mapValues { Set($0.map(\.body)).count }
        #expect(bodies.count == 41 && bodies.values.allSatisfy { $0 == 1 })
        await again.stop()
    }
}
