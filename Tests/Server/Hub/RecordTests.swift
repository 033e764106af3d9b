import HTTP
import IO
import JSON
import Testing

@testable import Server

@Suite("What operators and config files change is recorded")
struct RecordTests {
    private static func events(_ client: TestClient, _ type: String, after: String = "0") async throws -> [JSONValue] {
        let answer = try await client.send(.get, "/api/v1/events?order=asc&after=\(after)&type=io.signalbox.\(type)")
        return try JSONValue.parse(answer.content)["events"]?.array ?? []
    }

    /// The records of settings that a start with this config file adds to the log.
    private static func start(_ folder: TemporaryFolder, _ config: String, after: inout String) async throws -> [JSONValue] {
        let known = after
        let events = try await HubTests.withHub(folder, config: config) { (client) async throws -> [JSONValue] in
            try await Self.events(client, "config.changed", after: known)
        }
        after = events.last?["sequence"]?.string ?? after
        return events
    }

    private static func texts(_ events: [JSONValue]) -> [String] {
        events.map { "\($0["data"]?["change"]?.string ?? "?") \($0["subject"]?.string ?? "?")" }
    }

    @Test("what a config file says otherwise than at the last start is recorded once, before and after, and never a secret")
    func settings() async throws {
        let folder = try TemporaryFolder()
        var last = "0"
        func target(_ host: String) -> String { "{type: 'http', url: 'https://\(host).example/'}" }
        let first = try await Self.start(
            folder,
            "{ guards: [{name: 'prod', repositories: ['prod/**'], tags: ['*']}], triggers: [{name: 'a', environment: 'dev', target: \(target("one"))}], "
                + "secrets: {token: {value: 'hunter2'}, other: {env: 'OTHER'}}, limits: {uploads: 5} }", after: &last)
        #expect(Self.texts(first) == ["added guards/prod", "added triggers/a"], "the other settings are those that the hub begins with")
        #expect(first.allSatisfy { $0["data"]?["sha256"]?.string?.count == 64 && $0["data"]?["previousSHA256"] == nil })
        #expect(first.allSatisfy { $0["data"]?["actor"]?["name"]?.string == "config" && !String(decoding: $0.encoded, as: UTF8.self).contains("hunter") })
        #expect(first[0]["data"]?["definition"]?["repositories"]?.array == [.string("prod/**")])
        #expect(first[1]["data"]?["definition"]?["environment"]?.string == "dev")
        // The same in another order and spelling is no change; a secret's value is nobody's business.
        let same = try await Self.start(
            folder,
            "{limits: {'uploads': 5}, triggers: [{target: \(target("one")), environment: 'dev', name: 'a'}], secrets: {other: {env: 'OTHER'}, token: {value: 'hunter3'}}, "
                + "guards: [{name: 'prod', repositories: ['prod/**'], tags: ['*'], except: []}] }", after: &last)
        #expect(Self.texts(same) == [])
        let next = try await Self.start(
            folder,
            "{ guards: [{name: 'prod', repositories: ['prod/**'], tags: ['v*']}], triggers: [{name: 'a', environment: 'dev', target: \(target("two"))}] }", after: &last)
        #expect(
            Self.texts(next) == ["changed guards/prod", "removed secrets/other", "removed secrets/token", "removed settings/limits", "changed triggers/a"])
        #expect(next[0]["data"]?["previousSHA256"] == first[0]["data"]?["sha256"])
        #expect(next[1...3].allSatisfy { $0["data"]?["definition"] == nil && $0["data"]?["previousSHA256"]?.string?.count == 64 })
        // Also where the snapshot of them is gone: the log has it all.
        for name in try Files.list(folder.path + "/data/snapshots") where name.hasPrefix("settings-") { try Files.unlink("\(folder.path)/data/snapshots/\(name)") }
        #expect(Self.texts(try await Self.start(folder, "{}", after: &last)) == ["removed guards/prod", "removed triggers/a"])
        #expect(Self.texts(try await Self.start(folder, "{}", after: &last)) == [])
    }

    @Test("every request to send again, to stop that, and to test leaves a record before its answer; one that is refused leaves none")
    func deliveries() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/"}"#).content)
            let id = try #require(made["id"]?.string)
            let path = "/api/v1/webhooks/" + id
            let test = try JSONValue.parse(try await client.send(.post, path + "/test").content)
            let delivery = try #require(test["id"]?.string)
            let requests: [(HTTPMethod, String, String)] = [
                (.post, path + "/replay", #"{"fromSequence": "1", "through": "1"}"#), (.delete, path + "/replay", ""),
                (.post, path + "/resend-failed", #"{"since": "2026-01-31T12:00:00Z"}"#), (.delete, path + "/resend-failed", ""),
                (.post, "/api/v1/deliveries/\(delivery)/resend", ""), (.post, "/api/v1/webhooks/wh_none/replay", #"{"fromSequence": "1"}"#),
                (.post, "/api/v1/deliveries/dlv_none/resend", ""),
            ]
            var expected = ["test"]
            for (method, path, body) in requests {
                let answer = try await client.send(method, path, body, ["X-Request-ID": "r\(expected.count)"])
                if answer.status.isSuccess { expected.append(path.hasSuffix("resend") ? "resend" : path.hasSuffix("replay") ? "replay" : "resend-failed") }
            }
            #expect(expected.count >= 4, "\(expected)")
            let events = try await Self.events(client, "delivery.requested")
            #expect(events.count == expected.count, "\(events)")
            #expect(events.allSatisfy { $0["subject"]?.string == "webhooks/" + id && $0["data"]?["webhook"]?.string == id })
            #expect(events.first?["data"]?["delivery"]?.string == delivery)
            let replay = try #require(events.first { $0["data"]?["action"]?.string == "replay" }?["data"])
            #expect(replay["fromSequence"]?.string == "1" && replay["through"]?.string == "1" && replay["request"]?["id"]?.string == "r1")
        }
    }

    @Test("that somebody wanted to change what the config file sets is a record, and a request that is wrong is none")
    func configured() async throws {
        let config = "{ guards: [{name: 'prod', repositories: ['prod/**'], tags: ['*']}], triggers: [{name: 'a', environment: 'dev', target: {type: 'http', url: 'https://one.example/'}}] }"
        try await HubTests.withHub(TemporaryFolder(), config: config) { (client) async throws in
            let rule = #"{"repositories": ["none"], "tags": ["*"]}"#
            let trigger = #"{"environment": "dev", "target": {"type": "http", "url": "https://two.example/"}}"#
            for (method, path, body) in [(.put, "/guards/prod", rule), (.delete, "/guards/prod", ""), (.put, "/triggers/a", trigger), (.delete, "/triggers/a", "")]
                as [(HTTPMethod, String, String)]
            {
                #expect(try await client.send(method, "/api/v1" + path, body).status == .conflict, "\(path)")
            }
            #expect(try await client.send(.put, "/api/v1/guards/prod", "{}").status == .badRequest)
            #expect(try await client.send(.delete, "/api/v1/guards/other").status == .notFound)
            let denials = try await Self.events(client, "access.denied")
            #expect(denials.map { $0["data"]?["action"]?.string } == ["PUT", "DELETE", "PUT", "DELETE"])
            #expect(denials.allSatisfy { $0["data"]?["reason"]?.string == "SET_IN_CONFIG_FILE" })
        }
    }
}
