import Testing

@testable import Deployment

/// GitLab documentation, "Pipeline trigger tokens API", section "Trigger a pipeline with a token", and "Pipelines API", section
/// "Get a single pipeline".
@Suite("the gitlab target", .timeLimit(.minutes(5)))
struct GitLabTargetTests {
    private let bench: TargetBench
    private static let start = "POST /api/v4/projects/acme%2Fshop/trigger/pipeline"
    private static let look = "GET /api/v4/projects/acme%2Fshop/pipelines/257"

    init() throws { bench = try TargetBench(secrets: ["trigger": "glptt-0123456789", "api": "glpat-9876543210"]) }

    private func spec(_ api: FakeAPI, _ more: String = "") -> String {
        #"{"type": "gitlab", "url": "\#(api.url)", "project": "acme/shop", "ref": "main", "token": {"secret": "trigger"}\#(more)}"#
    }

    @Test func aPipelineIsStartedWithVariables() async throws {
        let api = try await FakeAPI.start { _, _ in .json(#"{"id": 257, "status": "created", "web_url": "https://gitlab.example/acme/shop/-/pipelines/257"}"#, status: 201) }
        let result = try await bench.deploy(spec(api, #", "variables": {"IMAGE": "{{image}}", "NOTE": "{{data.actor.name}}"}"#))
        #expect(result == .succeeded(summary: "GitLab started pipeline 257 of acme/shop"))
        let call = try #require(api.calls.first)
        #expect(call.line == Self.start)
        #expect(call.headers["content-type"] == "application/x-www-form-urlencoded")
        let digest = DeploymentRequest.digest.replacing(":", with: "%3A")
        #expect(call.body == "token=glptt-0123456789&ref=main"
            + "&variables%5BIMAGE%5D=registry.example.com%3A5000%2Fproduction%2Fshop%3A1.4.2%40\(digest)"
            + "&variables%5BNOTE%5D=say%20%22hi%22%20%26%20bye")
        #expect(!bench.text.contains("glptt"))
    }

    @Test func withATokenToReadThePipelineIsAwaited() async throws {
        let api = try await FakeAPI.start { call, before in
            call.line == Self.start ? .json(#"{"id": 257, "status": "created"}"#, status: 201)
                : .json(#"{"id": 257, "status": "\#(["pending", "running", "success"][min(before, 2)])"}"#)
        }
        let result = try await bench.deploy(spec(api, #", "readToken": {"secret": "api"}"#))
        #expect(result == .succeeded(summary: "pipeline 257 of acme/shop succeeded"))
        #expect(api.lines == [Self.start, Self.look, Self.look, Self.look])
        #expect(api.calls.last?.headers["private-token"] == "glpat-9876543210")
    }

    @Test("A pipeline that does not succeed is a failed deployment", arguments: ["failed", "canceled", "skipped"])
    func unsuccessful(status: String) async throws {
        let api = try await FakeAPI.start { call, _ in .json(#"{"id": 257, "status": "\#(status)"}"#, status: call.line == Self.start ? 201 : 200) }
        let result = try await bench.deploy(spec(api, #", "readToken": {"secret": "api"}"#))
        #expect(result == .failed(reason: "pipeline 257 of acme/shop ended as \(status)", isRetryable: true))
    }

    /// "Cancel a pipeline's jobs" (Pipelines API), for which a token needs the scope `api`.
    @Test("A pipeline is cancelled with its deployment, if the token may", arguments: [(200, "pipeline 257 was told to stop"), (403, "pipeline 257 goes on: GitLab answered 403")])
    func cancelled(status: Int, words: String) async throws {
        let cancel = Self.look.replacing("GET", with: "POST") + "/cancel"
        let api = try await FakeAPI.start { call, _ in
            switch call.line {
            case Self.start: .json(#"{"id": 257, "status": "created"}"#, status: 201)
            case cancel: .json(#"{"error": "insufficient_scope"}"#, status: status)
            default: .json(#"{"id": 257, "status": "running"}"#)
            }
        }
        let run = Task { try await bench.deploy(spec(api, #", "readToken": {"secret": "api"}"#)) }
        while !api.lines.contains(Self.look) { await Task.yield() }
        run.cancel()
        let result = try await run.value
        #expect(result.reason?.hasPrefix("the deployment was cancelled; \(words)") == true, "\(result)")
        #expect(api.lines.last == cancel && api.calls.last?.headers["private-token"] == "glpat-9876543210")
    }

    @Test func aPipelineThatWaitsForSomebodyIsToldSo() async throws {
        let api = try await FakeAPI.start { call, before in
            call.line == Self.start ? .json(#"{"id": 257, "status": "created"}"#, status: 201) : .json(#"{"id": 257, "status": "\#(before < 2 ? "manual" : "success")"}"#)
        }
        #expect(try await bench.deploy(spec(api, #", "readToken": {"secret": "api"}"#)).summary != nil)
        #expect(bench.text.contains("pipeline 257: manual: it goes on when somebody starts a job of it in GitLab\n"))
    }

    @Test("Failures are told as GitLab tells them", arguments: [
        (404, #"{"message": "404 Not Found"}"#, "404 Not Found", false), (400, #"{"message": {"base": ["Reference not found"]}}"#, "Reference not found", false),
        (401, #"{"error": "invalid_token", "error_description": "Token was revoked."}"#, "invalid_token", false),
        (429, #"{"message": {"error": "Too many requests"}}"#, "Too many requests", true),
    ])
    func failures(status: Int, body: String, words: String, isRetryable: Bool) async throws {
        let api = try await FakeAPI.start { _, _ in .json(body, status: status) }
        let result = try await bench.deploy(spec(api))
        #expect(result.isRetryable == isRetryable)
        #expect(result.reason?.contains(words) == true, "\(result)")
    }
}
