import JSON
import Testing

@testable import Deployment

/// Argo CD's API (assets/swagger.json of argoproj/argo-cd): ApplicationService_Get, ApplicationService_Patch
/// (applicationApplicationPatchRequest), ApplicationService_Sync (applicationApplicationSyncRequest), v1alpha1OperationState.
@Suite("the argocd target", .timeLimit(.minutes(5)))
struct ArgoCDTargetTests {
    private let bench: TargetBench
    private static let place = "/api/v1/applications/shop"

    init() throws { bench = try TargetBench(secrets: ["argo": "eyJargo.token.value"]) }

    private func spec(_ api: FakeAPI, _ more: String = "") -> String {
        #"{"type": "argocd", "url": "\#(api.url)", "application": "shop", "token": {"secret": "argo"}\#(more)}"#
    }

    private static let ours = #""operation": {"info": [{"name": "signalbox", "value": "dep_42_0badcafe/1"}]}"#

    /// - Parameter looked: the second of Argo CD's last look at the application; the operation ended in the 20th.
    private static func running(
        _ phase: String, info: String = ours, health: String = "Healthy", sync: String = "Synced", message: String = "", looked: Int = 20
    ) -> String {
        let end = phase == "Running" ? "" : #""finishedAt": "2026-11-30T20:00:20Z","#
        return """
        {"spec": {"source": {}}, "status": {"operationState": {"phase": "\(phase)", "message": "\(message)", \(end) \(info)},
         "reconciledAt": "2026-11-30T20:00:\(looked)Z", "health": {"status": "\(health)"}, "sync": {"status": "\(sync)"}}}
        """
    }

    /// Answers the looks after the sync with these, the last one for ever.
    private static func script(_ states: [String]) -> @Sendable (FakeCall, Int) -> FakeAnswer {
        { call, before in
            switch call.line {
            case "POST \(place)/sync": .json("{}")
            case "GET \(place)": .json(states[min(before, states.count - 1)])
            default: .status(404)
            }
        }
    }

