import EventLog
import Foundation
import HTTP
import IO
import Testing

@testable import Server

@Suite("Retention of a quiet hub", .timeLimit(.minutes(2)))
struct QuietRetentionTests {
    private static let day: Int64 = 86_400_000

    @Test("a segment that is never filled ends by its age, and its records leave the log when they are as old as is said")
    func quiet() async throws {
        let folder = try TemporaryFolder()
        try await HubTests.withRunning(folder, config: #"{"audit": {"checkpointSeconds": 1}}"#) { (hub) async throws in
            var settings = AuditSettings.Retention(archive: folder.path + "/archive")
            settings.maxAge = 8 * Self.day
            let retention = Retention(services: hub.services, settings: settings, snapshots: hub.snapshots)
            let log = hub.services.log
            let client = try TestClient(address: hub.address)
            let rule = #"{"repositories":["a/**"],"tags":["*"]}"#
            #expect(try await client.send(.put, "/api/v1/guards/a", rule).status == .created)
            let (last, now) = (log.durableSequence, Wall.milliseconds)
            #expect(try await retention.turn(now: now + Self.day / 2) == 1)
            #expect(try log.sealedSegments(limit: 9).isEmpty)
            #expect(try await retention.turn(now: now + 2 * Self.day) == 1)
            #expect(try log.sealedSegments(limit: 9).map(\.last) == [last])
            #expect(try await client.send(.put, "/api/v1/guards/b", rule).status == .created)
            // Checkpoints must cover it first, and then the record about it.
            while try await retention.turn(now: now + 9 * Self.day) == 1 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(log.oldestSequence > last)
            #expect(try await client.send(.get, "/api/v1/guards/a").status == .ok)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive").contains { $0.hasSuffix(".log.gz") })
    }

    @Test("a short age does not end a segment for each record that says what left the log")
    func short() async throws {
        let folder = try TemporaryFolder()
        try await HubTests.withRunning(folder) { (hub) async throws in
            var settings = AuditSettings.Retention(archive: folder.path + "/archive")
            settings.maxAge = 1000
            let retention = Retention(services: hub.services, settings: settings, snapshots: hub.snapshots)
            let client = try TestClient(address: hub.address)
            #expect(try await client.send(.put, "/api/v1/guards/a", #"{"repositories":["a/**"],"tags":["*"]}"#).status == .created)
            let now = Wall.milliseconds
            try await retention.turn(now: now + 1_800_000)
            #expect(try hub.services.log.sealedSegments(limit: 9).isEmpty)
            try await retention.turn(now: now + 7_200_000)
            #expect(try hub.services.log.sealedSegments(limit: 9).count == 1)
        }
    }
}
