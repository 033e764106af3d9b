import JSON
import Testing

@testable import Deployment

/// Nomad's HTTP API: "Read Job", "Create Job Plan", "Create Job" (EnforceIndex, JobModifyIndex), "Read Evaluation", "Read Deployment".
@Suite("the nomad target", .timeLimit(.minutes(5)))
struct NomadTargetTests {
    private let bench: TargetBench
    private static let image = DeploymentRequest.sample().image

    init() throws { bench = try TargetBench(secrets: ["nomad": "5ec3e7-nomad"]) }

    private func spec(_ api: FakeAPI, _ more: String = "") -> String {
        #"{"type": "nomad", "url": "\#(api.url)", "job": "shop", "task": "app", "token": {"secret": "nomad"}\#(more)}"#
    }

    private static func job(_ image: String, index: Int = 41) -> String {
        """
        {"ID": "shop", "Type": "service", "JobModifyIndex": \(index), "TaskGroups": [
         {"Name": "web", "Count": 2, "Tasks": [{"Name": "app", "Driver": "docker", "Config": {"image": "\(image)", "ports": ["http"]}},
          {"Name": "log", "Driver": "docker", "Config": {"image": "fluent:1"}}]},
         {"Name": "cron", "Tasks": [{"Name": "tick", "Driver": "exec", "Config": {"command": "/bin/tick"}}]}]}
        """
    }