    @Test func anApplicationIsSyncedAndItsHealthAwaited() async throws {
        let api = try await FakeAPI.start(Self.script([
            // What somebody else did before is not taken for ours.
            Self.running("Succeeded", info: #""operation": {"info": []}"#),
            #"{"operation": {"sync": {}}, "status": {"operationState": {"phase": "Succeeded", \#(Self.ours)}, "health": {"status": "Healthy"}, "sync": {"status": "Synced"}}}"#,
            Self.running("Running"), Self.running("Succeeded", health: "Progressing"), Self.running("Succeeded", health: "Degraded"),
            Self.running("Succeeded", sync: "OutOfSync"), Self.running("Succeeded"),
        ]))
        let result = try await bench.deploy(spec(api, #", "prune": true, "revision": "main""#))
        #expect(result == .succeeded(summary: "application shop is synced and healthy"))
        let call = try #require(api.calls.first)
        #expect(call.headers["authorization"] == "Bearer eyJargo.token.value")
        #expect(call.json == (try targetJSON(
            #"{"name": "shop", "revision": "main", "prune": true, "infos": [{"name": "signalbox", "value": "dep_42_0badcafe/1"}]}"#)))
        #expect(api.calls.count == 8)
    }

    /// Right after an operation, health and status are those from before it.
    @Test func whatArgoCDSawBeforeTheSyncEndedIsNoSuccess() async throws {
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "POST \(Self.place)/sync": .json("{}")
            case "GET \(Self.place)": .json(before == 0 ? Self.running("Succeeded", looked: 19) : Self.running("Succeeded", looked: 25))
            case "GET \(Self.place)?refresh=normal": .json(Self.running("Succeeded", health: "Progressing", looked: 21))
            default: .status(404)
            }
        }
        #expect(try await bench.deploy(spec(api)).summary == "application shop is synced and healthy")
        #expect(api.lines == ["POST \(Self.place)/sync", "GET \(Self.place)", "GET \(Self.place)?refresh=normal", "GET \(Self.place)"])
        #expect(bench.text.contains("application shop: synced; health Progressing, status Synced\n"))
    }

    @Test func aLookThatNeverComesIsWaitedFor() async throws {
        let never = Self.running("Succeeded").replacing(#""reconciledAt": "2026-11-30T20:00:20Z","#, with: "")
        let api = try await FakeAPI.start { call, _ in call.method == "GET" ? .json(never) : .json("{}") }
        #expect(try await bench.deploy(spec(api), timeout: 1500).isRetryable == true)
    }

    /// Argo CD remembers the last operation alone, and an application that heals itself begins others.
    @Test func aLaterOperationCountsAsWellAndAnEarlierOneDoesNot() async throws {
        @Sendable func other(_ second: Int) -> String {
            Self.running("Succeeded", info: #""startedAt": "2026-11-30T20:00:\#(second)Z", "operation": {"initiatedBy": {"automated": true}}"#)
        }
        let api = try await FakeAPI.start { call, before in
            call.method == "GET" ? .json(other(before < 2 ? 10 : 15)) : .json(other(10))
        }
        #expect(try await bench.deploy(spec(api)).summary == "application shop is synced and healthy")
        #expect(api.lines == ["POST \(Self.place)/sync"] + Array(repeating: "GET \(Self.place)", count: 3))
        let failed = try await FakeAPI.start { call, _ in
            .json(call.method == "GET" ? other(15).replacing("Succeeded", with: "Failed") : other(10))
        }
        #expect(try await bench.deploy(spec(failed)).reason?.hasPrefix("the sync of shop ended as Failed") == true)
    }

    @Test func anImageThatSomebodyElseChangesMeanwhileIsAFailedDeployment() async throws {
        let api = try await FakeAPI.start { call, before in
            if call.method != "GET" { return .json("{}") }
            return before == 0 ? .json(#"{"spec": {"source": {}}}"#) : .json(Self.running("Succeeded"))
        }
        let result = try await bench.deploy(spec(api, #", "kustomizeImage": "shop""#))
        #expect(result.reason?.hasPrefix("application shop no longer has ") == true && result.isRetryable == true, "\(result)")
    }

    /// An application that syncs by itself begins as soon as its image is set.
    @Test func anOperationThatIsUnderWayIsWaitedFor() async throws {
        let busy = #"{"error": "another operation is already in progress", "code": 9, "message": "another operation is already in progress"}"#
        let api = try await FakeAPI.start { call, before in
            if call.method == "GET" { return .json(Self.running("Succeeded")) }
            return before < 2 ? .json(busy, status: 400) : .json("{}")
        }
        #expect(try await bench.deploy(spec(api)).summary == "application shop is synced and healthy")
        #expect(api.lines.count { $0 == "POST \(Self.place)/sync" } == 3)
        let endless = try await FakeAPI.start { _, _ in .json(busy, status: 400) }
        let result = try await bench.deploy(spec(endless), timeout: 1500)
        #expect(result.isRetryable == true, "\(result)")
    }

    @Test("The image is set among the others", arguments: [
        (#""kustomizeImage": "shop""#, #"{"kustomize": {"namePrefix": "a-", "images": ["other:1", "shop=old:1", "shopping:2"]}}"#,
            #"{"spec":{"source":{"kustomize":{"images":["other:1","shopping:2","shop=IMAGE"]}}}}"#),
        (#""kustomizeImage": "r.example:5000/shop""#, #"{"kustomize": {"images": ["r.example:5000/shop:1", "r.example:5000/shop@sha256:1"]}}"#,
            #"{"spec":{"source":{"kustomize":{"images":["r.example:5000/shop=IMAGE"]}}}}"#),
        (#""kustomizeImage": "shop""#, "{}", #"{"spec":{"source":{"kustomize":{"images":["shop=IMAGE"]}}}}"#),
        (#""helmParameter": "image.ref""#, #"{"helm": {"parameters": [{"name": "image.ref", "value": "old"}, {"name": "replicas", "value": "3"}]}}"#,
            #"{"spec":{"source":{"helm":{"parameters":[{"name":"replicas","value":"3"},{"name":"image.ref","value":"IMAGE","forceString":true}]}}}}"#),
    ])
    func images(setting: String, source: String, patch: String) async throws {
        let image = DeploymentRequest.sample().image
        let changed = String(decoding: (try targetJSON(patch).value(at: "/spec/source") ?? .null).encoded, as: UTF8.self).replacing("IMAGE", with: image)
        let api = try await FakeAPI.start { call, before in
            switch call.line {
            case "POST \(Self.place)/sync", "PATCH \(Self.place)": .json("{}")
            case _ where before == 0: .json(#"{"spec": {"source": \#(source)}}"#)
            default: .json(Self.running("Succeeded").replacing(#""source": {}"#, with: #""source": \#(changed)"#))
            }
        }
        #expect(try await bench.deploy(spec(api, ", " + setting)).summary != nil)
        let call = try #require(api.calls.first { $0.method == "PATCH" })
        #expect(call.json["patch"]?.string == patch.replacing("IMAGE", with: image))
        #expect(call.json["patchType"]?.string == "merge")
        #expect(call.json["name"]?.string == "shop")
        #expect(api.lines.prefix(3) == ["GET \(Self.place)", "PATCH \(Self.place)", "POST \(Self.place)/sync"])
    }

    @Test func anImageThatIsSetIsNotSetAgain() async throws {
        let image = DeploymentRequest.sample().image
        let api = try await FakeAPI.start { call, before in
            let source = #""source": {"kustomize": {"images": ["shop=\#(image)"]}}"#
            return before == 0 && call.method == "GET" ? .json(#"{"spec": {\#(source)}}"#) : .json(Self.running("Succeeded").replacing(#""source": {}"#, with: source))
        }
        #expect(try await bench.deploy(spec(api, #", "kustomizeImage": "shop""#)).summary != nil)
        #expect(!api.calls.contains { $0.method == "PATCH" })
    }

    @Test func anApplicationOfSeveralSourcesIsRefused() async throws {
        let api = try await FakeAPI.start { _, _ in .json(#"{"spec": {"sources": [{}, {}]}}"#) }
        let result = try await bench.deploy(spec(api, #", "helmParameter": "image""#))
        #expect(result.reason?.contains("several sources") == true)
        #expect(api.calls.count == 1)
    }

    @Test("A sync that does not succeed is a failed deployment", arguments: ["Failed", "Error"])
    func unsuccessful(phase: String) async throws {
        let api = try await FakeAPI.start(Self.script([Self.running(phase, message: "one or more objects failed to apply")]))
        #expect(try await bench.deploy(spec(api)) == .failed(
            reason: "the sync of shop ended as \(phase): one or more objects failed to apply", isRetryable: true))
    }

    @Test func anApplicationThatStaysDegradedEndsWithTheTime() async throws {
        let api = try await FakeAPI.start(Self.script([Self.running("Succeeded", health: "Degraded")]))
        let result = try await bench.deploy(spec(api), timeout: 1500)
        #expect(result.reason == "application shop took too long; last seen: synced; health Degraded, status Synced" || result.reason?.contains("took too long") == true, "\(result)")
    }

    /// `argocd app wait` waits for it too, unless it is told that this is enough.
    @Test func anApplicationThatIsSuspendedWaitsForSomebodyAndSaysSo() async throws {
        let api = try await FakeAPI.start(Self.script([
            Self.running("Running", message: "waiting for completion of hook batch/Job/migrate"), Self.running("Succeeded", health: "Suspended"), Self.running("Succeeded"),
        ]))
        #expect(try await bench.deploy(spec(api)).summary == "application shop is synced and healthy")
        #expect(bench.text.contains("the sync is Running: waiting for completion of hook batch/Job/migrate\n"))
        #expect(bench.text.contains("synced; health Suspended: it goes on when somebody resumes what is paused in it\n"))
    }

    @Test("Failures are told as Argo CD tells them", arguments: [
        (400, "revision not found", false), (401, "no session information", false),
        (403, "permission denied: applications, sync, default/shop", false), (404, "applications.argoproj.io \"shop\" not found", false), (503, "unavailable", true),
    ])
    func failures(status: Int, message: String, isRetryable: Bool) async throws {
        let escaped = message.replacing("\"", with: "\\\"")
        let api = try await FakeAPI.start { _, _ in .json(#"{"error": "\#(escaped)", "code": 9, "message": "\#(escaped)"}"#, status: status) }
        let result = try await bench.deploy(spec(api))
        #expect(result.reason?.contains(message) == true, "\(result)")
        #expect(result.isRetryable == isRetryable)
    }

    @Test func theNamespaceAndProjectOfAnApplicationAreSaid() async throws {
        let api = try await FakeAPI.start { call, _ in call.method == "GET" ? .json(Self.running("Succeeded")) : .json("{}") }
        #expect(try await bench.deploy(spec(api, #", "applicationNamespace": "team a", "project": "p""#)).summary != nil)
        #expect(api.calls.first?.json["appNamespace"]?.string == "team a")
        #expect(api.lines.last == "GET \(Self.place)?appNamespace=team%20a&project=p")
    }
}
