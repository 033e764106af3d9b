import Foundation
import HTTP
import JSON
import Testing

@testable import Server

@Suite("Webhooks over the API")
struct WebhookAPITests {
    private static func withHub(_ body: @Sendable (TestClient) async throws -> Void) async throws {
        try await HubTests.withHub(TemporaryFolder(), body)
    }

    private static let full = """
        {"url": "http://127.0.0.1:9/hook", "description": "deploys", "pattern": {"type": ["x"]}, "format": "cloudevents-binary",
         "headers": {"X-Team": "blue-secret", "X-Env": "prod"}, "authorization": "Bearer abc-secret", "token": "tok-secret",
         "signing": ["v1", "v1a", "x-signature"], "retry": {"schedule": [1, 2]}, "timeout": 7, "rateLimit": 50, "maxInFlight": 3,
         "ordering": "fifo", "state": "paused", "batch": {"events": 10, "seconds": 2}}
        """

    @Test("every setting is kept, and nothing secret is shown again or enters the log")
    func everySetting() async throws {
        try await Self.withHub { client in
            let answer = try await client.send(.post, "/api/v1/webhooks", Self.full)
            let made = try JSONValue.parse(answer.content)
            #expect(answer.status == .created, "\(made)")
            let id = try #require(made["id"]?.string)
            #expect(made["secret"]?.string?.hasPrefix("whsec_") == true)
            #expect(made["privateKey"]?.string?.hasPrefix("whsk_") == true)
            #expect(made["publicKey"]?.string?.hasPrefix("whpk_") == true)
            let publicKey = made["publicKey"]?.string
            for path in ["/api/v1/webhooks/\(id)", "/api/v1/events"] {
                let answer = try await client.send(.get, path)
                let text = String(decoding: answer.content, as: UTF8.self)
                for secret in ["blue-secret", "prod\"", "abc-secret", "tok-secret", "whsec_", "whsk_"] {
                    #expect(!text.contains(secret), "\(path): \(secret)")
                }
                let root = try JSONValue.parse(answer.content)
                let shown = root["events"]?.array?.first?["data"]?["webhook"] ?? root
                #expect(shown["description"]?.string == "deploys")
                #expect(shown["format"]?.string == "cloudevents-binary")
                #expect(shown["headers"]?.array?.compactMap(\.string) == ["X-Team", "X-Env"])
                #expect(shown["hasAuthorization"]?.bool == true && shown["hasToken"]?.bool == true)
                #expect(shown["signing"]?.array?.compactMap(\.string) == ["v1", "v1a", "x-signature"])
                #expect(shown["timeout"]?.int == 7 && shown["rateLimit"]?.int == 50 && shown["maxInFlight"]?.int == 3)
                #expect(shown["ordering"]?.string == "fifo" && shown["state"]?.string == "paused")
                #expect(shown["batch"]?["events"]?.int == 10 && shown["batch"]?["bytes"] == nil)
                #expect(shown["enabled"]?.bool == false)
                #expect(shown["publicKey"]?.string == (path.hasSuffix(id) ? publicKey : nil), "which is no secret")
            }
        }
    }