    private static func script(_ deployments: [String], evaluation: String = #"{"Status": "complete", "DeploymentID": "d-1"}"#) -> @Sendable (FakeCall, Int) -> FakeAnswer {
        { call, before in
            switch call.line {
            case "GET /v1/job/shop": .json(job("old:1"))
            case "POST /v1/job/shop/plan": .json(#"{"FailedTGAllocs": null, "JobModifyIndex": 41}"#)
            case "POST /v1/jobs": .json(#"{"EvalID": "e-1", "JobModifyIndex": 42}"#)
            case "GET /v1/evaluation/e-1": .json(before == 0 ? #"{"Status": "pending"}"# : evaluation)
            case "GET /v1/deployment/d-1": .json(deployments[min(before, deployments.count - 1)])
            default: .status(404)
            }
        }
    }

    @Test func aJobIsPlannedRunAndItsDeploymentWatched() async throws {
        let api = try await FakeAPI.start(Self.script([
            #"{"Status": "running", "StatusDescription": "Deployment is running"}"#, #"{"Status": "successful"}"#,
        ]))
        let result = try await bench.deploy(spec(api))
        #expect(result == .succeeded(summary: "deployment d-1 of job shop is successful"))
        let job = try targetJSON(Self.job(Self.image))
        #expect(api.bodies("POST /v1/job/shop/plan") == [.members(["Job": job, "Diff": .bool(false)])])
        #expect(api.bodies("POST /v1/jobs") == [.members(["Job": job, "EnforceIndex": .bool(true), "JobModifyIndex": .int(41)])])
        #expect(api.calls.allSatisfy { $0.headers["x-nomad-token"] == "5ec3e7-nomad" })
    }

    /// "Read Deployment" shows of each group DesiredCanaries, Promoted and AutoPromote.
    @Test("A deployment that waits for somebody says so, and what to do", arguments: [
        (#""Status": "running", "TaskGroups": {"web": {"DesiredCanaries": 1, "Promoted": false, "AutoPromote": false}}"#, "running: group web has canaries without auto_promote, and goes on when somebody promotes them: nomad deployment promote d-1"),
        (#""Status": "running", "TaskGroups": {"web": {"DesiredCanaries": 1, "Promoted": false, "AutoPromote": true}}"#, "running: pending automatic promotion"),
        (#""Status": "running", "TaskGroups": {"web": {"DesiredCanaries": 0}}"#, "running: pending automatic promotion"),
        (#""Status": "paused""#, "paused: it goes on when somebody resumes it: nomad deployment resume d-1"),
    ])
    func waits(state: String, words: String) async throws {
        let api = try await FakeAPI.start(Self.script([
            #"{\#(state), "StatusDescription": "pending automatic promotion"}"#, #"{"Status": "successful"}"#,
        ]))
        #expect(try await bench.deploy(spec(api)).summary != nil)
        #expect(bench.text.contains("deployment d-1: \(words)\n"), "\(bench.text)")
    }

    @Test func aJobThatSomebodyElseChangesMeanwhileIsReadAnew() async throws {
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "GET /v1/job/shop?namespace=prod": .json(Self.job("old:1", index: 41 + before))
            case "POST /v1/job/shop/plan?namespace=prod": .json("{}")
            case "POST /v1/jobs?namespace=prod":
                before == 0 ? FakeAnswer(status: 500, body: "Enforcing job modify index 41: job exists with conflicting job modify index: 42", headers: [])
                    : .json(#"{"EvalID": ""}"#)
            default: .status(404)
            }
        }
        #expect(try await bench.deploy(spec(api, #", "namespace": "prod""#)).summary == "job shop has \(Self.image)")
        #expect(api.bodies("POST /v1/jobs?namespace=prod").compactMap { $0["JobModifyIndex"]?.int } == [41, 42])
    }

    @Test("A deployment that does not succeed is a failed one", arguments: ["failed", "cancelled"])
    func unsuccessful(status: String) async throws {
        let api = try await FakeAPI.start(Self.script([#"{"Status": "\#(status)", "StatusDescription": "Failed due to progress deadline"}"#]))
        #expect(try await bench.deploy(spec(api)) == .failed(
            reason: "deployment d-1 of job shop is \(status): Failed due to progress deadline", isRetryable: true))
    }

    /// "Read Job's Most Recent Deployment". The same job registered once more is no new version, and has no new deployment.
    @Test("Another attempt at an image begins anew where its deployment failed", arguments: [("failed", true), ("successful", false), (nil, false)])
    func again(status: String?, isMarked: Bool) async throws {
        let script = Self.script([#"{"Status": "successful"}"#])
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "GET /v1/job/shop": .json(Self.job(Self.image))
            case "GET /v1/job/shop/deployment": .json(status.map { #"{"ID": "d-0", "Status": "\#($0)"}"# } ?? "null")
            default: script(call, before)
            }
        }
        #expect(try await bench.deploy(spec(api)).summary != nil)
        let task = try #require(api.bodies("POST /v1/jobs").first?.value(at: "/Job/TaskGroups/0/Tasks/0"))
        #expect(task.value(at: "/Meta/signalbox")?.string == (isMarked ? "dep_42_0badcafe/1" : nil))
        #expect(task.value(at: "/Config/image")?.string == Self.image)
    }

    @Test func aJobThatCannotBePlacedIsLeftAsItIs() async throws {
        let api = try await FakeAPI.start { call, _ in
            call.target.hasSuffix("plan") ? .json(#"{"FailedTGAllocs": {"web": {"NodesExhausted": 1}}}"#) : .json(Self.job("old:1"))
        }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.contains("cannot be placed now (group web)") == true)
        #expect(!api.lines.contains("POST /v1/jobs"))
    }

    @Test func anEvaluationWithoutADeploymentIsAllThereIsToWatch() async throws {
        let api = try await FakeAPI.start(Self.script([], evaluation: #"{"Status": "complete"}"#))
        #expect(try await bench.deploy(spec(api)).summary?.contains("no deployment to watch") == true)
    }

    /// A batch or system job has no deployment that would tell of it.
    @Test func whatFindsNoRoomIsWaitedFor() async throws {
        let script = Self.script([], evaluation: #"{"Status": "complete", "BlockedEval": "e-2", "FailedTGAllocs": {"web": {"NodesExhausted": 1}}}"#)
        let api = try await FakeAPI.start { call, before in
            call.line == "GET /v1/evaluation/e-2" ? .json(#"{"Status": "\#(before < 2 ? "blocked" : "complete")"}"#) : script(call, before)
        }
        #expect(try await bench.deploy(spec(api)).summary?.contains("no deployment to watch") == true)
        #expect(api.lines.count { $0 == "GET /v1/evaluation/e-2" } == 3)
        #expect(bench.text.contains("evaluation e-1: blocked: there is no room for group web\n"))
        let full = try await FakeAPI.start { call, before in
            call.line == "GET /v1/evaluation/e-2" ? .json(#"{"Status": "blocked"}"#) : script(call, before)
        }
        let result = try await bench.deploy(spec(full), timeout: 1500)
        #expect(result.isRetryable == true, "\(result)")
    }

    @Test func aJobThatIsStoppedIsLeftAsItIs() async throws {
        let api = try await FakeAPI.start { _, _ in .json(Self.job("old:1").replacing(#""ID": "shop","#, with: #""ID": "shop", "Stop": true,"#)) }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.hasPrefix("job shop is stopped") == true && result.isRetryable == false, "\(result)")
        #expect(api.lines == ["GET /v1/job/shop"])
    }

    @Test("A task that is not there is not made", arguments: [
        (#"{"type": "nomad", "url": "URL", "job": "shop", "task": "ap"}"#, "the job has no task ap"),
        (#"{"type": "nomad", "url": "URL", "job": "shop", "group": "cron", "task": "app"}"#, "has no task app in group cron"),
        (#"{"type": "nomad", "url": "URL", "job": "shop", "task": "tick"}"#, "task tick has no image"),
    ])
    func tasks(spec: String, reason: String) async throws {
        let api = try await FakeAPI.start { _, _ in .json(Self.job("old:1")) }
        let result = try await bench.deploy(spec.replacing("URL", with: api.url))
        #expect(result.reason?.contains(reason) == true, "\(result)")
        #expect(api.calls.count == 1)
    }

    @Test("Failures are told as Nomad tells them", arguments: [(403, "Permission denied", false), (404, "job not found", false), (500, "No cluster leader", true)])
    func failures(status: Int, words: String, isRetryable: Bool) async throws {
        let api = try await FakeAPI.start { _, _ in FakeAnswer(status: status, body: words, headers: [("Content-Type", "text/plain")]) }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.hasSuffix(": \(words)") == true, "\(result)")
        #expect(result.isRetryable == isRetryable)
    }
}
