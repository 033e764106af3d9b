import Testing

@testable import Deployment

/// Jenkins handbook, "Remote Access API" (submitting jobs: `buildWithParameters`, 201 with the queue item in `Location`) and "CSRF
/// Protection" (the crumb is bound to the session it was issued in).
@Suite("the jenkins target", .timeLimit(.minutes(5)))
struct JenkinsTargetTests {
    private let bench: TargetBench
    private static let build = "POST /jenkins/job/deploy/job/shop%20%C3%A4/buildWithParameters"

    init() throws { bench = try TargetBench(secrets: ["jenkins": "11aa22bb33cc"]) }

    private func spec(_ api: FakeAPI, _ more: String = "") -> String {
        #"{"type": "jenkins", "url": "\#(api.url)/jenkins/", "job": "deploy/shop ä", "user": "signalbox", "token": {"secret": "jenkins"}\#(more)}"#
    }

    private static func script(crumb: Bool, result: String) -> @Sendable (FakeCall, Int) -> FakeAnswer {
        { call, before in
            switch call.line {
            case "GET /jenkins/crumbIssuer/api/json":
                crumb ? .json(
                    #"{"_class": "hudson.security.csrf.DefaultCrumbIssuer", "crumb": "c0ffee", "crumbRequestField": "Jenkins-Crumb"}"#,
                    headers: [("Set-Cookie", "JSESSIONID.1=node0abc; Path=/; HttpOnly")]) : .status(404)
            // The host is what Jenkins believes its own to be.
            case build: .status(201, headers: [("Location", "https://jenkins.internal/jenkins/queue/item/42/")])
            case "GET /jenkins/queue/item/42/api/json":
                .json(before == 0 ? #"{"why": "In the quiet period. Expires in 4.9 sec"}"# : #"{"executable": {"number": 17, "url": "https://jenkins.internal/x/17/"}}"#)
            case "GET /jenkins/job/deploy/job/shop%20%C3%A4/17/api/json":
                .json(before < 2 ? #"{"building": true, "result": null}"# : #"{"building": false, "result": "\#(result)"}"#)
            default: .status(404)
            }
        }
    }

    @Test func aBuildIsQueuedAndItsResultAwaited() async throws {
        let api = try await FakeAPI.start(Self.script(crumb: true, result: "SUCCESS"))
        let result = try await bench.deploy(spec(api, #", "parameters": {"IMAGE": "{{repository}}@{{digest}}"}"#))
        #expect(result == .succeeded(summary: "build 17 succeeded"))
        let call = try #require(api.calls.first { $0.method == "POST" })
        #expect(call.line == Self.build)
        #expect(call.headers["authorization"] == "Basic c2lnbmFsYm94OjExYWEyMmJiMzNjYw==")
        #expect(call.headers["jenkins-crumb"] == "c0ffee")
        #expect(call.headers["cookie"] == "JSESSIONID.1=node0abc")
        #expect(call.body == "IMAGE=production%2Fshop%40" + DeploymentRequest.digest.replacing(":", with: "%3A"))
        #expect(bench.text.contains("In the quiet period"))
    }

    @Test func withoutCrumbsTheBuildIsQueuedAllTheSame() async throws {
        let api = try await FakeAPI.start(Self.script(crumb: false, result: "SUCCESS"))
        #expect(try await bench.deploy(spec(api)).summary == "build 17 succeeded")
        #expect(api.calls.first { $0.method == "POST" }?.headers["jenkins-crumb"] == nil)
    }

    @Test("A build that does not succeed is a failed deployment", arguments: ["FAILURE", "ABORTED", "UNSTABLE"])
    func unsuccessful(outcome: String) async throws {
        let api = try await FakeAPI.start(Self.script(crumb: true, result: outcome))
        #expect(try await bench.deploy(spec(api)) == .failed(reason: "build 17 ended as \(outcome)", isRetryable: true))
    }

    @Test func aCancelledItemOfTheQueueIsAFailedDeployment() async throws {
        let api = try await FakeAPI.start { call, _ in
            call.method == "POST" ? .status(201, headers: [("Location", "/queue/item/9/")])
                : call.target.contains("queue") ? .json(#"{"cancelled": true}"#) : .status(404)
        }
        #expect(try await bench.deploy(spec(api)) == .failed(reason: "queue item 9 was cancelled", isRetryable: true))
    }

    /// It leaves the queue for good after five minutes; `tree` and `queueId` are in the handbook and in each build's own JSON.
    @Test("An item that Jenkins has forgotten is found by the build that came of it, or has failed", arguments: [true, false])
    func forgotten(isBuilt: Bool) async throws {
        let script = Self.script(crumb: false, result: "SUCCESS")
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "GET /jenkins/queue/item/42/api/json": .status(before == 0 ? 503 : 404)
            case "GET /jenkins/job/deploy/job/shop%20%C3%A4/api/json?tree=builds%5Bnumber%2CqueueId%5D":
                .json(#"{"builds": [{"number": 18, "queueId": 43}\#(isBuilt ? #", {"number": 17, "queueId": 42}"# : "")]}"#)
            default: script(call, before)
            }
        }
        let result = try await bench.deploy(spec(api))
        if isBuilt { #expect(result.summary == "build 17 succeeded") } else {
            #expect(result == .failed(reason: "Jenkins knows neither queue item 42 any more nor a build that came of it", isRetryable: true))
        }
    }

    /// What Jenkins documents under "/queue/api" and for the stop of a build: 204, and a redirect to the build's page.
    @Test("A build is stopped with its deployment, also one that is queued yet", arguments: ["queued", "begun", "building"])
    func stopped(stage: String) async throws {
        let script = Self.script(crumb: true, result: "SUCCESS")
        let stop = "POST /jenkins/job/deploy/job/shop%20%C3%A4/17/stop"
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "POST /jenkins/queue/cancelItem?id=42": .status(stage == "queued" ? 204 : 404)
            case stop: .status(302, headers: [("Location", "/jenkins/job/deploy/")])
            case "GET /jenkins/queue/item/42/api/json" where stage == "queued": .json(#"{"why": "no executor"}"#)
            case "GET /jenkins/queue/item/42/api/json" where stage == "begun" && before == 0: .json(#"{"why": "no executor"}"#)
            case "GET /jenkins/job/deploy/job/shop%20%C3%A4/17/api/json": .json(#"{"building": true}"#)
            default: script(call, before + 1)
            }
        }
        let run = Task { try await bench.deploy(spec(api)) }
        let last = stage == "building" ? "GET /jenkins/job/deploy/job/shop%20%C3%A4/17/api/json" : "GET /jenkins/queue/item/42/api/json"
        while !api.lines.contains(last) { await Task.yield() }
        run.cancel()
        let result = try await run.value
        #expect(result.reason?.hasSuffix(" was told to stop") == true && result.isRetryable == false, "\(result)")
        #expect(api.lines.contains(stop) == (stage != "queued"))
        #expect(api.lines.contains("POST /jenkins/queue/cancelItem?id=42") == (stage != "building"))
        #expect(api.calls.filter { $0.method == "POST" }.allSatisfy { $0.headers["jenkins-crumb"] == "c0ffee" })
    }

    @Test("Failures keep the credentials to themselves", arguments: [(401, false), (403, false), (404, false), (500, true)])
    func failures(status: Int, isRetryable: Bool) async throws {
        let api = try await FakeAPI.start { call, _ in
            call.method == "GET" ? .status(404)
                : FakeAnswer(status: status, body: "no entry for \(call.headers["authorization"] ?? "")", headers: [("Content-Type", "text/plain")])
        }
        let result = try await bench.deploy(spec(api))
        #expect(result.isRetryable == isRetryable)
        #expect(result.reason?.hasSuffix("no entry for Basic ***") == true, "\(result)")
        #expect(!bench.text.contains("c2ln"))
    }
}