    @Test("a patch changes what it names, takes back what is null, and is a record")
    func patch() async throws {
        try await Self.withHub { client in
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/webhooks", Self.full).content)
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))"
            let patch = """
                {"state": "enabled", "description": null, "headers": {"X-Env": null, "X-New": "n"}, "timeout": null,
                 "pattern": {"source": ["y"]}, "batch": {"events": 20}, "token": null}
                """
            let answer = try await client.send(.patch, path, patch)
            let changed = try JSONValue.parse(answer.content)
            #expect(answer.status == .ok, "\(changed)")
            #expect(changed["state"]?.string == "enabled" && changed["enabled"]?.bool == true)
            #expect(changed["description"] == nil && changed["timeout"] == nil && changed["hasToken"] == nil)
            #expect(changed["headers"]?.array?.compactMap(\.string) == ["X-Team", "X-New"])
            #expect(changed["pattern"] == (try JSONValue.parse(#"{"source": ["y"]}"#)))
            #expect(changed["batch"]?["events"]?.int == 20 && changed["batch"]?["seconds"]?.int == 2)
            #expect(changed["rateLimit"]?.int == 50)
            #expect(changed["secret"] == nil && changed["privateKey"] == nil)
            let events = try JSONValue.parse(try await client.send(.get, "/api/v1/events?limit=1").content)["events"]?.array
            #expect(events?.first?["type"]?.string == "io.signalbox.webhook.updated")
            for (patch, pointer) in [
                (#"{"url": null}"#, "/url"), (#"{"headers": {"Host": "x"}}"#, "/headers/Host"), (#"{"format": "xml"}"#, "/format"),
                (#"{"state": "on"}"#, "/state"), (#"{"secret": "x"}"#, "/secret"), (#"{"signing": ["v9"]}"#, "/signing/0"),
                (#"{"tls": {"certificate": "x"}}"#, "/tls"), (#"{"tls": {"authorities": "x"}}"#, "/tls"), (#"{"timeout": 0}"#, "/timeout"),
            ] {
                let answer = try await client.send(.patch, path, patch)
                #expect(answer.status == .badRequest, "\(patch)")
                #expect(try JSONValue.parse(answer.content)["pointer"]?.string == pointer, "\(patch)")
            }
            #expect(try await client.send(.patch, "/api/v1/webhooks/wh_none", "{}").status == .notFound)
        }
    }

    @Test("a URL's query is shown nowhere, and a patch with the URL as it is shown leaves it as it is")
    func hiddenURL() async throws {
        try await Self.withHub { client in
            let whole = "http://127.0.0.1:9/hook?token=tok-12345"
            let answer = try await client.send(.post, "/api/v1/webhooks", #"{"url": "\#(whole)"}"#)
            let made = try JSONValue.parse(answer.content)
            #expect(made["url"]?.string == "http://127.0.0.1:9/hook?...", "\(made)")
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))"
            let patch = #"{"url": "http://127.0.0.1:9/hook?...", "description": "x"}"#
            #expect(try await client.send(.patch, path, patch).status == .ok)
            #expect(try await client.send(.patch, path, #"{"url": "http://127.0.0.1:9/other?..."}"#).status == .badRequest)
            for path in [path, "/api/v1/webhooks", "/api/v1/events"] {
                let text = String(decoding: try await client.send(.get, path).content, as: UTF8.self)
                #expect(!text.contains("tok-") && text.contains("hook?..."), "\(path)")
            }
        }
    }

