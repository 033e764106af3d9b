import JSON
import Testing

@testable import Deployment

/// GitHub REST API, version 2022-11-28: "Create a repository dispatch event" (repos/repos), "Create a workflow dispatch event"
/// (actions/workflows, with `return_run_details`), "Get a workflow run" (actions/workflow-runs), "Rate limits for the REST API".
@Suite("the github target", .timeLimit(.minutes(5)))
struct GitHubTargetTests {
    private let bench: TargetBench

    init() throws { bench = try TargetBench(secrets: ["gh": "ghp_0123456789"]) }

    @Test func anEventIsDispatchedWithTheFactsOfTheDeployment() async throws {
        let api = try await FakeAPI.start { _, _ in .status(204) }
        let result = try await bench.deploy(
            #"{"type": "github", "url": "\#(api.url)", "repository": "acme/shop", "event": "deploy-{{environment}}", "token": {"secret": "gh"}}"#)
        #expect(result == .succeeded(summary: "GitHub took the event for acme/shop"))
        let call = try #require(api.calls.first)
        #expect(call.line == "POST /repos/acme/shop/dispatches")
        #expect(call.headers["authorization"] == "Bearer ghp_0123456789")
        #expect(call.headers["accept"] == "application/vnd.github+json")
        #expect(call.headers["x-github-api-version"] == "2022-11-28")
        #expect(call.headers["user-agent"] == "Signalbox/test")
        #expect(call.json == (try targetJSON("""
            {"event_type": "deploy-production", "client_payload": {"image": "\(DeploymentRequest.sample().image)",
             "repository": "production/shop", "tag": "1.4.2", "digest": "\(DeploymentRequest.digest)",
             "environment": "production", "deployment": "dep_42_0badcafe"}}
            """)))
    }

    @Test func aWorkflowIsDispatchedAndItsRunAwaited() async throws {
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "POST /repos/acme/shop/actions/workflows/deploy.yml/dispatches":
                .json(#"{"workflow_run_id": 30433642, "run_url": "https://api.github.com/repos/acme/shop/actions/runs/30433642", "html_url": "https://github.com/acme/shop/actions/runs/30433642"}"#)
            case "GET /repos/acme/shop/actions/runs/30433642":
                before == 0 ? .status(404) : .json(before < 3 ? #"{"status": "in_progress", "conclusion": null}"# : #"{"status": "completed", "conclusion": "success"}"#)
            default: .status(404)
            }
        }
        let result = try await bench.deploy("""
            {"type": "github", "url": "\(api.url)", "repository": "acme/shop", "workflow": "deploy.yml", "ref": "main",
             "inputs": {"image": "{{image}}"}, "token": {"secret": "gh"}, "wait": true}
            """)
        #expect(result == .succeeded(summary: "run 30433642 succeeded"))
        #expect(api.calls.first?.json == (try targetJSON(
            #"{"ref": "main", "inputs": {"image": "\#(DeploymentRequest.sample().image)"}, "return_run_details": true}"#)))
    }

    @Test func aWorkflowThatFailsIsAFailedDeployment() async throws {
        let api = try await FakeAPI.start { call, _ in
            call.method == "POST" ? .json(#"{"workflow_run_id": 5}"#)
                : .json(#"{"status": "completed", "conclusion": "failure", "html_url": "https://github.com/acme/shop/actions/runs/5"}"#)
        }
        let result = try await bench.deploy(
            #"{"type": "github", "url": "\#(api.url)", "repository": "acme/shop", "workflow": "1", "ref": "main", "token": {"secret": "gh"}, "wait": true}"#)
        #expect(result == .failed(reason: "run 5 ended with failure: https://github.com/acme/shop/actions/runs/5", isRetryable: true))
    }

    @Test func aRunThatStaysUnknownIsAFailure() async throws {
        let api = try await FakeAPI.start { call, _ in
            call.method == "POST" ? .json(#"{"workflow_run_id": 5}"#) : .json(#"{"message": "Not Found"}"#, status: 404)
        }
        let result = try await bench.deploy(
            #"{"type": "github", "url": "\#(api.url)", "repository": "acme/shop", "workflow": "1", "ref": "main", "token": {"secret": "gh"}, "wait": true}"#)
        #expect(result.isRetryable == false)
        #expect(api.calls.count == 7)
    }

    private func waiting(_ api: FakeAPI) -> String {
        #"{"type": "github", "url": "\#(api.url)", "repository": "acme/shop", "workflow": "1", "ref": "main", "token": {"secret": "gh"}, "wait": true}"#
    }

    /// "Cancel a workflow run" (actions/workflow-runs).
    private static func script(cancel: FakeAnswer) -> @Sendable (FakeCall, Int) -> FakeAnswer {
        { call, _ in
            if call.method == "GET" { return .json(#"{"status": "in_progress", "conclusion": null}"#) }
            return call.line == "POST /repos/acme/shop/actions/runs/5/cancel" ? cancel : .json(#"{"workflow_run_id": 5}"#)
        }
    }

    @Test func aRunIsCancelledWithItsDeployment() async throws {
        let api = try await FakeAPI.start(Self.script(cancel: .status(202, "{}")))
        let run = Task { try await bench.deploy(waiting(api)) }
        while !api.lines.contains("GET /repos/acme/shop/actions/runs/5") { await Task.yield() }
        run.cancel()
        #expect(try await run.value == .failed(reason: "the deployment was cancelled; run 5 was told to stop", isRetryable: false))
        #expect(api.lines.last == "POST /repos/acme/shop/actions/runs/5/cancel")
        #expect(bench.text.contains("run 5 was told to stop\n"))
    }

    @Test func aRunThatCannotBeCancelledIsSaidToGoOn() async throws {
        let api = try await FakeAPI.start(Self.script(cancel: .json(#"{"message": "Resource not accessible by personal access token"}"#, status: 403)))
        let run = Task { try await bench.deploy(waiting(api)) }
        while !api.lines.contains("GET /repos/acme/shop/actions/runs/5") { await Task.yield() }
        run.cancel()
        let result = try await run.value
        #expect(result.reason?.contains("; run 5 goes on: GitHub answered 403 Forbidden") == true, "\(result)")
    }

    @Test func aRunThatWaitsForAReviewIsToldSo() async throws {
        let api = try await FakeAPI.start { call, before in
            if call.method == "POST" { return .json(#"{"workflow_run_id": 5}"#) }
            return .json(before == 0 ? #"{"status": "waiting"}"# : #"{"status": "completed", "conclusion": "success"}"#)
        }
        #expect(try await bench.deploy(waiting(api)).summary == "run 5 succeeded")
        #expect(bench.text.contains("run 5: waiting: it goes on when somebody approves it on GitHub"))
    }

    @Test func aServerThatDoesNotNameTheRunIsNotWaitedFor() async throws {
        let api = try await FakeAPI.start { _, _ in .status(204) }
        let result = try await bench.deploy(
            #"{"type": "github", "url": "\#(api.url)", "repository": "acme/shop", "workflow": "1", "ref": "main", "token": {"secret": "gh"}, "wait": true}"#)
        #expect(result.isRetryable == false)
        #expect(result.reason?.contains("set \"wait\" to false") == true)
    }

    @Test("Failures are told as GitHub tells them", arguments: [
        (401, #"{"message": "Bad credentials"}"#, [], false, nil), (404, #"{"message": "Not Found"}"#, [], false, nil),
        (422, #"{"message": "Workflow does not have 'workflow_dispatch' trigger"}"#, [], false, nil),
        (403, #"{"message": "Resource not accessible by personal access token"}"#, [("x-ratelimit-remaining", "4990")], false, nil),
        (403, #"{"message": "You have exceeded a secondary rate limit"}"#, [("Retry-After", "60")], true, 60_000),
        (429, #"{"message": "API rate limit exceeded"}"#, [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], true, 0),
    ] as [(Int, String, [(String, String)], Bool, Int64?)])
    func failures(status: Int, body: String, headers: [(String, String)], isRetryable: Bool, after: Int64?) async throws {
        let api = try await FakeAPI.start { _, _ in .json(body, status: status, headers: headers) }
        let result = try await bench.deploy(
            #"{"type": "github", "url": "\#(api.url)", "repository": "acme/shop", "event": "x", "token": {"secret": "gh"}}"#)
        #expect(result.isRetryable == isRetryable)
        #expect(result.retryAfter == after)
        let message = try #require(try targetJSON(body)["message"]?.string)
        #expect(result.reason?.contains(message) == true, "\(result)")
    }

    @Test("Settings that cannot work are refused with their place", arguments: [
        (#"{"type": "github", "repository": "acme", "event": "x", "token": {"secret": "gh"}}"#, "/target/repository"),
        (#"{"type": "github", "repository": "acme/..", "event": "x", "token": {"secret": "gh"}}"#, "/target/repository"),
        (#"{"type": "github", "repository": "a/b", "event": "x", "token": "ghp_x"}"#, "/target/token"),
        (#"{"type": "github", "repository": "a/b", "event": "x"}"#, "/target/token"),
        (#"{"type": "github", "repository": "a/b", "token": {"secret": "gh"}}"#, "/target"),
        (#"{"type": "github", "repository": "a/b", "event": "x", "workflow": "y", "ref": "z", "token": {"secret": "gh"}}"#, "/target"),
        (#"{"type": "github", "repository": "a/b", "workflow": "y", "token": {"secret": "gh"}}"#, "/target/ref"),
        (#"{"type": "github", "repository": "a/b", "event": "x", "wait": true, "token": {"secret": "gh"}}"#, "/target/wait"),
    ])
    func badSettings(spec: String, pointer: String) throws {
        #expect(try #require(try targetRefusal(spec)).pointer == pointer)
    }
}
