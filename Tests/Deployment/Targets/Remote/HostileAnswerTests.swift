import HTTP
import IO
import JSON
import Synchronization
import TestSupport
import Testing

@testable import Deployment

/// APIs that answer anything at all: a run ends, with a result.
@Suite("answers of APIs", .timeLimit(.minutes(5)))
struct HostileAnswerTests {
    private static let specs: [(kind: String, settings: String)] = [
        ("http", #""url": "URL/", "poll": {"urlPath": "/url", "path": "/status", "success": ["success"], "failure": ["failed"]}"#),
        ("github", #""url": "URL", "repository": "a/b", "workflow": "w", "ref": "r", "token": {"secret": "s"}, "wait": true"#),
        ("gitlab", #""url": "URL", "project": "p", "ref": "r", "token": {"secret": "s"}, "readToken": {"secret": "s"}"#),
        ("jenkins", #""url": "URL", "job": "j", "user": "u", "token": {"secret": "s"}"#),
        ("kubernetes", #""server": "URL", "namespace": "n", "kind": "deployment", "name": "w", "token": {"secret": "s"}"#),
        ("kubernetes", #""server": "URL", "namespace": "n", "kind": "statefulset", "name": "w", "token": {"secret": "s"}"#),
        ("kubernetes", #""server": "URL", "namespace": "n", "kind": "daemonset", "name": "w", "token": {"secret": "s"}"#),
        ("argocd", #""url": "URL", "application": "a", "kustomizeImage": "shop", "token": {"secret": "s"}"#),
        ("argocd", #""url": "URL", "application": "a", "helmParameter": "image", "token": {"secret": "s"}"#),
        ("ecs", #""url": "URL", "region": "r", "service": "s", "accessKey": {"secret": "s"}, "secretKey": {"secret": "s"}"#),
        ("nomad", #""url": "URL", "job": "j", "task": "t""#),
    ]

    /// Random JSON out of the words that these APIs use, so that it gets past the first look.
    private struct Noise {
        var random: SeededGenerator
        static let keys = [
            "id", "status", "state", "url", "conclusion", "workflow_run_id", "crumb", "crumbRequestField", "executable", "number", "building", "result",
            "metadata", "generation", "spec", "template", "containers", "name", "image", "replicas", "observedGeneration", "updatedReplicas", "conditions",
            "type", "reason", "message", "operation", "operationState", "phase", "health", "sync", "source", "kustomize", "images", "helm", "parameters",
            "services", "taskDefinition", "containerDefinitions", "deployments", "runningCount", "desiredCount", "tags", "failures", "TaskGroups", "Tasks",
            "Name", "Config", "EvalID", "Status", "DeploymentID", "JobModifyIndex", "FailedTGAllocs", "info", "value", "error", "__type",
        ]
        static let words = ["success", "failed", "completed", "running", "SUCCESS", "complete", "successful", "Succeeded", "Healthy", "Synced", "app", "t", "",
                            "Progressing", "ProgressDeadlineExceeded", "ACTIVE", "PRIMARY", "shop=x", "\u{0}\u{1F600}\r\n", "signalbox", "dep_42_0badcafe/1"]
        static let numbers = ["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e999", "0.5", "2147483648"]

        mutating func value(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &random) {
            case 0: "null"
            case 1: Bool.random(using: &random) ? "true" : "false"
            case 2, 3: Self.numbers.randomElement(using: &random) ?? "0"
            case 4, 5: String(decoding: JSONValue.string(Self.words.randomElement(using: &random) ?? "").encoded, as: UTF8.self)
            case 6: "[" + (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1) }.joined(separator: ",") + "]"
            default: object(depth)
            }
        }

        mutating func object(_ depth: Int) -> String {
            let keys = Self.keys.shuffled(using: &random).prefix(Int.random(in: 0...25, using: &random))
            return "{" + keys.map { "\"\($0)\":\(value(depth - 1))" }.joined(separator: ",") + "}"
        }

        mutating func answer() -> FakeAnswer {
            let statuses = [200, 200, 200, 200, 200, 201, 204, 400, 404, 409, 429, 500, 307]
            let body = Int.random(in: 0..<10, using: &random) == 0 ? "not JSON \u{FFFD}" : object(6)
            let location = ["/queue/item/7/", "http://[::1/", "//x/queue/item/99999999999999999999/", "/\u{1F600}", ""].randomElement(using: &random) ?? ""
            let retry = ["0", "99999999999999999999", "-5", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"].randomElement(using: &random) ?? ""
            return .json(body, status: statuses.randomElement(using: &random) ?? 200, headers: [("Location", location), ("Retry-After", "0")] + (
                Int.random(in: 0..<8, using: &random) == 0 ? [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", retry)] : []))
        }
    }

    @Test("whatever an API answers, a run ends with a result", arguments: specs)
    func noise(kind: String, settings: String) async throws {
        let bench = try TargetBench(secrets: ["s": "s3cr3t-t0ken"])
        let noise = Mutex(Noise(random: SeededGenerator(seed: UInt64(settings.utf8.count))))
        let api = try await FakeAPI.start { _, _ in noise.withLock { $0.answer() } }
        for _ in 0..<25 {
            let result = try await bench.deploy(#"{"type": "\#(kind)", \#(settings)}"#.replacing("URL", with: api.url), timeout: 40)
            if let reason = result.reason {
                #expect(!reason.isEmpty && reason.utf8.count <= 4000, "\(reason)")
                #expect(!reason.contains("s3cr3t"))
            }
        }
        #expect(!bench.text.contains("s3cr3t"))
    }

    /// Settings that are nearly right: each is taken or refused.
    @Test("damaged settings are taken or refused") func settings() throws {
        var random = SeededGenerator(seed: 11)
        for (kind, settings) in Self.specs {
            let text = Array(#"{"type": "\#(kind)", \#(settings)}"#.replacing("URL", with: "https://api.example").utf8)
            for _ in 0..<400 {
                var damaged = text
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: 0..<damaged.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: damaged.remove(at: place)
                    case 1: damaged[place] = Array("{}[]\"\\:,/0%?#{{}} ä\u{0}".utf8).randomElement(using: &random) ?? 0
                    default: damaged.insert(contentsOf: Array("{{tag}}".utf8), at: place)
                    }
                }
                guard let json = try? JSONValue.parse(damaged) else { continue }
                do throws(DeploymentError) {
                    _ = try TargetSpec(json)
                } catch {
                    #expect(error.pointer?.hasPrefix("/target") == true, "\(error): \(String(describing: error.pointer))")
                }
            }
        }
    }

    @Test("a JSON pointer finds what RFC 6901 says", arguments: [
        ("", #"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8}"#), ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/m~0n", "8"),
        ("/foo/2", nil), ("/foo/00", nil), ("/foo/-1", nil), ("/x/y", nil),
    ] as [(String, String?)])
    func pointers(pointer: String, value: String?) throws {
        let document = try targetJSON(#"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8}"#)
        #expect(document.value(at: pointer).map { String(decoding: $0.encoded, as: UTF8.self) } == value)
    }
}