    @Test("a rotation shows new secrets once and is a record without them")
    func rotation() async throws {
        try await Self.withHub { client in
            let made = try JSONValue.parse(
                try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/"}"#).content)
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))/rotate-secret"
            let rotated = try JSONValue.parse(try await client.send(.post, path, #"{"overlap": 60}"#).content)
            let secret = try #require(rotated["secret"]?.string)
            #expect(secret.hasPrefix("whsec_") && secret != made["secret"]?.string)
            let given = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
            #expect(try JSONValue.parse(try await client.send(.post, path, #"{"secret": "\#(given)"}"#).content)["secret"]?.string == given)
            #expect(try await client.send(.post, path, #"{"overlap": -1}"#).status == .badRequest)
            let events = try await client.send(.get, "/api/v1/events").content
            #expect(!String(decoding: events, as: UTF8.self).contains("whsec_"))
            let types = try JSONValue.parse(events)["events"]?.array?.compactMap { $0["type"]?.string.map { String($0.suffix(7)) } }
            #expect(types == ["updated", "updated", "created"])
        }
    }

    @Test("changes at the same time are all made, one after the other")
    func concurrentChanges() async throws {
        try await Self.withHub { client in
            let made = try JSONValue.parse(
                try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/"}"#).content)
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))"
            let statuses = try await withThrowingTaskGroup(of: HTTPStatus.self) { group in
                for number in 1...12 {
                    let patch = #"{"maxInFlight": \#(number), "timeout": \#(number), "headers": {"X-\#(number)": "v"}}"#
                    group.addTask { try await client.send(.patch, path, patch).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == .ok }, "\(statuses)")
            let shown = try JSONValue.parse(try await client.send(.get, path).content)
            #expect(shown["maxInFlight"]?.int != nil && shown["maxInFlight"] == shown["timeout"])
            #expect(Set(shown["headers"]?.array?.compactMap(\.string) ?? []) == Set((1...12).map { "X-\($0)" }))
        }
    }

    @Test("a change that is for what the client has seen is refused where somebody's came before")
    func ifMatch() async throws {
        try await Self.withHub { client in
            let answer = try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/"}"#)
            let path = "/api/v1/webhooks/\(try #require(JSONValue.parse(answer.content)["id"]?.string))"
            let first = try #require(answer.headers[.eTag])
            #expect(try await client.send(.get, path).headers[.eTag] == first)
            let changed = try await client.send(.patch, path, #"{"timeout": 5}"#, ["If-Match": first])
            let second = try #require(changed.headers[.eTag])
            #expect(changed.status == .ok && second != first)
            for (path, send) in [(path, HTTPMethod.patch), (path + "/rotate-secret", .post)] {
                let refused = try await client.send(send, path, "{}", ["If-Match": first])
                #expect(refused.status == .preconditionFailed)
                #expect(try JSONValue.parse(refused.content)["type"]?.string?.hasSuffix("precondition-failed") == true)
            }
            #expect(try await client.send(.patch, path, "{}", ["If-Match": "*"]).status == .ok)
            #expect(try await client.send(.patch, path, "{}").status == .ok)
        }
    }

    @Test("null in a member of a member takes that one back to the hub's choice, when adding too")
    func innerNull() async throws {
        try await Self.withHub { client in
            let made = try JSONValue.parse(
                try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/", "retry": {"schedule": null}, "batch": {"events": null, "bytes": 2048}}"#).content)
            #expect(made["retry"] == nil && made["batch"]?["bytes"]?.int == 2048)
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))"
            let set = try JSONValue.parse(try await client.send(.patch, path, #"{"retry": {"schedule": [7]}}"#).content)
            #expect(set["retry"]?["schedule"]?.array?.count == 1)
            let answer = try await client.send(.patch, path, #"{"retry": {"schedule": null}, "batch": {"bytes": null}}"#)
            let shown = try JSONValue.parse(answer.content)
            #expect(answer.status == .ok && shown["retry"] == nil && shown["batch"] == nil, "\(shown)")
            #expect(try await client.send(.patch, path, #"{"retry": {"schedule": []}}"#).status == .badRequest)
        }
    }

    @Test("a secret that nothing would sign with, and a rotation of none, are errors that say so")
    func useless() async throws {
        try await Self.withHub { client in
            let key = "whsk_" + Data(repeating: 7, count: 32).base64EncodedString()
            let shared = "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()
            for (signing, secret) in [(#"["v1"]"#, key), (#"["v1a"]"#, shared), (#"[]"#, shared)] {
                let body = #"{"url": "http://127.0.0.1:9/", "signing": \#(signing), "secret": "\#(secret)"}"#
                let answer = try await client.send(.post, "/api/v1/webhooks", body)
                let problem = try JSONValue.parse(answer.content)
                #expect(answer.status == .badRequest && problem["pointer"]?.string == "/secret", "\(signing)")
            }
            let body = #"{"url": "http://127.0.0.1:9/", "signing": ["x-signature"], "token": "the-token"}"#
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/webhooks", body).content)
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))/rotate-secret"
            let answer = try await client.send(.post, path, "{}")
            #expect(answer.status == .conflict)
            #expect(try JSONValue.parse(answer.content)["detail"]?.string?.contains("no signing secret to rotate") == true)
            #expect(try await client.send(.post, path, #"{"secret": "\#(key)"}"#).status == .badRequest)
        }
    }

    @Test("an error about a member names it and says what to do", arguments: [
        (#"{"headers": {"Transfer-Encoding": "x"}}"#, #""headers/Transfer-Encoding": is a field that the hub sets itself"#),
        (#"{"headers": {"authorization": "x"}}"#, #"use the setting "authorization""#),
        (#"{"headers": {"X-A": "1", "x-a": "2"}}"#, #""headers/x-a": is there twice"#), (#"{"signing": ["v1", "v1"]}"#, #""signing": must name each scheme once"#),
        (#"{"headers": {"a b": "x"}}"#, "is no name of a header field: "), (#"{"url": "http://me:pass-word@a.example/"}"#, "it has a user name"),
    ])
    func texts(members: String, text: String) async throws {
        try await Self.withHub { client in
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/"}"#).content)
            let answer = try await client.send(.patch, "/api/v1/webhooks/\(try #require(made["id"]?.string))", members)
            let detail = try #require(JSONValue.parse(answer.content)["detail"]?.string)
            #expect(answer.status == .badRequest && detail.contains(text) && !detail.contains("pass-word"), "\(detail)")
        }
    }

    @Test("a replay of nothing says which end is wrong")
    func replays() async throws {
        try await Self.withHub { client in
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/webhooks", #"{"url": "http://127.0.0.1:9/"}"#).content)
            let path = "/api/v1/webhooks/\(try #require(made["id"]?.string))"
            for (body, pointer, text) in [
                (#"{"fromSequence": 1, "through": 0}"#, "/through", "before the first record to replay, which is 1"),
                (#"{"fromSequence": 900}"#, "/fromSequence", "after the end of the log"), (#"{"fromTime": "2199-01-01"}"#, "/fromTime", "after the end of the log"),
            ] {
                let answer = try await client.send(.post, path + "/replay", body)
                let problem = try JSONValue.parse(answer.content)
                #expect(answer.status == .badRequest && problem["pointer"]?.string == pointer, "\(problem)")
                #expect(problem["detail"]?.string?.contains(text) == true, "\(problem)")
            }
            for action in ["replay", "resend-failed"] { #expect(try await client.send(.delete, "\(path)/\(action)").status == .notFound) }
        }
    }
}
