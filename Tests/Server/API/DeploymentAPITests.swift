import HTTP
import JSON
import Testing

@testable import Server

@Suite("Triggers, deployments and environments over HTTP")
struct DeploymentAPITests {
    private static let trigger = #"{"name":"dev","environment":"dev","target":{"type":"http","url":"https://deploy.example.com/"}}"#

    @Test("a trigger is added, shown, changed, paused and removed, each with its record")
    func lifecycle() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let made = try await client.send(.post, "/api/v1/triggers", Self.trigger)
            #expect(made.status == .created && made.headers[.location] == "/api/v1/triggers/dev")
            #expect(try await client.send(.post, "/api/v1/triggers", Self.trigger).status == .conflict)
            let changed = #"{"environment":"dev","timeout":"5m","target":{"type":"http","url":"https://deploy.example.com/"}}"#
            #expect(try await client.send(.put, "/api/v1/triggers/dev", changed).status == .ok)
            #expect(try await client.send(.put, "/api/v1/triggers/dev", changed).status == .ok, "no change, no record")
            #expect(try await client.send(.put, "/api/v1/triggers/other", changed).status == .notFound)
            let paused = try JSONValue.parse(try await client.send(.post, "/api/v1/triggers/dev/pause").content)
            #expect(paused["paused"]?.bool == true && paused["source"]?.string == "api" && paused["timeout"]?.string == "5m")
            #expect(try await client.send(.post, "/api/v1/triggers/dev/resume").status == .ok)
            let environments = try JSONValue.parse(try await client.send(.get, "/api/v1/environments").content)
            #expect(environments["environments"]?.array?.first?["triggers"]?.array == [.string("dev")])
            #expect(try await client.send(.delete, "/api/v1/triggers/dev").status == .noContent)
            #expect(try await client.send(.get, "/api/v1/triggers/dev").status == .notFound)
            let events = try JSONValue.parse(try await client.send(.get, "/api/v1/events?order=asc").content)
            let types = events["events"]?.array?.compactMap { $0["type"]?.string?.replacing("io.signalbox.trigger.", with: "") }
            #expect(types == ["created", "updated", "paused", "resumed", "deleted"])
        }
    }

    @Test("a problem names the member at fault by JSON pointer")
    func problems() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let cases: [(String, String)] = [
                (#"{"name":"a","environment":"b"}"#, "/target"), (#"{"nmae":"a"}"#, "/nmae"),
                (#"{"name":"a","environment":"b","target":{"type":"hook","name":"x"},"gates":{"signature":{}}}"#, "/gates/signature"),
                (#"{"name":"a","environment":"b","target":{"type":"hook","name":"../x"}}"#, "/target/name"),
                (#"{"name":"a","environment":"b","target":{"type":"hook","name":"none"}}"#, "/target/name"),
                (#"{"name":"a","environment":"b","target":{"type":"http","url":"https://a.example/{{data.nothing}}"}}"#, "/target/url"),
            ]
            for (body, pointer) in cases {
                for path in ["/api/v1/triggers", "/api/v1/triggers?dryRun=true"] {
                    let answer = try await client.send(.post, path, body)
                    #expect(answer.status == .badRequest, "\(body)")
                    #expect(answer.headers[.contentType] == "application/problem+json")
                    #expect(try JSONValue.parse(answer.content)["pointer"]?.string == pointer, "\(body)")
                }
            }
            for query in ["state=odd", "limit=0", "digest=x", "before=x", "colour=red"] {
                #expect(try await client.send(.get, "/api/v1/deployments?" + query).status == .badRequest, "\(query)")
            }
            for path in ["deployments/dep_1_0/approve", "deployments/dep_1_0/retry", "environments/none/rollback", "triggers/none/pause"] {
                let answer = try await client.send(.post, "/api/v1/" + path)
                #expect(answer.status == .notFound, "\(path)")
                let detail = try JSONValue.parse(answer.content)["detail"]?.string ?? ""
                #expect(detail.contains("signalbox \(path.hasPrefix("triggers") ? "trigger list" : path.hasPrefix("env") ? "environments" : "deployments list")"), "\(detail)")
            }
            let other = try await client.send(.put, "/api/v1/deployments/dep_1_0/approve")
            #expect(other.status == .methodNotAllowed && other.headers[.allow] == "POST")
            #expect(try await client.send(.get, "/api/v1/deployments/dep_1_0/log").status == .notFound)
        }
    }

    @Test("a dry run tells every step and changes nothing")
    func dryRun() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let text = #"""
                {"name":"dev","environment":"dev","policy":{"semver":"^1"},"gates":{"approvals":{"count":2}},
                "pattern":{"data":{"repository":["team/app"]}},"target":{"type":"http","url":"https://deploy.example.com/"}}
                """#
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/triggers", text).content)
            #expect(made["problems"]?.array?.isEmpty == false, "nobody can give two approvals without accounts")
            func steps(_ image: String) async throws -> [String: String] {
                let answer = try await client.send(.post, "/api/v1/triggers/dev/dryRun", #"{"image":"\#(image)"}"#)
                #expect(answer.status == .ok)
                let steps = try JSONValue.parse(answer.content)["steps"]?.array ?? []
                return Dictionary(uniqueKeysWithValues: steps.map { ($0["step"]?.string ?? "", $0["outcome"]?.string ?? "") })
            }
            let digest = "sha256:" + String(repeating: "a", count: 64)
            #expect(try await steps("team/app:1.0.0@\(digest)") == [
                "trigger": "pass", "pattern": "pass", "policy": "pass", "order": "pass", "approval": "wait", "concurrency": "pass",
            ])
            #expect(try await steps("team/web:2.0.0@\(digest)")["pattern"] == "stop")
            #expect(try await steps("team/web:2.0.0@\(digest)")["policy"] == "stop")
            let absent = try await client.send(.post, "/api/v1/triggers/dev/dryRun", #"{"image":"team/app:1.0.0"}"#)
            let problem = try JSONValue.parse(absent.content)
            #expect(absent.status == .notFound && problem["pointer"]?.string == "/image")
            #expect(problem["detail"]?.string?.hasPrefix("there is no tag 1.0.0 in team/app: push it first") == true)
            for body in ["{}", #"{"image":"team/app"}"#, #"{"event":"1"}"#, #"{"event":"x"}"#, #"{"last":0}"#,
                #"{"image":"team/app:1.0.0@\#(digest)","event":"1"}"#, #"{"image":"team/app:1.0.0@\#(digest)","last":1}"#,
            ] {
                #expect(try await client.send(.post, "/api/v1/triggers/dev/dryRun", body).status == .badRequest, "\(body)")
            }
            let tested = try await client.send(.post, "/api/v1/triggers?dryRun=true&last=5", text)
            #expect(try JSONValue.parse(tested.content)["results"]?.array == [])
            #expect(try JSONValue.parse(tested.content)["problems"] == made["problems"], "a new one is told what it would be told once it is made")
            let events = try JSONValue.parse(try await client.send(.get, "/api/v1/events").content)
            #expect(events["events"]?.array?.count == 1, "the trigger's own record")
        }
    }
}
